import type { SymbolFeed, Tick } from './feed.ts';

/** Logged-in clients are served every 50 ms, anonymous ones every 500 ms. */
export type Tier = 'realtime' | 'public';

/** A socket, as the streamer sees it. */
export interface Outlet {
  /** Its reader is behind: what is not sent now is conflated into a later tick. */
  readonly congested: boolean;
  /** All buffers in one write. True when they have left the process, so that their memory may be used again. */
  send(buffers: readonly Buffer[]): boolean;
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

  /** The frames of everything that is news to this client; empty when nothing is. */
  news(tick: Tick): Buffer[] {
    const buffers: Buffer[] = [];
    if (this.main) this.#full(this.main, buffers, tick, this.stamped);
    if (this.full.size > 0) for (const watched of this.full.values()) this.#full(watched, buffers, tick, false);
    if (this.sub.size > 0) for (const watched of this.sub.values()) this.#ticker(watched, buffers);
    return buffers;
  }

  #full({ feed, floor }: Watched, buffers: Buffer[], tick: Tick, stamped: boolean): void {
    const bundle = feed.bundle(floor > this.since ? floor : this.since, tick, stamped);
    if (bundle) buffers.push(bundle);
  }

  #ticker({ feed, floor }: Watched, buffers: Buffer[]): void {
    const frame = feed.tickerSince(floor > this.since ? floor : this.since);
    if (frame) buffers.push(frame);
  }
}
