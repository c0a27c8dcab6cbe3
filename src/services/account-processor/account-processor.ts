import type { LedgerRecord } from '../../domain/records.ts';
import type { Topics } from '../../domain/topics.ts';
import type { LedgerResult, Store } from '../../ports/store.ts';
import { decodeLedger } from '../projection/decode.ts';
import { Listeners } from '../projection/listeners.ts';
import { Projection, type ProjectionDeps } from '../projection/projection.ts';

export interface AccountProcessorDeps extends Omit<ProjectionDeps, 'deadLetters'> {
  store: Pick<Store, 'applyLedger' | 'position'>;
  topics: Pick<Topics, 'ledger' | 'deadLetters'>;
}

/** Deposits and withdrawals of the ledger stream, each exactly once. */
export class AccountProcessor {
  readonly #projection: Projection<LedgerRecord, LedgerResult[]>;
  readonly #listeners = new Listeners<LedgerResult>();

  constructor(deps: AccountProcessorDeps) {
    const { store, topics } = deps;
    this.#projection = new Projection(
      { ...deps, deadLetters: topics.deadLetters },
      {
        consumer: 'account-processor',
        topic: topics.ledger,
        decode: decodeLedger,
        laneOf: (record) => record.user_id,
        gatherMs: 1,
        position: (partition) => store.position('account-processor', topics.ledger, partition),
        apply: (batch) => store.applyLedger(batch),
        applied: (_records, results) => {
          for (const result of results) this.#listeners.tell(result);
        },
      },
    );
  }

  start(): Promise<void> {
    return this.#projection.start();
  }

  stop(): Promise<void> {
    return this.#projection.stop();
  }

  /** Ledger records that are durable but not applied yet. */
  lag(): Promise<number> {
    return this.#projection.lag();
  }

  get stopped(): ReadonlyMap<string, string> {
    return this.#projection.stopped;
  }

  /**
   * Tells what became of each transfer, also of one that comes again (DUPLICATE).
   * @returns a function that ends the listening
   */
  onResult(listener: (result: LedgerResult) => void): () => void {
    return this.#listeners.add(listener);
  }
}
