import type { EngineEvent } from '../../domain/events.ts';
import type { Topics } from '../../domain/topics.ts';
import type { Store } from '../../ports/store.ts';
import { decodeEvent } from '../projection/decode.ts';
import { Projection, type ProjectionDeps } from '../projection/projection.ts';

export interface HistorySaverDeps extends Omit<ProjectionDeps, 'deadLetters'> {
  store: Pick<Store, 'saveHistory' | 'position'>;
  topics: Pick<Topics, 'fills' | 'deadLetters'>;
}

/** Trades into trade_history, each exactly once, at its own pace beside settlement. */
export class HistorySaver extends Projection<EngineEvent, void> {
  constructor(deps: HistorySaverDeps) {
    const { store, topics } = deps;
    super(
      { ...deps, deadLetters: topics.deadLetters },
      {
        consumer: 'history-saver',
        topic: topics.fills,
        decode: decodeEvent,
        laneOf: (event) => event.symbol,
        gatherMs: 50,
        position: (partition) => store.position('history-saver', topics.fills, partition),
        apply: (batch) => store.saveHistory(batch),
      },
    );
  }
}
