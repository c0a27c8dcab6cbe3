import type { EngineEvent } from '../../domain/events.ts';
import type { Topics } from '../../domain/topics.ts';
import type { Store } from '../../ports/store.ts';
import { decodeEvent } from '../projection/decode.ts';
import { Listeners } from '../projection/listeners.ts';
import { Projection, type ProjectionDeps } from '../projection/projection.ts';

export interface FillProcessorDeps extends Omit<ProjectionDeps, 'deadLetters'> {
  store: Pick<Store, 'applyEvents' | 'position'>;
  topics: Pick<Topics, 'fills' | 'deadLetters'>;
}

/** Settlement: orders, wallets and instruments follow the engine's events, each exactly once. */
export class FillProcessor {
  readonly #projection: Projection<EngineEvent, void>;
  readonly #listeners = new Listeners<readonly EngineEvent[]>();

  constructor(deps: FillProcessorDeps) {
    const { store, topics } = deps;
    this.#projection = new Projection(
      { ...deps, deadLetters: topics.deadLetters },
      {
        consumer: 'fill-processor',
        topic: topics.fills,
        decode: decodeEvent,
        laneOf: (event) => event.symbol,
        gatherMs: 10,
        position: (partition) => store.position('fill-processor', topics.fills, partition),
        apply: (batch) => store.applyEvents(batch),
        applied: (events) => this.#listeners.tell(events),
      },
    );
  }

  start(): Promise<void> {
    return this.#projection.start();
  }

  stop(): Promise<void> {
    return this.#projection.stop();
  }

  /** Events that are durable but not settled yet. */
  lag(): Promise<number> {
    return this.#projection.lag();
  }

  /** Symbols whose settlement is stopped by a broken invariant, with the reason. */
  get stopped(): ReadonlyMap<string, string> {
    return this.#projection.stopped;
  }

  /**
   * Tells events once they are settled (after a restart some may be told again).
   * @returns a function that ends the listening
   */
  onApplied(listener: (events: readonly EngineEvent[]) => void): () => void {
    return this.#listeners.add(listener);
  }
}
