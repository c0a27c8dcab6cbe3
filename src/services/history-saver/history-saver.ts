import type { EngineEvent } from '../../domain/events.ts';
import type { Topics } from '../../domain/topics.ts';
import type { Store } from '../../ports/store.ts';
import { decodeEvent } from '../projection/decode.ts';
import { Listeners } from '../projection/listeners.ts';
import { Projection, type ProjectionDeps } from '../projection/projection.ts';

export interface HistorySaverDeps extends Omit<ProjectionDeps, 'deadLetters'> {
  store: Pick<Store, 'saveHistory' | 'position'>;
  topics: Pick<Topics, 'fills' | 'deadLetters'>;
}

/** Trades into trade_history, each exactly once, at its own pace beside settlement. */
export class HistorySaver {
  readonly #projection: Projection<EngineEvent, void>;
  readonly #listeners = new Listeners<readonly EngineEvent[]>();

  constructor(deps: HistorySaverDeps) {
    const { store, topics } = deps;
    this.#projection = new Projection(
      { ...deps, deadLetters: topics.deadLetters },
      {
        consumer: 'history-saver',
        topic: topics.fills,
        decode: decodeEvent,
        laneOf: (event) => event.symbol,
        gatherMs: 50,
        position: (partition) => store.position('history-saver', topics.fills, partition),
        apply: (batch) => store.saveHistory(batch),
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

  /** Events that are durable but not looked at yet. */
  lag(): Promise<number> {
    return this.#projection.lag();
  }

  get stopped(): ReadonlyMap<string, string> {
    return this.#projection.stopped;
  }

  /** @returns a function that ends the listening */
  onApplied(listener: (events: readonly EngineEvent[]) => void): () => void {
    return this.#listeners.add(listener);
  }
}
