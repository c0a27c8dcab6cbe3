import type { AuditLog } from './audit.ts';

/** A matching engine as its operators see it. */
export interface EngineInfo {
  engine_id: string;
  status: string;
  /** Shards (partitions of the orders stream) it owns, with the next offset it will read and how far that is from the end. */
  shards: { partition: number; offset: number; lag: number }[];
  /** Symbols it holds a book of. */
  symbols: string[];
}

/** A snapshot of one shard in the archive. */
export interface SnapshotInfo {
  key: string;
  partition: number;
  /** The engine reads on from here after restoring it. */
  offset: number;
}

/** The matching engines that this process can reach. */
export interface EngineOffice {
  engines(): Promise<EngineInfo[]>;
  snapshots(): Promise<SnapshotInfo[]>;
  /** Resolves when the snapshots are durable. */
  createSnapshots(): Promise<SnapshotInfo[]>;
}

export class EngineAdmin {
  readonly #office: EngineOffice;
  readonly #audit: AuditLog;

  constructor(office: EngineOffice, audit: AuditLog) {
    this.#office = office;
    this.#audit = audit;
  }

  list(): Promise<EngineInfo[]> {
    return this.#office.engines();
  }

  snapshots(): Promise<SnapshotInfo[]> {
    return this.#office.snapshots();
  }

  snapshot(actor: string): Promise<SnapshotInfo[]> {
    const act = { actor, action: 'CREATE_SNAPSHOT', target: 'engines', before: null, after: null };
    return this.#audit.record(act, () => this.#office.createSnapshots());
  }
}
