import type { EngineEvent } from '../../domain/events.ts';
import type { Topics } from '../../domain/topics.ts';
import type { Store } from '../../ports/store.ts';
import { decodeEvent } from '../projection/decode.ts';
import { Projection, type ProjectionDeps } from '../projection/projection.ts';

export interface FillProcessorDeps extends Omit<ProjectionDeps, 'deadLetters'> {
  store: Pick<Store, 'applyEvents' | 'position'>;
  topics: Pick<Topics, 'fills' | 'deadLetters'>;
}

/** Settlement: orders, wallets and instruments follow the engine's events, each exactly once. */
export class FillProcessor extends Projection<EngineEvent, void> {
  constructor(deps: FillProcessorDeps) {
    const { store, topics } = deps;
    super(
      { ...deps, deadLetters: topics.deadLetters },
      {
        consumer: 'fill-processor',
        topic: topics.fills,
        decode: decodeEvent,
        laneOf: (event) => event.symbol,
        gatherMs: 10,
        position: (partition) => store.position('fill-processor', topics.fills, partition),
        apply: (batch) => store.applyEvents(batch),
      },
    );
  }
}
