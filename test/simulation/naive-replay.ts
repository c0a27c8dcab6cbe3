import type { AuditedEngine } from '../../src/audit/replay-events.ts';
import type { OrderRecord } from '../../src/domain/records.ts';
import { Poison } from '../../src/matching/engine/decode.ts';
import { encodeEvent } from '../../src/matching/engine/encode.ts';
import { EngineShard } from '../../src/matching/engine/shard.ts';
import { NaiveBook } from '../../src/matching/naive-book.ts';
import { BUY, SELL } from '../../src/matching/order-book.ts';
import type { StreamRecord } from '../../src/ports/stream.ts';
import { type MarketSights, sidesOf } from './market-sights.ts';

const DEPTH_LEVELS = 10;
const encoder = new TextEncoder();

interface NaivePartition {
  shard: EngineShard;
  /** By offset. */
  records: (OrderRecord | Poison)[];
}

/**
 * The orders stream played once through engines over the naive book, as the audit drives it: the audit compares what they say,
 * the depths that watchers saw are held against the book after every record, and what is left is the state as it must be.
 */
export class NaiveReplay implements AuditedEngine {
  readonly faults: string[] = [];
  readonly partitions: readonly NaivePartition[];
  readonly #sights: MarketSights;

  constructor(partitions: number, sights: MarketSights) {
    this.partitions = Array.from({ length: partitions }, () => ({ shard: naiveShard(), records: [] }));
    this.#sights = sights;
  }

  apply({ partition, value }: StreamRecord, isHome: (symbol: string) => boolean) {
    const { shard, records } = this.partitions[partition]!;
    const record = shard.decode(value);
    records.push(record);
    const said: { symbol: string; seq: number; bytes: Uint8Array }[] = [];
    if (record instanceof Poison || !isHome(record.symbol)) return said;
    shard.apply(record, (event) => {
      said.push({ symbol: event.symbol, seq: event.seq, bytes: encoder.encode(encodeEvent(event)) });
    });
    this.#compareDepth(shard, record.symbol);
    return said;
  }

  #compareDepth(shard: EngineShard, symbol: string): void {
    const engine = shard.symbol(symbol);
    const seen = engine && this.#sights.take(symbol, engine.seq);
    if (engine === undefined || seen === undefined) return;
    const truth = sidesOf(engine.book.depth(BUY, DEPTH_LEVELS), engine.book.depth(SELL, DEPTH_LEVELS));
    if (seen !== truth)
      this.faults.push(`depth ${engine.seq} of ${symbol} was seen as ${seen}, the naive book has ${truth}`);
  }
}

export function naiveShard(): EngineShard {
  return new EngineShard({ createBook: () => new NaiveBook() });
}
