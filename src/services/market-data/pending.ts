import type { MarketItem } from '../../domain/market-state.ts';
import type { BookDepth } from './reader.ts';

/** What waits to be written of one symbol. Depth is conflated: only the newest counts. Items are all needed, in order. */
export class PendingSymbol {
  readonly symbol: string;
  items: MarketItem[] = [];
  depth: BookDepth | undefined;
  /** The newest depth ever told: what is written again when the cache has lost it. */
  told: BookDepth | undefined;
  /** Newest seq ever queued: what is told again at or below it is skipped. */
  queued = 0;
  /** Seq of the last item written or given up; the cache must stand there, or it has lost something. 0: unknown. */
  written = 0;
  /** Seq of the last item given up, until the cache has been asked whether it lacks it; 0: none. */
  givenUp = 0;
  /** Of the depth in the cache, -1 where it has none; undefined until it has been asked (it may hold a newer one from before a restart). */
  depthSeq: number | undefined;
  /** Start (epoch s) of the minute that the timer has to close; undefined when there is none. */
  openMinute: number | undefined;

  constructor(symbol: string) {
    this.symbol = symbol;
  }

  /** Takes what is new; items taken. */
  add(items: readonly MarketItem[]): number {
    let taken = 0;
    for (const item of items) {
      if (item.seq <= this.queued) continue;
      this.queued = item.seq;
      this.items.push(item);
      taken += 1;
      if (item.kind === 'TRADE') this.openMinute = Math.max(this.openMinute ?? 0, item.minute.start);
    }
    return taken;
  }
}
