import type { PGlite } from '@electric-sql/pglite';

/** Transactions after which upkeep is due, and how long the connection must have been idle before it starts. */
const DUE_TRANSACTIONS = 5_000;
const OVERDUE_TRANSACTIONS = 50_000;
const IDLE_MS = 250;

/**
 * PGlite has no background processes: nothing writes checkpoints (which bound the write-ahead log and the recovery after a kill)
 * and nothing vacuums. This does both when there is a moment of quiet, and at the latest when much has piled up.
 */
export class Maintenance {
  readonly #db: PGlite;
  #transactions = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(db: PGlite) {
    this.#db = db;
  }

  worked(): void {
    this.#transactions += 1;
  }

  /** Nothing waits at the moment. `busy` tells whether that has changed when the time comes. */
  idle(busy: () => boolean): void {
    if (this.#transactions < DUE_TRANSACTIONS || this.#timer !== undefined) return;
    const overdue = this.#transactions >= OVERDUE_TRANSACTIONS;
    this.#timer = setTimeout(
      () => {
        this.#timer = undefined;
        if (!busy() || overdue) void this.#run();
      },
      overdue ? 0 : IDLE_MS,
    );
    this.#timer.unref();
  }

  async #run(): Promise<void> {
    this.#transactions = 0;
    await this.#db.exec('CHECKPOINT');
    await this.#db.exec('VACUUM (SKIP_LOCKED) wallets, replace_holds, applied_seq, positions, supplies');
  }
}
