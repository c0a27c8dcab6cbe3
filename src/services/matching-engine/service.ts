import type { Topics } from '../../domain/topics.ts';
import type { ShardOptions } from '../../matching/engine/shard.ts';
import { BUY, SELL, SnapshotError } from '../../matching/order-book.ts';
import type { Archive } from '../../ports/archive.ts';
import type { Cache } from '../../ports/cache.ts';
import type { Clock, Timer } from '../../ports/clock.ts';
import type { Log } from '../../ports/log.ts';
import type { Metrics } from '../../ports/metrics.ts';
import type { Stream, StreamSubscription } from '../../ports/stream.ts';
import type { BookDepth } from '../market-data/reader.ts';
import { EngineMetrics } from './engine-metrics.ts';
import { PartitionEngine } from './partition-engine.ts';
import { type Press, SlicedPress } from './press.ts';
import { recoverPartition } from './recovery.ts';
import { messageOf, SnapshotStore, TIERS, type Tier, unsealSnapshot } from './snapshot-store.ts';
import { SnapshotWriter } from './snapshot-writer.ts';
import type { EngineTap } from './tap.ts';

export interface MatchingEngineDeps {
  stream: Stream;
  /** The backup cache: `snapshot:SYMBOL`. */
  cache: Cache;
  archive: Archive;
  clock: Clock;
  log: Log;
  metrics: Metrics;
  topics: Pick<Topics, 'orders' | 'fills' | 'deadLetters'>;
  /** Writes snapshots down; by default this thread does, in short slices. */
  press?: Press;
  /** The book behind each symbol. */
  createBook: ShardOptions['createBook'];
  /** Told of every batch straight after matching. */
  taps: readonly EngineTap[];
  /** Name of the consumer, and on Kafka of the group that shares the partitions out. */
  group?: string;
  /** Whether this engine holds all partitions, so that a start waits for them (default), or shares them with others. */
  isAlone?: boolean;
  cacheSnapshotMs?: number;
  archiveSnapshotMs?: number;
  /** Records in one batch at most: how long one symbol's burst can keep the others waiting. */
  maxBatch?: number;
  /** Events that may wait for the fills stream before no more orders are read. */
  maxWaiting?: number;
  /** See ShardOptions; the same for every engine of an exchange. */
  recentOrders?: number;
}

interface Owned {
  engine: PartitionEngine;
  writers: Record<Tier, SnapshotWriter>;
}

const LAG_INTERVAL_MS = 1_000;

/**
 * Runs the matching engine over the partitions of the orders stream. Records are durable before it sees them; it tells its taps
 * straight after each batch, publishes the events with their per-symbol seq, and keeps snapshots from which a start goes on as
 * if nothing had happened: no event twice in the fills stream, none missing, books as in an uninterrupted run.
 */
export class MatchingEngineService {
  readonly #deps: MatchingEngineDeps;
  readonly #metrics: EngineMetrics;
  readonly #snapshots: SnapshotStore;
  readonly #owned = new Map<number, Owned>();
  #subscription: StreamSubscription | undefined;
  #timers: Timer[] = [];
  #recoveryFailed: (error: Error) => void = () => {};
  #takenOver: () => void = () => {};
  /** Partitions to take over before a start is complete. */
  #wanted = Number.POSITIVE_INFINITY;

  constructor(deps: MatchingEngineDeps) {
    this.#deps = deps;
    this.#metrics = new EngineMetrics(deps.metrics);
    this.#snapshots = new SnapshotStore(deps);
  }

  /**
   * Restores, replays, goes on. Resolves when every partition of the topic has caught up with what the log held at the start;
   * rejects when one cannot be recovered (the log no longer reaches back to the newest good snapshot).
   */
  async start(): Promise<void> {
    const { clock, cacheSnapshotMs = 10_000, archiveSnapshotMs = 60_000 } = this.#deps;
    await this.#consume();
    if (this.#subscription === undefined) return; // stopped meanwhile
    this.#timers = [
      clock.setInterval(() => this.#saveByTimer('cache'), cacheSnapshotMs),
      clock.setInterval(() => this.#saveByTimer('archive'), archiveSnapshotMs),
      clock.setInterval(() => void this.#observeLag(), LAG_INTERVAL_MS),
    ];
  }

  async #consume(): Promise<void> {
    const { stream, topics, group = 'matching-engine', maxBatch = 1_000 } = this.#deps;
    const recovered = this.#recovered();
    recovered.catch(() => {}); // awaited below, and until then not unheard of
    this.#subscription = await stream.consume({
      topic: topics.orders,
      group,
      maxRecords: maxBatch,
      position: (partition) => this.#takeOver(partition),
      onBatch: (partition, records) => this.#engineOf(partition).onBatch(records),
      onRevoked: (partition) => this.#giveUp(partition),
    });
    try {
      await recovered;
    } catch (error) {
      await this.#subscription.close();
      throw error;
    }
  }

  /** Every partition (or, in a group, every one that is this engine's by now) has caught up. */
  async #recovered(): Promise<void> {
    const { stream, topics, isAlone = true } = this.#deps;
    const allTaken = new Promise<void>((resolve, reject) => {
      this.#recoveryFailed = reject;
      this.#takenOver = resolve;
    });
    allTaken.catch(() => {}); // as above
    const partitions = (await stream.topics()).find(({ topic }) => topic === topics.orders)?.partitions ?? 0;
    this.#wanted = isAlone ? partitions : 0;
    if (this.#owned.size < this.#wanted) await allTaken;
    await Promise.all([...this.#owned.values()].map(({ engine }) => engine.caughtUp));
  }

  async #takeOver(partition: number): Promise<number> {
    const known = this.#owned.get(partition);
    if (known !== undefined) return known.engine.applied + 1;
    const { stream, log, topics, clock, taps, createBook, recentOrders, maxWaiting = 20_000 } = this.#deps;
    try {
      const shard = { createBook, recentOrders };
      const recovered = await recoverPartition({ stream, snapshots: this.#snapshots, log, shard, topics }, partition);
      const metrics = this.#metrics;
      const press = this.#deps.press ?? new SlicedPress(clock);
      const engine = new PartitionEngine(partition, recovered, {
        stream,
        clock,
        log,
        metrics,
        press,
        taps,
        topics,
        maxWaiting,
      });
      const writer = (tier: Tier) =>
        new SnapshotWriter({ engine, tier, store: this.#snapshots, metrics, topic: topics.orders });
      this.#owned.set(partition, { engine, writers: { cache: writer('cache'), archive: writer('archive') } });
      if (this.#owned.size >= this.#wanted) this.#takenOver();
      return recovered.start;
    } catch (error) {
      log.error({ partition, error: messageOf(error) }, 'engine: a partition cannot be recovered');
      this.#recoveryFailed(error instanceof Error ? error : new Error(String(error)));
      throw error;
    }
  }

  #engineOf(partition: number): PartitionEngine {
    const owned = this.#owned.get(partition);
    if (owned === undefined) throw new Error(`a batch of partition ${partition} came before it was taken over`);
    return owned.engine;
  }

  async #giveUp(partition: number): Promise<void> {
    const owned = this.#owned.get(partition);
    this.#owned.delete(partition);
    owned?.engine.stop();
    await owned?.engine.flush().catch(() => {});
  }

  /**
   * Finishes the batch at hand, writes snapshots to both tiers and stops. What cannot be written is logged: the next start
   * then replays more.
   */
  async stop(): Promise<void> {
    for (const timer of this.#timers) timer.cancel();
    this.#timers = [];
    for (const { engine } of this.#owned.values()) engine.stop();
    await this.#subscription?.close();
    this.#subscription = undefined;
    for (const tier of TIERS) {
      await this.#save(tier).catch((error: unknown) => {
        this.#deps.log.error({ tier, error: messageOf(error) }, 'engine: no snapshot could be written at the stop');
      });
    }
    this.#owned.clear();
  }

  #saveByTimer(tier: Tier): void {
    this.#save(tier).catch((error: unknown) => {
      this.#deps.log.error({ tier, error: messageOf(error) }, 'engine: a snapshot failed; the next round tries again');
    });
  }

  /** One partition after the other: for every symbol the engine stands still for a moment, and these moments are spread. */
  async #save(tier: Tier): Promise<void> {
    const failures: unknown[] = [];
    for (const { writers } of [...this.#owned.values()]) {
      await writers[tier].save().catch((error: unknown) => failures.push(error));
    }
    if (failures.length > 0) throw failures[0];
  }

  async #observeLag(): Promise<void> {
    this.#metrics.lag(await this.lag().catch(() => 0));
  }

  /** Order records that are durable but not yet matched. */
  async lag(): Promise<number> {
    return (await this.#subscription?.lag()) ?? 0;
  }

  /** Events and dead letters that are not durable in their streams yet. */
  get waitingEvents(): number {
    const outboxes = [...this.#owned.values()].flatMap(({ engine }) => [engine.fills, engine.deadLetters]);
    return outboxes.reduce((sum, { waiting }) => sum + waiting, 0);
  }

  /** Partitions that stand still because an invariant broke, with the reason. */
  get failures(): { partition: number; error: Error }[] {
    return [...this.#owned.values()].flatMap(({ engine: { partition, failed } }) =>
      failed === undefined ? [] : [{ partition, error: failed }],
    );
  }

  /** The state of every symbol, for comparing two engines. */
  stateHash(): string {
    const hashes = [...this.#owned.values()]
      .map(({ engine }) => engine.shard.stateHash())
      .filter((hash) => hash !== '');
    return hashes.sort().join(' ');
  }

  // Control (gRPC: contract, section 5)

  /** Snapshots of everything, in both tiers, now. */
  async createSnapshot(): Promise<{ partition: number; offset: number; symbols: number }[]> {
    for (const tier of TIERS) await this.#save(tier);
    return [...this.#owned.values()].map(({ engine, writers }) => ({
      partition: engine.partition,
      offset: writers.archive.offset ?? -1,
      symbols: engine.shard.symbols().length,
    }));
  }

  /** Forgets everything in memory and starts again from the newest good snapshots and the log. */
  async restoreSnapshot(): Promise<void> {
    for (const { engine } of this.#owned.values()) await engine.flush();
    await this.#subscription?.close();
    for (const { engine } of this.#owned.values()) await engine.flush();
    this.#owned.clear();
    await this.#consume();
  }

  /** One symbol as sealed bytes that restoreOrderBook takes, here or in another engine; its events are durable. */
  async snapshotOrderBook(symbol: string): Promise<Uint8Array | undefined> {
    const engine = this.#ownerOf(symbol);
    const snapshot = await engine?.snapshot(symbol);
    if (engine === undefined || snapshot === undefined) return undefined;
    await engine.flush();
    return snapshot.bytes;
  }

  /**
   * Puts one symbol in the state of a snapshot of this log and replays its records since. Throws SnapshotError on damage, on a snapshot
   * of another log, and where this engine does not own the symbol's partition; then nothing has changed. Once it resolves, a
   * start finds the symbol here; when it rejects otherwise (a snapshot cannot be written), it may be called again.
   */
  async restoreOrderBook(symbol: string, data: Uint8Array): Promise<void> {
    const snapshot = unsealSnapshot(Buffer.from(data).toString());
    const engine = this.#ownerOf(symbol);
    if (engine === undefined) throw new SnapshotError(`No partition of this engine holds ${symbol}.`);
    if (snapshot.symbol !== symbol) throw new SnapshotError(`The snapshot is of ${snapshot.symbol}, not of ${symbol}.`);
    if (snapshot.topic !== this.#deps.topics.orders || snapshot.partition !== engine.partition) {
      throw new SnapshotError(`The snapshot is of ${snapshot.topic}/${snapshot.partition}.`);
    }
    await engine.restore(snapshot);
    // Until a manifest says that it is here, a start would pass its records over.
    for (const tier of TIERS) await this.#save(tier);
  }

  /** Gives a symbol up, so that another engine may hold it: its records are passed over here until it is restored. */
  async removeOrderBook(symbol: string): Promise<boolean> {
    const engine = this.#ownerOf(symbol);
    if (engine === undefined) return false;
    await engine.flush();
    const existed = engine.remove(symbol);
    await this.#snapshots.forget(symbol);
    return existed;
  }

  /** The best `levels` of a symbol's book as it stands now; undefined for a symbol this engine does not hold. */
  depth(symbol: string, levels: number): BookDepth | undefined {
    const engine = this.#ownerOf(symbol)?.shard.symbol(symbol);
    if (engine === undefined) return undefined;
    const { book, seq, state } = engine;
    return { bids: book.depth(BUY, levels), asks: book.depth(SELL, levels), seq, timestamp: state.lastTimestamp };
  }

  /** This engine as its operators see it: its shards with the next offset they read, and the symbols it holds. */
  async describe(): Promise<{ partition: number; offset: number; lag: number; symbols: string[] }[]> {
    const { stream, topics } = this.#deps;
    const shards = [...this.#owned.values()].map(async ({ engine: { partition, applied, shard } }) => {
      const { end } = await stream.bounds(topics.orders, partition);
      return { partition, offset: applied + 1, lag: Math.max(0, end - applied - 1), symbols: shard.symbols() };
    });
    return Promise.all(shards);
  }

  #ownerOf(symbol: string): PartitionEngine | undefined {
    return this.#owned.get(this.#deps.stream.partitionOf(this.#deps.topics.orders, symbol))?.engine;
  }
}
