import type { EngineEvent } from '../../domain/events.ts';
import type { MarketItem } from '../../domain/market-state.ts';
import type { MarketTime } from '../../domain/market-time.ts';

/** The part of the engine's events that market data is made from, with the market's calendar looked up. */
export function marketItem(event: EngineEvent, time: MarketTime): MarketItem | undefined {
  const { seq, timestamp } = event;
  switch (event.event) {
    case 'FILL':
      return {
        kind: 'TRADE',
        seq,
        timestamp,
        minute: time.minute(timestamp),
        price: event.price,
        quantity: event.quantity,
        side: event.taker_side,
        id: event.trade_id,
      };
    case 'DAY_CLOSED':
      return { kind: 'DAY', seq, timestamp, close: event.close ?? 0, reference: event.reference_price ?? 0 };
    case 'INSTRUMENT_SET':
      return { kind: 'REFERENCE', seq, timestamp, reference: event.instrument.reference_price ?? 0 };
    default:
      return undefined;
  }
}
