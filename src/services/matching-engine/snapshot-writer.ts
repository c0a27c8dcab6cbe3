import { setImmediate } from 'node:timers/promises';
import type { EngineMetrics } from './engine-metrics.ts';
import type { PartitionEngine } from './partition-engine.ts';
import type { Manifest, SealedSnapshot, SnapshotStore, Tier } from './snapshot-store.ts';

/** Symbols that are written together: what is held in memory at a time. */
const CHUNK_SYMBOLS = 16;

/**
 * Writes the snapshots of one partition to one tier, a round at a time: first the symbols that have changed, then the
 * manifest that makes them count. A crash in between leaves the round before in force.
 */
export class SnapshotWriter {
  readonly #engine: PartitionEngine;
  readonly #tier: Tier;
  readonly #store: SnapshotStore;
  readonly #metrics: EngineMetrics;
  readonly #topic: string;
  /** What the tier holds, by symbol. */
  readonly #saved = new Map<string, { offset: number; published: number }>();
  #manifestOffset: number | undefined;
  /** The symbols that the newest manifest tells to pass over. */
  #removedText = '{}';
  #round: Promise<void> = Promise.resolve();

  constructor(init: {
    engine: PartitionEngine;
    tier: Tier;
    store: SnapshotStore;
    metrics: EngineMetrics;
    topic: string;
  }) {
    this.#engine = init.engine;
    this.#tier = init.tier;
    this.#store = init.store;
    this.#metrics = init.metrics;
    this.#topic = init.topic;
  }

  /** Up to which offset the newest round reaches; undefined before the first. */
  get offset(): number | undefined {
    return this.#manifestOffset;
  }

  /** One round, after the one at hand if there is one. Rejects when a tier or the fills stream cannot be written. */
  save(): Promise<void> {
    const round = this.#round.then(() => this.#save());
    this.#round = round.catch(() => {});
    return round;
  }

  async #save(): Promise<void> {
    const engine = this.#engine;
    if (engine.failed !== undefined) return;
    const { applied } = engine;
    if (applied < 0) return;
    const fills = engine.fills.next;
    const deadLetters = engine.deadLetters.next;
    const { removed } = engine;
    for (const symbol of Object.keys(removed)) this.#saved.delete(symbol);
    const changed = engine.shard.symbols().filter((symbol) => this.#isChanged(symbol));
    const removedText = JSON.stringify(removed);
    if (changed.length === 0 && this.#manifestOffset !== undefined && removedText === this.#removedText) return;
    for (let from = 0; from < changed.length; from += CHUNK_SYMBOLS) {
      await this.#saveSymbols(changed.slice(from, from + CHUNK_SYMBOLS));
    }
    // One was given up meanwhile, or put in another state: a manifest of now would call its older snapshot complete.
    if (changed.some((symbol) => (this.#saved.get(symbol)?.offset ?? -1) < applied)) return this.#save();
    await engine.flush();
    const manifest: Manifest = {
      v: 1,
      kind: 'snapshot-manifest',
      topic: this.#topic,
      partition: engine.partition,
      offset: applied,
      symbols: Object.fromEntries([...this.#saved].sort(([a], [b]) => (a < b ? -1 : 1))),
      removed,
      fills,
      dead_letters: deadLetters,
    };
    await this.#store.saveManifest(this.#tier, manifest);
    this.#manifestOffset = applied;
    this.#removedText = removedText;
    this.#metrics.snapshot(engine.partition, this.#tier, applied);
  }

  #isChanged(symbol: string): boolean {
    const saved = this.#saved.get(symbol);
    return saved === undefined || (this.#engine.changedAt(symbol) ?? -1) > saved.offset;
  }

  async #saveSymbols(symbols: readonly string[]): Promise<void> {
    const snapshots: SealedSnapshot[] = [];
    for (const symbol of symbols) {
      // Each symbol has its own offset: what is ready to run, records among it, goes between one and the next.
      await setImmediate();
      const snapshot = await this.#engine.snapshot(symbol);
      if (snapshot !== undefined) snapshots.push(snapshot);
    }
    // The events that led to a snapshot are durable before it can be found: a start from it never makes them again.
    await this.#engine.flush();
    await this.#store.save(this.#tier, snapshots);
    for (const { symbol, offset, published } of snapshots) this.#saved.set(symbol, { offset, published });
  }
}
