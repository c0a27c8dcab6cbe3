import type { SymbolFeed, Tick } from './feed.ts';

/** Logged-in clients are served every 50 ms, anonymous ones every 500 ms. */
export type Tier = 'realtime' | 'public';

/** A socket, as the streamer sees it. */
export interface Outlet {
  /** Its reader is behind: what is not sent now is conflated into a later tick. */
  readonly congested: boolean;
  /** Frames in one write. True when they have left the process, so that their memory may be used again. */
  send(frames: Buffer): boolean;
}

/** A feed somebody watches, and the version up to which they already have it (from the snapshot on subscribe). */
interface Watched {
  feed: SymbolFeed;
  floor: number;
}

/** What one connection watches and how far it has been served. Made by `Streamer.join`. */
export class StreamClient {
  readonly outlet: Outlet;
  tier: Tier;
  /** Which of the tier's ticks is this client's. */
  phase = 0;
  main: Watched | undefined;
  /** Depth, trades, candle and ticker, as for main: the older form of subscribing. */
  readonly full = new Map<string, Watched>();
  /** Tickers only. */
  readonly sub = new Map<string, Watched>();
  /** The version up to which everything watched has been sent. */
  since = -1;
  /** Each tick starts with its number and scheduled time. */
  stamped = false;
  /** Monotonic ms of the first tick that was withheld from it, while it is behind. */
  behindSince: number | undefined;

  constructor(outlet: Outlet, tier: Tier) {
    this.outlet = outlet;
    this.tier = tier;
  }

  /** The frames of everything that is news to this client, in one buffer; undefined when nothing is. */
  news(tick: Tick): Buffer | undefined {
    const bundle = this.main && this.#full(this.main, tick, this.stamped);
    // Most watch one symbol: what they get is shared with others, and nothing is made for them alone.
    if (this.full.size === 0 && this.sub.size === 0) return bundle;
    const parts = bundle ? [bundle] : [];
    // A symbol that is watched in several ways is told once, in the widest of them.
    const main = this.main?.feed;
    for (const watched of this.full.values()) {
      if (watched.feed !== main) put(parts, this.#full(watched, tick, false));
    }
    for (const [symbol, { feed, floor }] of this.sub) {
      if (feed === main || this.full.has(symbol)) continue;
      put(parts, feed.tickerSince(floor > this.since ? floor : this.since));
    }
    return parts.length > 1 ? tick.arena.concat(parts) : parts[0];
  }

  #full({ feed, floor }: Watched, tick: Tick, stamped: boolean): Buffer | undefined {
    return feed.bundle(floor > this.since ? floor : this.since, tick, stamped);
  }
}

function put(parts: Buffer[], part: Buffer | undefined): void {
  if (part) parts.push(part);
}
