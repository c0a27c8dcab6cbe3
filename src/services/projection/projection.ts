import { LedgerInvariantError } from '../../ledger/invariant.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Log } from '../../ports/log.ts';
import type { Counter, Gauge, Histogram, Metrics } from '../../ports/metrics.ts';
import type { ConsumerBatch, ConsumerName } from '../../ports/store.ts';
import type { Stream, StreamRecord, StreamSubscription } from '../../ports/stream.ts';
import { setAside } from './dead-letters.ts';
import { PoisonError } from './decode.ts';

export interface ProjectionDeps {
  stream: Stream;
  /** Names of streams. */
  deadLetters: string;
  log: Log;
  metrics: Metrics;
  clock: Clock;
}

/** How one stream becomes one part of the store. */
export interface ProjectionRules<T, R> {
  consumer: ConsumerName;
  topic: string;
  decode(value: Uint8Array): T;
  /** What belongs together: after a record that breaks an invariant the rest of its lane cannot be applied, other lanes can. */
  laneOf(item: T): string;
  position(partition: number): Promise<number>;
  /**
   * After a small batch the next one may gather for so long (ms): under load a transaction's fixed cost is shared by more
   * records, and the first record after a pause is applied at once.
   */
  gatherMs: number;
  /** One effect for each item, however often it comes; stores the position with it. */
  apply(batch: ConsumerBatch<T>): Promise<R>;
  /** Told what became of a batch once it is stored. */
  applied?(result: R): void;
}

const MAX_RECORDS = 1_000;
/** A batch of this many records has shared the cost of its transaction well enough. */
const WELL_FILLED = 200;
const SECONDS = [0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5];

/**
 * A consumer that keeps a part of the store in step with a stream, on its own and at its own pace. Its position is stored with
 * the effect, so a crash at any moment repeats nothing and loses nothing. Storage that fails is tried again for ever (the stream
 * delivers the same records again); a record that can never be applied goes to the dead-letter stream with its reason. One that
 * breaks an invariant stops its lane (a symbol) until the store is rebuilt, loudly, and no other.
 */
export class Projection<T, R> {
  readonly #deps: ProjectionDeps;
  readonly #rules: ProjectionRules<T, R>;
  readonly #stopped = new Map<string, string>();
  readonly #applySeconds: Histogram;
  readonly #items: Counter;
  readonly #poison: Counter;
  readonly #stoppedLanes: Gauge;
  #subscription: StreamSubscription | undefined;

  constructor(deps: ProjectionDeps, rules: ProjectionRules<T, R>) {
    this.#deps = deps;
    this.#rules = rules;
    const labels = ['consumer'];
    const { metrics } = deps;
    this.#applySeconds = metrics.histogram(
      'supernoba_consumer_apply_seconds',
      'Time to apply one batch of stream records to the store',
      SECONDS,
      labels,
    );
    this.#items = metrics.counter('supernoba_consumer_records_total', 'Stream records applied to the store', labels);
    this.#poison = metrics.counter('supernoba_consumer_dead_letters_total', 'Stream records set aside', labels);
    this.#stoppedLanes = metrics.gauge(
      'supernoba_consumer_stopped_lanes',
      'Symbols or accounts whose records cannot be applied until the store is rebuilt',
      labels,
    );
  }

  async start(): Promise<void> {
    const { consumer, topic } = this.#rules;
    this.#subscription = await this.#deps.stream.consume({
      topic,
      group: consumer,
      maxRecords: MAX_RECORDS,
      position: (partition) => this.#rules.position(partition),
      onBatch: (partition, records) => this.#onBatch(partition, records),
    });
  }

  /** Finishes the batch at hand. */
  async stop(): Promise<void> {
    await this.#subscription?.close();
    this.#subscription = undefined;
  }

  /** Durable records that are not applied yet. */
  async lag(): Promise<number> {
    return (await this.#subscription?.lag()) ?? 0;
  }

  /** Lanes that are stopped, with the reason. Not empty means: rebuild the store. */
  get stopped(): ReadonlyMap<string, string> {
    return this.#stopped;
  }

  async #onBatch(partition: number, records: readonly StreamRecord[]): Promise<void> {
    const last = records.at(-1);
    if (last === undefined) return;
    const started = this.#deps.clock.monotonic();
    const { items, sources, poison } = this.#decode(records);
    if (poison.length > 0) await this.#setAside(poison);
    const batch = { topic: this.#rules.topic, partition, next_offset: last.offset + 1, items };
    try {
      await this.#apply(batch);
    } catch (error) {
      if (!(error instanceof LedgerInvariantError)) throw error;
      await this.#applyByLane(batch, sources, error);
    }
    const labels = { consumer: this.#rules.consumer };
    this.#applySeconds.observe((this.#deps.clock.monotonic() - started) / 1_000, labels);
    this.#items.add(items.length, labels);
    if (records.length < WELL_FILLED) await this.#deps.clock.sleep(this.#rules.gatherMs);
  }

  async #apply(batch: ConsumerBatch<T>): Promise<void> {
    const result = await this.#rules.apply(batch);
    if (batch.items.length > 0) this.#rules.applied?.(result);
  }

  #decode(records: readonly StreamRecord[]) {
    const items: T[] = [];
    const sources: StreamRecord[] = [];
    const poison: { record: StreamRecord; reason: string }[] = [];
    for (const record of records) {
      try {
        const item = this.#rules.decode(record.value);
        if (this.#stopped.size > 0 && this.#stopped.has(this.#rules.laneOf(item))) continue;
        items.push(item);
        sources.push(record);
      } catch (error) {
        if (!(error instanceof PoisonError)) throw error;
        poison.push({ record, reason: error.message });
      }
    }
    return { items, sources, poison };
  }

  /** Some lane is broken: each is tried by itself, and the position moves when all have been. */
  async #applyByLane(batch: ConsumerBatch<T>, sources: readonly StreamRecord[], cause: Error): Promise<void> {
    const lanes = Map.groupBy(batch.items, (item) => this.#rules.laneOf(item));
    const before = { topic: batch.topic, partition: batch.partition, next_offset: sources[0]?.offset ?? 0 };
    this.#deps.log.error(
      { err: cause, consumer: this.#rules.consumer },
      'a batch breaks an invariant; trying each lane',
    );
    for (const [lane, items] of lanes) {
      try {
        await this.#apply({ ...before, items });
      } catch (error) {
        if (!(error instanceof LedgerInvariantError)) throw error;
        const record = sources[batch.items.indexOf(items[0]!)]!;
        await this.#setAside([{ record, reason: `${lane} is stopped: ${error.message}` }]);
        this.#stopped.set(lane, error.message);
        this.#stoppedLanes.set(this.#stopped.size, { consumer: this.#rules.consumer });
      }
    }
    await this.#rules.apply({ ...batch, items: [] });
  }

  async #setAside(poison: readonly { record: StreamRecord; reason: string }[]): Promise<void> {
    const { consumer, topic } = this.#rules;
    const [first] = poison;
    this.#deps.log.error({ consumer, topic, records: poison.length, reason: first?.reason }, 'records are set aside');
    await setAside(this.#deps, { topic, consumer }, poison);
    this.#poison.add(poison.length, { consumer });
  }
}
