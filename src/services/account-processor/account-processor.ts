import type { LedgerRecord } from '../../domain/records.ts';
import type { Topics } from '../../domain/topics.ts';
import type { LedgerResult, Store } from '../../ports/store.ts';
import { decodeLedger } from '../projection/decode.ts';
import { Projection, type ProjectionDeps } from '../projection/projection.ts';
import { Listeners } from './listeners.ts';

export interface AccountProcessorDeps extends Omit<ProjectionDeps, 'deadLetters'> {
  store: Pick<Store, 'applyLedger' | 'position'>;
  topics: Pick<Topics, 'ledger' | 'deadLetters'>;
}

/** Deposits and withdrawals of the ledger stream, each exactly once. */
export class AccountProcessor extends Projection<LedgerRecord, LedgerResult[]> {
  readonly #listeners: Listeners<LedgerResult>;

  constructor(deps: AccountProcessorDeps) {
    const { store, topics } = deps;
    const listeners = new Listeners<LedgerResult>();
    super(
      { ...deps, deadLetters: topics.deadLetters },
      {
        consumer: 'account-processor',
        topic: topics.ledger,
        decode: decodeLedger,
        laneOf: (record) => record.user_id,
        gatherMs: 1,
        position: (partition) => store.position('account-processor', topics.ledger, partition),
        apply: (batch) => store.applyLedger(batch),
        applied: (results) => {
          for (const result of results) listeners.tell(result);
        },
      },
    );
    this.#listeners = listeners;
  }

  /**
   * Tells what became of each transfer, also of one that comes again (DUPLICATE).
   * @returns a function that ends the listening
   */
  onResult(listener: (result: LedgerResult) => void): () => void {
    return this.#listeners.add(listener);
  }
}
