import type { Archive } from '../../ports/archive.ts';
import type { EngineInfo, EngineOffice, SnapshotInfo } from '../admin/engines.ts';
import type { MatchingEngineService } from './service.ts';

const MANIFESTS = 'snapshots/partition-';

/** The admin's view of the one engine that this process runs. */
export class LocalEngineOffice implements EngineOffice {
  readonly #engine: MatchingEngineService;
  readonly #archive: Archive;
  readonly #name: string;

  constructor(engine: MatchingEngineService, archive: Archive, name: string) {
    this.#engine = engine;
    this.#archive = archive;
    this.#name = name;
  }

  async engines(): Promise<EngineInfo[]> {
    const shards = await this.#engine.describe();
    return [
      {
        engine_id: this.#name,
        status: this.#engine.failures.length === 0 ? 'RUNNING' : 'FAILED',
        shards: shards.map(({ partition, offset, lag }) => ({ partition, offset, lag })),
        symbols: shards.flatMap(({ symbols }) => symbols).sort(),
      },
    ];
  }

  /** What the archive keeps, one entry a shard and round: `snapshots/partition-3/0000000000001234`. */
  async snapshots(): Promise<SnapshotInfo[]> {
    const keys = await this.#archive.list(MANIFESTS);
    return keys.map((key) => {
      const [partition = '', offset = ''] = key.slice(MANIFESTS.length).split('/');
      return { key, partition: Number(partition), offset: Number(offset) + 1 };
    });
  }

  async createSnapshots(): Promise<SnapshotInfo[]> {
    await this.#engine.createSnapshot();
    return this.snapshots();
  }
}
