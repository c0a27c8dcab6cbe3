import type { Cache } from '../../ports/cache.ts';
import type { Clock, Timer } from '../../ports/clock.ts';
import type { Log } from '../../ports/log.ts';
import type { Counter, Gauge, Histogram, Metrics } from '../../ports/metrics.ts';
import { Arena } from './arena.ts';
import { type Outlet, StreamClient, type Tier } from './client.ts';
import { SymbolFeed, type Tick } from './feed.ts';
import { FeedReader } from './feed-reader.ts';
import { PERIOD_SLOTS, SLOT_MS, Wheel } from './wheel.ts';

const POLL_MS = 50;
const LAG_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 30];
const TIERS: readonly Tier[] = ['realtime', 'public'];

export interface StreamerDeps {
  cache: Cache;
  clock: Clock;
  log: Log;
  metrics: Metrics;
  /**
   * How it learns that a symbol changed. `signal`: whoever writes the cache in this process calls `changed`, and only those
   * symbols are read. `poll`: every watched symbol is read each 50 ms (other processes write the cache).
   */
  source: 'signal' | 'poll';
}

/** What the writer of the cache tells the streamer in the same process: that it has written this symbol. */
export interface MarketSignal {
  changed(symbol: string): void;
}

interface Watching {
  feed: SymbolFeed;
  watchers: number;
  /** Resolves when the cache has been read for the first time. */
  ready: Promise<void>;
  loaded: boolean;
}

/**
 * Sends market data to clients: in each 10 ms slot to those whose turn it is, only what changed since their last turn, all
 * of it in one write. Symbols nobody watches are not read.
 */
export class Streamer implements MarketSignal {
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #source: StreamerDeps['source'];
  readonly #reader: FeedReader;
  readonly #wheel = new Wheel();
  readonly #watching = new Map<string, Watching>();
  readonly #dirty = new Set<SymbolFeed>();
  readonly #counts: Record<'sent' | 'idle' | 'conflated', Record<Tier, number>> = {
    sent: { realtime: 0, public: 0 },
    idle: { realtime: 0, public: 0 },
    conflated: { realtime: 0, public: 0 },
  };
  readonly #ticks: Counter;
  readonly #late: Histogram;
  readonly #lag: Histogram;
  readonly #watched: Gauge;
  /** Feeds to be read, the reading at hand, and the one after it. */
  readonly #wanted = new Set<SymbolFeed>();
  #reading: Promise<void> = Promise.resolve();
  #nextReading: Promise<void> | undefined;
  #cacheAnswers = true;
  readonly #arena = new Arena();
  #arenaInUse = false;
  #version = 0;
  /** The slot of each tier that is served next. */
  #next: Record<Tier, number> = { realtime: 0, public: 0 };
  #serial = 0;
  #startedAt = 0;
  #timer: Timer | undefined;
  #poll: Timer | undefined;
  #polling = false;

  constructor({ cache, clock, log, metrics, source }: StreamerDeps) {
    this.#clock = clock;
    this.#log = log;
    this.#source = source;
    this.#reader = new FeedReader(cache);
    this.#ticks = metrics.counter('streamer_ticks_total', 'Client ticks by outcome.', ['tier', 'outcome']);
    this.#late = metrics.histogram('streamer_tick_late_seconds', 'How late a slot was served.', LAG_SECONDS);
    this.#lag = metrics.histogram('streamer_client_lag_seconds', 'How long a slow client was behind.', LAG_SECONDS, [
      'tier',
    ]);
    this.#watched = metrics.gauge('streamer_watched_symbols', 'Symbols somebody watches.');
  }

  start(): void {
    this.#startedAt = this.#clock.monotonic();
    this.#next = { realtime: 0, public: 0 };
    this.#schedule();
    if (this.#source === 'poll') this.#poll = this.#clock.setInterval(() => void this.#pollAll(), POLL_MS);
  }

  close(): void {
    this.#timer?.cancel();
    this.#poll?.cancel();
    this.#timer = undefined;
    this.#poll = undefined;
  }

  changed(symbol: string): void {
    const watching = this.#watching.get(symbol);
    if (watching) this.#dirty.add(watching.feed);
  }

  /** Ticks by outcome since the start. Every due tick of every client is counted once. */
  get counts(): Readonly<Record<'sent' | 'idle' | 'conflated', Readonly<Record<Tier, number>>>> {
    return this.#counts;
  }

  join(outlet: Outlet, tier: Tier): StreamClient {
    const client = new StreamClient(outlet, tier);
    client.since = this.#version;
    this.#wheel.add(client);
    return client;
  }

  setTier(client: StreamClient, tier: Tier): void {
    if (client.tier === tier) return;
    this.#wheel.remove(client);
    client.tier = tier;
    this.#wheel.add(client);
  }

  leave(client: StreamClient): void {
    this.#wheel.remove(client);
    if (client.main) this.#release(client.main.feed);
    for (const { feed } of client.full.values()) this.#release(feed);
    for (const { feed } of client.sub.values()) this.#release(feed);
    client.main = undefined;
    client.full.clear();
    client.sub.clear();
  }

  /** Has these symbols read, unless they are; a promise only where the cache must be asked first. */
  prepare(symbols: Iterable<string>): Promise<void> | undefined {
    const waits: Promise<void>[] = [];
    for (const symbol of symbols) {
      const watching = this.#acquire(symbol);
      if (!watching.loaded) waits.push(watching.ready);
    }
    return waits.length === 0 ? undefined : Promise.all(waits).then(() => undefined);
  }

  /** Gives back what `prepare` took. */
  unprepare(symbols: Iterable<string>): void {
    for (const symbol of symbols) {
      const watching = this.#watching.get(symbol);
      if (watching) this.#release(watching.feed);
    }
  }

  /**
   * Adds to what a client watches (`main` replaces). The symbols must be prepared.
   * @returns the current state of what is new to it, to be sent at once; later ticks tell only what changes after it.
   */
  watch(client: StreamClient, add: { main?: string; full: readonly string[]; sub: readonly string[] }): Buffer[] {
    const buffers: Buffer[] = [];
    const full = (symbol: string) => {
      const { feed } = this.#acquire(symbol);
      buffers.push(feed.snapshot());
      return { feed, floor: this.#version };
    };
    if (add.main !== undefined) {
      const old = client.main;
      client.main = full(add.main);
      if (old) this.#release(old.feed);
    }
    for (const symbol of add.full) if (!client.full.has(symbol)) client.full.set(symbol, full(symbol));
    for (const symbol of add.sub) {
      if (client.sub.has(symbol)) continue;
      const { feed } = this.#acquire(symbol);
      const ticker = feed.tickerSince(-1);
      if (ticker) buffers.push(ticker);
      client.sub.set(symbol, { feed, floor: this.#version });
    }
    return buffers.filter((buffer) => buffer.length > 0);
  }

  unwatch(client: StreamClient, drop: { main: boolean; full: readonly string[]; sub: readonly string[] }): void {
    if (drop.main && client.main) {
      this.#release(client.main.feed);
      client.main = undefined;
    }
    for (const [map, symbols] of [
      [client.full, drop.full],
      [client.sub, drop.sub],
    ] as const) {
      for (const symbol of symbols) {
        const watched = map.get(symbol);
        if (!watched) continue;
        map.delete(symbol);
        this.#release(watched.feed);
      }
    }
  }

  #acquire(symbol: string): Watching {
    let watching = this.#watching.get(symbol);
    if (watching === undefined) {
      const feed = new SymbolFeed(symbol);
      const made: Watching = { feed, watchers: 0, loaded: false, ready: Promise.resolve() };
      made.ready = this.#refresh([feed]).then(() => {
        made.loaded = true;
      });
      this.#watching.set(symbol, made);
      this.#watched.set(this.#watching.size);
      watching = made;
    }
    watching.watchers += 1;
    return watching;
  }

  #release(feed: SymbolFeed): void {
    const watching = this.#watching.get(feed.symbol);
    if (watching?.feed !== feed) return;
    watching.watchers -= 1;
    if (watching.watchers > 0) return;
    this.#watching.delete(feed.symbol);
    this.#dirty.delete(feed);
    this.#watched.set(this.#watching.size);
  }

  /** One reading at a time, so that no feed ever goes back; who asks meanwhile shares the next one. */
  #refresh(feeds: readonly SymbolFeed[]): Promise<void> {
    for (const feed of feeds) this.#wanted.add(feed);
    this.#nextReading ??= this.#reading.then(() => {
      this.#nextReading = undefined;
      const batch = [...this.#wanted];
      this.#wanted.clear();
      this.#reading = this.#read(batch);
      return this.#reading;
    });
    return this.#nextReading;
  }

  /** While the cache does not answer, feeds keep their state and are read again. */
  async #read(feeds: readonly SymbolFeed[]): Promise<void> {
    try {
      await this.#reader.refresh(feeds, () => ++this.#version);
      this.#cacheAnswers = true;
    } catch (error) {
      if (this.#cacheAnswers) this.#log.warn({ error: String(error) }, 'the cache does not answer the streamer');
      this.#cacheAnswers = false;
      for (const feed of feeds) if (this.#watching.get(feed.symbol)?.feed === feed) this.#dirty.add(feed);
    }
  }

  async #pollAll(): Promise<void> {
    if (this.#polling || this.#watching.size === 0) return;
    this.#polling = true;
    await this.#refresh([...this.#watching.values()].map(({ feed }) => feed));
    this.#polling = false;
  }

  #schedule(): void {
    const dueIn = this.#startedAt + this.#earliest * SLOT_MS - this.#clock.monotonic();
    this.#timer = this.#clock.setTimeout(() => void this.#turn(), Math.max(0, dueIn));
  }

  /** The slot that is served next, of whichever tier. */
  get #earliest(): number {
    return Math.min(this.#next.realtime, this.#next.public);
  }

  /** At most one slot of each tier, then back to the event loop: a late streamer must not keep others waiting. */
  async #turn(): Promise<void> {
    if (this.#dirty.size > 0 && this.#source === 'signal') {
      const feeds = [...this.#dirty];
      this.#dirty.clear();
      await this.#refresh(feeds);
    }
    if (this.#timer === undefined) return;
    this.#serve();
    this.#schedule();
  }

  #serve(): void {
    const elapsed = this.#clock.monotonic() - this.#startedAt;
    const earliest = this.#earliest;
    this.#late.observe(Math.max(0, elapsed - earliest * SLOT_MS) / 1_000);
    // A timer may be a moment early.
    const now = Math.max(earliest, Math.floor(elapsed / SLOT_MS));
    this.#arenaInUse = false;
    let tick: Tick | undefined;
    for (const tier of TIERS) {
      const before = { ...this.#countsOf(tier) };
      this.#skip(tier, now);
      const slot = this.#next[tier];
      if (slot <= now) {
        if (tick?.number !== slot) tick = this.#tickOf(slot, elapsed);
        for (const client of this.#wheel.due(tier, slot)) this.#serveOne(client, tier, tick);
        this.#next[tier] += 1;
      }
      const after = this.#countsOf(tier);
      for (const outcome of ['sent', 'idle', 'conflated'] as const) {
        if (after[outcome] > before[outcome]) this.#ticks.add(after[outcome] - before[outcome], { tier, outcome });
      }
    }
    this.#arena.next(this.#arenaInUse);
  }

  /**
   * A turn whose clients' next turn is due already is conflated into that. So a streamer that stood still, or has less time than it
   * needs, never works off what has passed: whole periods are left out, and each client keeps its place in the row.
   */
  #skip(tier: Tier, now: number): void {
    const period = PERIOD_SLOTS[tier];
    const missed = Math.floor((now - this.#next[tier]) / period);
    if (missed <= 0) return;
    this.#next[tier] += missed * period;
    this.#counts.conflated[tier] += missed * this.#wheel.sizeOf(tier);
  }

  #tickOf(slot: number, elapsed: number): Tick {
    this.#serial += 1;
    const late = elapsed - slot * SLOT_MS;
    return { serial: this.#serial, number: slot, time: this.#clock.now() - late, arena: this.#arena };
  }

  #serveOne(client: StreamClient, tier: Tier, tick: Tick): void {
    const news = client.since === this.#version ? undefined : client.news(tick);
    if (news === undefined) {
      client.since = this.#version;
      this.#counts.idle[tier] += 1;
      return;
    }
    if (client.outlet.congested) {
      client.behindSince ??= this.#clock.monotonic();
      this.#counts.conflated[tier] += 1;
      return;
    }
    client.since = this.#version;
    if (client.behindSince !== undefined) {
      this.#lag.observe((this.#clock.monotonic() - client.behindSince) / 1_000, { tier });
      client.behindSince = undefined;
    }
    if (!client.outlet.send(news)) this.#arenaInUse = true;
    this.#counts.sent[tier] += 1;
  }

  #countsOf(tier: Tier): Record<'sent' | 'idle' | 'conflated', number> {
    const { sent, idle, conflated } = this.#counts;
    return { sent: sent[tier], idle: idle[tier], conflated: conflated[tier] };
  }
}
