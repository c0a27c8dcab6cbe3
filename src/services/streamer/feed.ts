import type { Arena } from './arena.ts';
import { textFrame } from './frame.ts';

/** Trades of one tick for one client: the newest, the rest is conflated. */
export const TRADES_A_TICK = 50;
/** Closed minutes a slow client can still catch up on. */
export const CLOSES_KEPT = 10;

/** A frame and the version of the streamer's data with which it became news. */
interface Dated {
  version: number;
  frame: Buffer;
}

/** One turn of the streamer. */
export interface Tick {
  /** No two ticks have the same. */
  serial: number;
  /** Of the slot. */
  number: number;
  /** For which it was scheduled (epoch ms). */
  time: number;
  /** Where its buffers lie. */
  arena: Arena;
}

/** The newest state of one symbol as the cache tells it. */
export interface FeedState {
  depth: string | undefined;
  ticker: string | undefined;
  candle: string | undefined;
  /** New trades, oldest first. */
  trades: readonly string[];
  /** Candles that closed, oldest first. */
  closed: readonly string[];
}

/**
 * What the clients of one symbol are to see, framed once. Every part remembers the version with which it changed, so what
 * a client needs is "everything since the version I have": a client that was skipped simply asks from further back and
 * gets the newest state. That is all there is to conflation.
 */
export class SymbolFeed {
  readonly symbol: string;
  #depth: Dated | undefined;
  #ticker: Dated | undefined;
  #candle: Dated | undefined;
  readonly #trades: Dated[] = [];
  readonly #closes: Dated[] = [];
  readonly #texts = { depth: '', ticker: '', candle: '' };
  /** The version of the newest change of anything, -1 before the first. */
  #changed = -1;
  /** Buffers that several clients of one tick share. Key: the version they start from. */
  readonly #bundles = new Map<number, Buffer>();
  readonly #stamped = new Map<number, Buffer>();
  #tick = -1;
  #snapshot: Buffer | undefined;

  constructor(symbol: string) {
    this.symbol = symbol;
  }

  /**
   * Takes over what the cache says; parts that did not change stay old news. Depth and ticker never end: where there is none the
   * cache has lost it, and what comes back unchanged is no news. `version` must ascend.
   */
  update(state: FeedState, version: number): void {
    const changed = [
      state.depth !== undefined && this.#put('depth', state.depth, version),
      state.ticker !== undefined && this.#put('ticker', state.ticker, version),
      this.#put('candle', state.candle, version),
      push(this.#trades, state.trades, TRADES_A_TICK, version),
      push(this.#closes, state.closed, CLOSES_KEPT, version),
    ];
    if (!changed.includes(true)) return;
    this.#changed = version;
    this.#tick = -1;
    this.#snapshot = undefined;
  }

  /**
   * Everything that changed after version `since`, as frames in one buffer that is good for this tick; undefined when
   * nothing did. Clients with equal questions get the same buffer. `stamped`: the tick's stamp goes first.
   */
  bundle(since: number, tick: Tick, stamped: boolean): Buffer | undefined {
    if (this.#changed <= since) return undefined;
    if (this.#tick !== tick.serial) {
      this.#bundles.clear();
      this.#stamped.clear();
      this.#tick = tick.serial;
    }
    const bundles = stamped ? this.#stamped : this.#bundles;
    let bundle = bundles.get(since);
    if (bundle === undefined) {
      const frames = this.#since(since);
      if (stamped) frames.unshift(stampOf(tick));
      bundle = tick.arena.concat(frames);
      bundles.set(since, bundle);
    }
    return bundle;
  }

  /** The ticker, if it changed after version `since`. */
  tickerSince(since: number): Buffer | undefined {
    return this.#ticker && this.#ticker.version > since ? this.#ticker.frame : undefined;
  }

  /** The whole current state, for a client that has just come: depth, recent trades (oldest first), candle, ticker. */
  snapshot(): Buffer {
    if (this.#snapshot === undefined) {
      const parts = [this.#depth, ...this.#trades, this.#candle, this.#ticker];
      this.#snapshot = Buffer.concat(parts.flatMap((part) => (part ? [part.frame] : [])));
    }
    return this.#snapshot;
  }

  #since(since: number): Buffer[] {
    const frames: Buffer[] = [];
    if (this.#depth && this.#depth.version > since) frames.push(this.#depth.frame);
    pushSince(frames, this.#trades, since);
    pushSince(frames, this.#closes, since);
    if (this.#candle && this.#candle.version > since) frames.push(this.#candle.frame);
    if (this.#ticker && this.#ticker.version > since) frames.push(this.#ticker.frame);
    return frames;
  }

  #put(part: 'depth' | 'ticker' | 'candle', text: string | undefined, version: number): boolean {
    if ((text ?? '') === this.#texts[part]) return false;
    this.#texts[part] = text ?? '';
    const dated = text === undefined ? undefined : { version, frame: textFrame(text) };
    if (part === 'depth') this.#depth = dated;
    else if (part === 'ticker') this.#ticker = dated;
    else this.#candle = dated;
    return dated !== undefined;
  }
}

function stampOf({ number, time }: Tick): Buffer {
  return textFrame(`{"e":"tick","k":${number},"t":${time.toFixed(1)}}`);
}

/** Versions ascend in the list, so the news is its end. */
function pushSince(frames: Buffer[], list: readonly Dated[], since: number): void {
  let first = list.length;
  while (first > 0 && list[first - 1]!.version > since) first -= 1;
  for (; first < list.length; first++) frames.push(list[first]!.frame);
}

function push(list: Dated[], texts: readonly string[], max: number, version: number): boolean {
  for (const text of texts) list.push({ version, frame: textFrame(text) });
  if (list.length > max) list.splice(0, list.length - max);
  return texts.length > 0;
}
