import type { EngineEvent } from '../../domain/events.ts';
import type { Instrument } from '../../domain/instrument.ts';

/**
 * What the engine service hands to its neighbours straight after each batch, beside the stream: market data (cache writes)
 * and the notifier (private messages). In-process and synchronous to call; a tap must not block: it queues what takes time.
 * Records are durable before the engine sees them and events are a pure function of records, so what a tap is told is final.
 */
export interface EngineTap {
  onBatch(batch: readonly SymbolBatch[]): void;
}

/** What one batch did to one symbol. */
export interface SymbolBatch {
  symbol: string;
  instrument: Instrument;
  /** In order of `seq`. After a restart events that were already told may be told again: taps skip by seq. */
  events: readonly EngineEvent[];
  /** Last seq of the symbol, which is also the `u` of its depth. */
  seq: number;
  /** Best 10 levels a side after the batch, best first. */
  bids: readonly (readonly [price: number, quantity: number])[];
  asks: readonly (readonly [price: number, quantity: number])[];
  /** Timestamp of the last record of the batch that touched the symbol (epoch ms). */
  timestamp: number;
}
