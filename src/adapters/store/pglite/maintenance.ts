import type { PGlite } from '@electric-sql/pglite';

/** Transactions between two looks at how much has piled up. */
const LOOK_EVERY = 100;
/** Write-ahead log after which a checkpoint is written: 10 ms at this size, and a recovery after a kill reads no more than it. */
const CHECKPOINT_BYTES = 16 * 1024 * 1024;
/** Transaction ids in use after which old rows are frozen, long before PostgreSQL would stop at 2^31. */
const FREEZE_AGE = 1_000_000_000;

/**
 * PGlite has no background processes: nothing writes checkpoints (the write-ahead log would grow for ever), nothing vacuums. This
 * does both between two requests, in pieces so small that order entry hardly notices.
 */
export class Maintenance {
  readonly #db: PGlite;
  #transactions = 0;
  #lsn = '0/0';

  constructor(db: PGlite) {
    this.#db = db;
  }

  async afterTransaction(): Promise<void> {
    this.#transactions += 1;
    if (this.#transactions % LOOK_EVERY !== 0) return;
    const { rows } = await this.#db.query<{ lsn: string; bytes: string; age: number }>(
      `SELECT pg_current_wal_insert_lsn()::text AS lsn, (pg_current_wal_insert_lsn() - $1::text::pg_lsn)::text AS bytes,
         age(datfrozenxid) AS age FROM pg_database WHERE datname = current_database()`,
      [this.#lsn],
    );
    const [found] = rows;
    if (found === undefined || Number(found.bytes) < CHECKPOINT_BYTES) return;
    this.#lsn = found.lsn;
    await this.#db.exec('CHECKPOINT');
    await this.#db.exec('VACUUM wallets, supplies, replace_holds, applied_seq, positions');
    if (found.age > FREEZE_AGE) await this.#db.exec('VACUUM (FREEZE)');
  }
}
