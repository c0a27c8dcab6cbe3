import { marketKeys } from '../../domain/market-keys.ts';
import type { MarketItem } from '../../domain/market-state.ts';
import { parseMarketState } from '../../domain/market-state-text.ts';
import type { MarketTime } from '../../domain/market-time.ts';
import type { DepthMessage } from '../../domain/messages.ts';
import type { Cache } from '../../ports/cache.ts';
import type { Clock, Timer } from '../../ports/clock.ts';
import type { Log } from '../../ports/log.ts';
import type { Counter, Gauge, Histogram, Metrics } from '../../ports/metrics.ts';
import type { EngineTap, SymbolBatch } from '../matching-engine/tap.ts';
import { marketItem } from './items.ts';
import { PendingSymbol } from './pending.ts';
import { type BookDepth, depthMessage } from './reader.ts';
import type { RecoveredMarket } from './trades-backup.ts';

export interface MarketDataWriterOptions {
  cache: Cache;
  clock: Clock;
  time: MarketTime;
  log: Log;
  metrics: Metrics;
  /** Asks the cold side for a symbol's newest state and trades, after folding in what the fills stream holds by now. */
  recover: (symbol: string) => Promise<RecoveredMarket | undefined>;
  /** Told of every symbol whose keys have just been written, so that a streamer in this process reads it at once. */
  onWritten?: (symbol: string) => void;
  /** Items waiting for the cache at most; past it the oldest are given up and come back from the stream. Default 200,000. */
  maxPending?: number;
}

/** A minute is closed this long after its end, so that trades on their way still find it open. */
const CLOSE_GRACE_MS = 300;
const CLOSE_TICK_MS = 100;
/** A cache that does not close minutes is left alone so long: it is away for every symbol. */
const CLOSE_RETRY_MS = 1_000;
const RETRY_MS = 100;
/** Symbols written at once: some 2 ms of this thread. */
const ROUND_SYMBOLS = 128;
/** How often the cache is looked at for what it has lost of symbols that nothing happens to, and how many at a time. */
const LOOK_MS = 1_000;
const LOOK_SYMBOLS = 100;

/**
 * Writes depth, ticker, day, trades and candles straight after each batch of the engine. It never makes the engine wait:
 * what the cache has not taken yet queues here, depth conflated, items bounded.
 */
export class MarketDataWriter implements EngineTap {
  readonly #options: MarketDataWriterOptions;
  readonly #symbols = new Map<string, PendingSymbol>();
  readonly #dirty = new Set<PendingSymbol>();
  /** Symbols that come back from the cold side; their items wait, the others' do not. */
  readonly #restoring = new Map<PendingSymbol, Promise<void>>();
  readonly #maxPending: number;
  #waiting = 0;
  #writing: Promise<void> | undefined;
  #timers: Timer[] = [];
  #looking = false;
  /** Monotonic ms before which no minute is closed. */
  #closeAgainAt = 0;
  #lookAt = 0;
  #stopped = false;
  readonly #latency: Histogram;
  readonly #waitingGauge: Gauge;
  readonly #gaps: Counter;
  readonly #givenUp: Counter;
  readonly #failures: Counter;

  constructor(options: MarketDataWriterOptions) {
    this.#options = options;
    this.#maxPending = options.maxPending ?? 200_000;
    const { metrics } = options;
    this.#latency = metrics.histogram(
      'market_data_write_seconds',
      'From the engine batch to the caches, per round of writes',
      [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.05, 0.25, 1],
    );
    this.#waitingGauge = metrics.gauge('market_data_waiting_items', 'Trades and day events not yet in the cache');
    this.#gaps = metrics.counter('market_data_gaps_total', 'Times the cache had lost a symbol and it was restored');
    this.#givenUp = metrics.counter('market_data_given_up_total', 'Items dropped from a full queue, restored later');
    this.#failures = metrics.counter('market_data_write_failures_total', 'Rounds of writes that the cache refused');
  }

  /** Learns where the cache stands and which minutes an earlier process left open, and closes minutes from now on. */
  async start(): Promise<void> {
    const { cache, clock } = this.#options;
    const keys = await cache.keys(marketKeys.state('*'));
    for (const [i, text] of (await cache.getMany(keys)).entries()) {
      const state = parseMarketState(text);
      const pending = this.#symbol(keys[i]!.slice(marketKeys.state('').length));
      pending.written = state.seq;
      if (state.bar && !state.closed) pending.openMinute = state.bar.start;
    }
    this.#timers = [
      clock.setInterval(() => this.#closeMinutes(), CLOSE_TICK_MS),
      clock.setInterval(() => void this.#lookForLost(), LOOK_MS),
    ];
  }

  onBatch(batch: readonly SymbolBatch[]): void {
    for (const part of batch) {
      const pending = this.#symbol(part.symbol);
      const items: MarketItem[] = [];
      for (const event of part.events) {
        const item = marketItem(event, this.#options.time);
        if (item) items.push(item);
      }
      this.#waiting += pending.add(items);
      const depth = depthOf(part);
      if (part.seq >= (pending.depth?.seq ?? pending.depthSeq ?? 0)) pending.depth = depth;
      if (part.seq >= (pending.told?.seq ?? 0)) pending.told = depth;
      this.#dirty.add(pending);
      if (this.#waiting > this.#maxPending) this.#giveUp(pending);
    }
    this.#wake();
  }

  /** Resolves when everything told so far is in the cache. */
  async drained(): Promise<void> {
    while (this.#writing || (this.#restoring.size > 0 && !this.#stopped)) {
      await this.#writing;
      await Promise.all(this.#restoring.values());
    }
  }

  /** Writes what is waiting (unless the cache is away) and stops. */
  async close(): Promise<void> {
    for (const timer of this.#timers) timer.cancel();
    this.#stopped = true;
    await this.drained();
  }

  #symbol(symbol: string): PendingSymbol {
    let pending = this.#symbols.get(symbol);
    if (!pending) {
      pending = new PendingSymbol(symbol);
      this.#symbols.set(symbol, pending);
    }
    return pending;
  }

  /** The queue is full: these items are known to the stream, and the gap they leave makes the symbol come back from there. */
  #giveUp(pending: PendingSymbol): void {
    const last = pending.items.at(-1);
    if (!last) return;
    this.#givenUp.add(pending.items.length);
    this.#waiting -= pending.items.length;
    pending.written = Math.max(pending.written, last.seq);
    pending.givenUp = pending.written;
    pending.items = [];
  }

  #wake(): void {
    if (this.#writing || this.#dirty.size === 0) return;
    this.#writing = this.#writeAll().finally(() => {
      this.#writing = undefined;
      if (!this.#stopped) this.#wake();
    });
  }

  async #writeAll(): Promise<void> {
    const { clock, log } = this.#options;
    // One turn of the microtask queue: the engine finishes handing over before anything is serialised.
    await undefined;
    while (this.#dirty.size > 0) {
      const started = clock.monotonic();
      const round = this.#nextRound();
      const results = await Promise.allSettled([
        this.#writeDepths(round),
        ...round.map((each) => this.#writeItems(each)),
      ]);
      this.#latency.observe((clock.monotonic() - started) / 1000);
      this.#waitingGauge.set(this.#waiting);
      const { onWritten } = this.#options;
      if (onWritten) for (const { symbol } of round) onWritten(symbol);
      const failed = results.find((result) => result.status === 'rejected');
      if (!failed) {
        // A cache in this process answers without leaving the thread: others have their turn between rounds.
        if (this.#dirty.size >= ROUND_SYMBOLS) await clock.sleep(0);
        continue;
      }
      this.#failures.add(1);
      log.warn({ err: failed.reason }, 'market data: the cache did not take a write, trying again');
      for (const each of round) if (each.depth || each.items.length > 0 || each.givenUp > 0) this.#dirty.add(each);
      if (this.#stopped) return;
      await clock.sleep(RETRY_MS);
    }
  }

  #nextRound(): PendingSymbol[] {
    const round: PendingSymbol[] = [];
    for (const pending of this.#dirty) {
      if (round.push(pending) === ROUND_SYMBOLS) break;
    }
    for (const pending of round) this.#dirty.delete(pending);
    return round;
  }

  async #writeDepths(round: readonly PendingSymbol[]): Promise<void> {
    const { cache } = this.#options;
    const unknown = round.filter((each) => each.depth && each.depthSeq === undefined);
    if (unknown.length > 0) {
      for (const [i, seq] of (await this.#depthSeqs(unknown)).entries()) unknown[i]!.depthSeq = seq;
    }
    const written: [PendingSymbol, BookDepth][] = [];
    // A record that made no event has changed no book: what stands in the cache is not told again under the same `u`.
    for (const each of round) {
      if (each.depth && each.depth.seq > (each.depthSeq ?? -1)) written.push([each, each.depth]);
      else each.depth = undefined;
    }
    if (written.length === 0) return;
    await cache.setMany(
      written.map(([{ symbol }, depth]) => [marketKeys.depth(symbol), JSON.stringify(depthMessage(symbol, depth))]),
    );
    for (const [each, depth] of written) {
      each.depthSeq = depth.seq;
      if (each.depth === depth) each.depth = undefined;
    }
  }

  /** Of the depths that the cache holds; -1: none. */
  async #depthSeqs(symbols: readonly PendingSymbol[]): Promise<number[]> {
    const texts = await this.#options.cache.getMany(symbols.map(({ symbol }) => marketKeys.depth(symbol)));
    // `depth:S` is written here and nowhere else.
    return texts.map((text) => (text === undefined ? -1 : (JSON.parse(text) as DepthMessage).u));
  }

  async #writeItems(pending: PendingSymbol): Promise<void> {
    const { items, written } = pending;
    const last = items.at(-1);
    // What was given up is asked for even when nothing follows it: a symbol may fall silent just then.
    if ((!last && pending.givenUp === 0) || this.#restoring.has(pending)) return;
    const applied = await this.#options.cache.applyMarket(pending.symbol, items, written);
    if (pending.givenUp <= written) pending.givenUp = 0;
    if (applied.kind === 'GAP') {
      this.#restoring.set(pending, this.#restore(pending, applied.seq));
      return;
    }
    // More may have been queued while the cache worked, or everything given up.
    if (last && pending.items === items) {
      pending.written = Math.max(pending.written, last.seq);
      const rest = items.filter((item) => item.seq > last.seq);
      this.#waiting -= items.length - rest.length;
      pending.items = rest;
    }
  }

  /**
   * The cache was emptied, or this queue was. The stream may be a moment behind the engine, so the first answer may still be
   * too old; it is asked again until it is not.
   */
  async #restore(pending: PendingSymbol, standsAt: number): Promise<void> {
    const { clock, log } = this.#options;
    const { symbol, written } = pending;
    this.#gaps.add(1);
    log.warn({ symbol, standsAt, written }, 'market data: the cache lost a symbol, restoring it');
    while (!this.#stopped && !(await this.#restored(pending, written))) await clock.sleep(RETRY_MS);
    pending.depthSeq = undefined;
    pending.depth ??= pending.told;
    this.#restoring.delete(pending);
    this.#dirty.add(pending);
    this.#wake();
  }

  /**
   * An event that meets a gap finds out what the cache has lost of its symbol. This finds the quiet symbols: a share of them a
   * second, and all the others at once when one was lost.
   */
  async #lookForLost(): Promise<void> {
    if (this.#looking) return;
    this.#looking = true;
    try {
      const known = [...this.#symbols.values()].filter(({ told }) => told !== undefined);
      for (let done = 0; done < known.length && !this.#stopped; done += LOOK_SYMBOLS) {
        if (this.#lookAt >= known.length) this.#lookAt = 0;
        const share = known.slice(this.#lookAt, this.#lookAt + LOOK_SYMBOLS);
        this.#lookAt += LOOK_SYMBOLS;
        if (!(await this.#restoreLost(share))) break;
      }
    } catch (err) {
      this.#options.log.warn({ err }, 'market data: could not look for what the cache has lost');
    } finally {
      this.#looking = false;
    }
  }

  /**
   * Depth has no expiry and never goes back, so a symbol whose depth is gone or older than what was written was lost (a server
   * that was restarted has nothing, or what it saved some time ago). True when there was such a symbol.
   */
  async #restoreLost(share: readonly PendingSymbol[]): Promise<boolean> {
    // What is written while the cache is asked may be missing in its answer.
    const written = share.map(({ depthSeq }) => depthSeq ?? -1);
    const held = await this.#depthSeqs(share);
    const lost = share.filter((_, i) => held[i]! < written[i]!);
    const restores = lost.map((pending) => {
      const standsAt = held[share.indexOf(pending)]!;
      if (!this.#restoring.has(pending)) this.#restoring.set(pending, this.#restore(pending, standsAt));
      return this.#restoring.get(pending);
    });
    await Promise.all(restores);
    return lost.length > 0;
  }

  /** True once the cache stands at `seq` or later. */
  async #restored(pending: PendingSymbol, seq: number): Promise<boolean> {
    const { symbol } = pending;
    try {
      const recovered = await this.#options.recover(symbol);
      const state = recovered?.state;
      if (recovered) await this.#options.cache.restoreMarket(symbol, recovered.state, recovered.trades);
      if (state?.bar) pending.openMinute = Math.max(pending.openMinute ?? 0, state.bar.start);
      return (state?.seq ?? 0) >= seq;
    } catch (err) {
      this.#options.log.warn({ err, symbol }, 'market data: a symbol could not be restored, trying again');
      return false;
    }
  }

  #closeMinutes(): void {
    const { cache, clock, onWritten } = this.#options;
    if (clock.monotonic() < this.#closeAgainAt) return;
    const now = clock.now() - CLOSE_GRACE_MS;
    for (const pending of this.#symbols.values()) {
      const { openMinute } = pending;
      if (openMinute === undefined || (openMinute + 60) * 1000 > now || pending.items.length > 0) continue;
      pending.openMinute = undefined;
      cache.closeMinute(pending.symbol, Math.floor(now / 1000)).then(
        // Also when nothing was left to close: the answer to an earlier attempt may have been lost.
        () => onWritten?.(pending.symbol),
        (err) => {
          pending.openMinute = Math.max(openMinute, pending.openMinute ?? 0);
          this.#closeLater(err);
        },
      );
    }
  }

  #closeLater(err: unknown): void {
    const { clock, log } = this.#options;
    const now = clock.monotonic();
    if (now < this.#closeAgainAt) return;
    this.#closeAgainAt = now + CLOSE_RETRY_MS;
    log.warn({ err }, 'market data: minutes could not be closed, trying again');
  }
}

/** Only the depth of a batch: its events are not to be held on to. */
function depthOf({ bids, asks, seq, timestamp }: SymbolBatch): BookDepth {
  return { bids, asks, seq, timestamp };
}
