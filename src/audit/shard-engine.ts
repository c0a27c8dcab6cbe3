import type { EngineEvent } from '../domain/events.ts';
import { Poison } from '../matching/engine/decode.ts';
import { encodeEvent } from '../matching/engine/encode.ts';
import { EngineShard } from '../matching/engine/shard.ts';
import type { OrderBook } from '../matching/order-book.ts';
import type { AuditedEngine } from './replay-events.ts';

const encoder = new TextEncoder();

/** A second matching engine for the audit, with a book of its own choice. */
export function shardEngine(createBook: () => OrderBook): AuditedEngine {
  const shard = new EngineShard({ createBook });
  return {
    apply(record, isHome) {
      const said: { symbol: string; seq: number; bytes: Uint8Array }[] = [];
      const say = (event: EngineEvent) => {
        said.push({ symbol: event.symbol, seq: event.seq, bytes: encoder.encode(encodeEvent(event)) });
      };
      const order = shard.decode(record.value);
      if (!(order instanceof Poison) && isHome(order.symbol)) shard.apply(order, say);
      return said;
    },
  };
}
