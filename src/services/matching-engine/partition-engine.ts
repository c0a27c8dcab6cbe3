import type { EngineEvent } from '../../domain/events.ts';
import type { OrderRecord } from '../../domain/records.ts';
import { Poison } from '../../matching/engine/decode.ts';
import { encodeEvents } from '../../matching/engine/encode.ts';
import type { EngineShard } from '../../matching/engine/shard.ts';
import { imageOf } from '../../matching/engine/snapshot.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Log } from '../../ports/log.ts';
import type { Stream, StreamAppend, StreamRecord } from '../../ports/stream.ts';
import type { EngineMetrics } from './engine-metrics.ts';
import { Outbox } from './outbox.ts';
import type { Press } from './press.ts';
import { deadLetterOf, deadLetterPosition, eventPosition } from './published.ts';
import type { Recovered } from './recovery.ts';
import { messageOf, type SealedSnapshot, type SnapshotHead, type SymbolSnapshot } from './snapshot-store.ts';
import type { EngineTap, SymbolBatch } from './tap.ts';

export interface PartitionDeps {
  stream: Stream;
  clock: Clock;
  log: Log;
  metrics: EngineMetrics;
  press: Press;
  taps: readonly EngineTap[];
  topics: { orders: string; fills: string; deadLetters: string };
  /** Events that may wait for the fills stream before the engine stops reading orders. */
  maxWaiting: number;
}

const DEPTH_LEVELS = 10;
const REPLAY_PAGE = 1_000;

/** What a batch did to one symbol, while it is being applied. */
interface Touched {
  events: EngineEvent[];
  records: number;
  /** Offset of the last record that changed it. */
  changedAt: number;
  /** Takes its events. */
  emit: (event: EngineEvent) => void;
}

function newTouched(events: EngineEvent[] = []): Touched {
  return { events, records: 0, changedAt: -1, emit: (event) => events.push(event) };
}

/** The engine of one partition of the orders stream: applies its records, tells taps, publishes events. */
export class PartitionEngine {
  readonly partition: number;
  readonly shard: EngineShard;
  readonly fills: Outbox;
  readonly deadLetters: Outbox;
  /** Resolves when everything that was in the log at the start has been applied. */
  readonly caughtUp: Promise<void>;
  readonly #deps: PartitionDeps;
  readonly #contained: Map<string, number>;
  readonly #removed: Map<string, number>;
  readonly #published: Map<string, number>;
  readonly #changedAt = new Map<string, number>();
  readonly #deadLettered: number;
  readonly #replayEnd: number;
  #applied: number;
  #failed: Error | undefined;
  #replayDone: () => void = () => {};
  /** Holds batches back while a symbol is being restored. */
  #exclusive: Promise<void> = Promise.resolve();

  constructor(partition: number, recovered: Recovered, deps: PartitionDeps) {
    const { stream, clock, log } = deps;
    this.partition = partition;
    this.shard = recovered.shard;
    this.#deps = deps;
    this.#contained = recovered.contained;
    this.#removed = recovered.removed;
    this.#published = recovered.published;
    this.#deadLettered = recovered.deadLettered;
    this.#replayEnd = recovered.end;
    this.#applied = recovered.start - 1;
    this.caughtUp = new Promise((resolve) => {
      this.#replayDone = resolve;
    });
    this.fills = new Outbox({
      ...{ stream, clock, log, topic: deps.topics.fills, next: recovered.fillsNext },
      identify: (value) => identityOf(eventPosition(value)),
    });
    this.deadLetters = new Outbox({
      ...{ stream, clock, log, topic: deps.topics.deadLetters, next: recovered.deadLettersNext },
      identify: (value) => identityOf(deadLetterPosition(value)),
    });
    this.#noteProgress();
    this.#tell(this.shard.symbols().map((symbol) => [symbol, newTouched()]));
  }

  /** Offset of the last record that is in the state. */
  get applied(): number {
    return this.#applied;
  }

  /** Why the partition stands still, if it does: a broken invariant, after which its state is not to be trusted. */
  get failed(): Error | undefined {
    return this.#failed;
  }

  /** Symbols that were given up, and up to which seq their events have been published here. */
  get removed(): Record<string, number> {
    return Object.fromEntries([...this.#removed].sort(([a], [b]) => (a < b ? -1 : 1)));
  }

  /** Applies durable records in order. Resolves when the next ones may come; the events may still be on their way to the log. */
  async onBatch(records: readonly StreamRecord[]): Promise<void> {
    await this.#exclusive;
    if (this.#failed !== undefined) throw this.#failed;
    const began = this.#deps.clock.monotonic();
    const touched = new Map<string, Touched>();
    try {
      const decoded = this.shard.decodeAll(records.map(({ value }) => value));
      records.forEach((record, i) => {
        this.#applyRecord(record, decoded[i]!, touched);
      });
    } catch (error) {
      this.#failed = error instanceof Error ? error : new Error(String(error));
      this.#deps.log.error(
        { partition: this.partition, offset: this.#applied + 1, error: this.#failed.stack },
        'engine: an invariant is broken; the partition stands still and writes no more snapshots',
      );
      throw this.#failed;
    }
    for (const [symbol, { changedAt }] of touched) if (changedAt >= 0) this.#changedAt.set(symbol, changedAt);
    this.#tell(touched);
    this.#publish(touched);
    this.#deps.metrics.batch(records.length, touched, this.#deps.clock.monotonic() - began);
    this.#noteProgress();
    await this.fills.room(this.#deps.maxWaiting);
    await this.deadLetters.room(this.#deps.maxWaiting);
  }

  #applyRecord(record: StreamRecord, decoded: OrderRecord | Poison, touched: Map<string, Touched>): void {
    if (record.offset <= this.#applied) return;
    if (decoded instanceof Poison) {
      this.#bury(record, decoded.reason);
    } else if (!this.#isContained(decoded.symbol, record.offset)) {
      let mine = touched.get(decoded.symbol);
      if (mine === undefined) {
        if (!this.#isHome(decoded.symbol)) {
          this.#bury(record, `${decoded.symbol} does not belong to partition ${this.partition}`);
          this.#applied = record.offset;
          return;
        }
        mine = newTouched();
        touched.set(decoded.symbol, mine);
      }
      const poison = this.shard.apply(decoded, mine.emit);
      mine.records += 1;
      if (poison === undefined) mine.changedAt = record.offset;
      else this.#bury(record, poison.reason);
    }
    this.#applied = record.offset;
  }

  /** One symbol in two partitions would be two books under one sequence of events. */
  #isHome(symbol: string): boolean {
    return this.#deps.stream.partitionOf(this.#deps.topics.orders, symbol) === this.partition;
  }

  #isContained(symbol: string, offset: number): boolean {
    if (this.#removed.size > 0 && this.#removed.has(symbol)) return true;
    if (this.#contained.size === 0) return false;
    const contained = this.#contained.get(symbol);
    if (contained === undefined) return false;
    if (offset <= contained) return true;
    this.#contained.delete(symbol);
    return false;
  }

  #bury(record: StreamRecord, reason: string): void {
    if (record.offset <= this.#deadLettered) return;
    this.#deps.metrics.poison(this.partition);
    const fields = { partition: this.partition, offset: record.offset, reason };
    this.#deps.log.error(fields, 'engine: a poison record goes to the dead letters');
    this.deadLetters.push([deadLetterOf(this.#deps.topics.orders, record, reason)]);
  }

  /** A tap that fails loses what it was told, and nothing else happens. */
  #tell(touched: Iterable<[string, Touched]>): void {
    if (this.#deps.taps.length === 0) return;
    const batch: SymbolBatch[] = [];
    for (const [symbol, { events }] of touched) {
      const engine = this.shard.symbol(symbol);
      if (engine?.instrument == null) continue;
      batch.push({
        symbol,
        instrument: engine.instrument,
        events,
        seq: engine.seq,
        bids: engine.book.depth(0, DEPTH_LEVELS),
        asks: engine.book.depth(1, DEPTH_LEVELS),
        timestamp: engine.state.lastTimestamp,
      });
    }
    if (batch.length === 0) return;
    for (const tap of this.#deps.taps) {
      try {
        tap.onBatch(batch);
      } catch (error) {
        this.#deps.log.error({ partition: this.partition, error: messageOf(error) }, 'engine: a tap failed');
      }
    }
  }

  #publish(touched: Iterable<[string, Touched]>): void {
    const appends: StreamAppend[] = [];
    for (const [symbol, { events }] of touched) {
      const published = this.#published.get(symbol) ?? 0;
      const isNew = events.length > 0 && events[0]!.seq > published;
      const unpublished = isNew ? events : events.filter(({ seq }) => seq > published);
      for (const value of encodeEvents(unpublished)) appends.push({ key: symbol, value });
    }
    this.fills.push(appends);
  }

  #noteProgress(): void {
    if (this.#applied + 1 >= this.#replayEnd) this.#replayDone();
  }

  /** Symbols that a record has changed, and the offset of the newest one. */
  changedAt(symbol: string): number | undefined {
    return this.#changedAt.get(symbol);
  }

  /** The seq up to which a symbol's events are in the fills stream once everything pushed is durable. */
  publishedUpTo(symbol: string): number {
    return Math.max(this.shard.symbol(symbol)?.seq ?? 0, this.#published.get(symbol) ?? 0);
  }

  /**
   * The symbol as it stands now, between two batches. Only the copy of its state is made at once; it is written down while the
   * engine goes on.
   */
  async snapshot(symbol: string): Promise<SealedSnapshot | undefined> {
    const engine = this.shard.symbol(symbol);
    if (engine === undefined) return undefined;
    const offset = this.#containedUpTo(symbol);
    const published = this.publishedUpTo(symbol);
    const { partition } = this;
    const head: SnapshotHead = {
      ...{ v: 2, kind: 'symbol-snapshot', topic: this.#deps.topics.orders, partition, symbol, offset, seq: engine.seq },
    };
    const bytes = await this.#deps.press.seal(head, imageOf(engine));
    // Meanwhile the symbol may have been given up, or put in another state.
    if (this.shard.symbol(symbol) !== engine) return undefined;
    return { symbol, offset, published, bytes };
  }

  /** Every record of the symbol up to here is in its state. */
  #containedUpTo(symbol: string): number {
    return Math.max(this.#applied, this.#contained.get(symbol) ?? -1);
  }

  /**
   * Puts a symbol in the state of a snapshot of this partition, then replays the symbol's records since. Its events are told
   * to the taps again and published only as far as they never were.
   */
  restore(snapshot: SymbolSnapshot): Promise<void> {
    const restored = this.#exclusive.then(() => this.#restore(snapshot));
    this.#exclusive = restored.catch(() => {});
    return restored;
  }

  async #restore({ symbol, offset, data }: SymbolSnapshot): Promise<void> {
    const published = this.publishedUpTo(symbol);
    this.shard.restore(symbol, Buffer.from(data, 'base64'));
    this.#removed.delete(symbol);
    this.#published.set(symbol, Math.max(published, this.publishedUpTo(symbol)));
    this.#contained.set(symbol, offset);
    this.#changedAt.set(symbol, Math.max(offset, this.#applied));
    const events: EngineEvent[] = [];
    await this.#replay(symbol, offset + 1, events);
    const touched = new Map([[symbol, newTouched(events)]]);
    this.#tell(touched);
    this.#publish(touched);
  }

  async #replay(symbol: string, from: number, events: EngineEvent[]): Promise<void> {
    const { stream, topics } = this.#deps;
    for (let offset = from; offset <= this.#applied; ) {
      const records = await stream.read(topics.orders, this.partition, offset, REPLAY_PAGE);
      if (records.length === 0) return;
      for (const record of records) {
        offset = record.offset + 1;
        const decoded = record.offset > this.#applied ? undefined : this.shard.decode(record.value);
        if (decoded === undefined || decoded instanceof Poison || decoded.symbol !== symbol) continue;
        this.shard.apply(decoded, (event) => events.push(event));
      }
    }
  }

  /** Gives a symbol up: its records are passed over until it is restored. */
  remove(symbol: string): boolean {
    const published = this.publishedUpTo(symbol);
    this.#removed.set(symbol, published);
    this.#published.set(symbol, published);
    const existed = this.shard.remove(symbol);
    this.#changedAt.delete(symbol);
    return existed;
  }

  /** Everything said until now is durable. */
  async flush(): Promise<void> {
    await this.fills.flush();
    await this.deadLetters.flush();
  }

  /** Failed appends are not tried again from now on, so that a stop comes to an end. */
  stop(): void {
    this.fills.stop();
    this.deadLetters.stop();
  }
}

function identityOf(position: object | undefined): string {
  return JSON.stringify(position ?? null);
}
