import type { EngineEvent } from '../../domain/events.ts';
import { PARTITIONS, RETENTION_MS, type Topics } from '../../domain/topics.ts';
import type { Archive } from '../../ports/archive.ts';
import type { Clock, Timer } from '../../ports/clock.ts';
import type { Log } from '../../ports/log.ts';
import type { Counter, Gauge, Histogram, Metrics } from '../../ports/metrics.ts';
import type { Push } from '../../ports/push.ts';
import type { Stream } from '../../ports/stream.ts';
import type { EngineTap, SymbolBatch } from '../matching-engine/tap.ts';
import { appendOnce } from './append-once.ts';
import { type CheckpointOrigin, CheckpointWriter } from './checkpoint.ts';
import type { Lines } from './lines.ts';
import { type Chunk, Outbox } from './outbox.ts';
import { PrivateReader } from './reader.ts';
import { RecentMessages } from './recent.ts';
import { recoverLines } from './recovery.ts';

const CLOSE_PATIENCE_MS = 3_000;
const CHECKPOINT_EVERY_MS = 10_000;
/** Messages that may wait for the stream. Past it the engine's word is not taken; the fills stream tells it again later. */
const WAITING_MAX = 50_000;
const RECENT_MAX = 100_000;
const SECONDS = [0.0005, 0.001, 0.002, 0.003, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1, 5];

export interface NotifierDeps {
  stream: Stream;
  topics: Pick<Topics, 'private' | 'fills'>;
  archive: Archive;
  push: Push;
  clock: Clock;
  log: Log;
  metrics: Metrics;
}

/**
 * Turns engine events into private messages: numbers them per user without a gap, makes the numbers durable, then pushes.
 * It is told events twice, by the engine as it matches and by the fills stream (`FillsFeeder`), and takes each once, by
 * `(symbol, seq)`. An event that is not the next of its symbol is left to the stream, which tells all of them in order.
 */
export class Notifier extends PrivateReader implements EngineTap {
  readonly #deps: NotifierDeps;
  readonly #lines: Lines;
  readonly #outbox: Outbox;
  readonly #recent: RecentMessages;
  readonly #checkpoints: CheckpointWriter;
  readonly #fillsPositions: Map<number, number>;
  readonly #checkpointTimer: Timer;
  readonly #stop = new AbortController();
  readonly #told: Histogram;
  readonly #messages: Counter;
  readonly #refused: Counter;
  readonly #waiting: Gauge;
  #draining: Promise<void> | undefined;
  #checkpointing: Promise<void> = Promise.resolve();
  /** The private stream accepts appends; false while one is being retried. */
  #healthy = true;

  /** Recovers the number lines and is ready to be told events. Needs the private topic's history (see recovery.ts). */
  static async open(deps: NotifierDeps): Promise<Notifier> {
    await deps.stream.ensureTopic(deps.topics.private, { partitions: PARTITIONS.private, retentionMs: RETENTION_MS });
    const recent = new RecentMessages(RECENT_MAX);
    const recovered = await recoverLines(deps, recent);
    return new Notifier(deps, recent, recovered);
  }

  private constructor(
    deps: NotifierDeps,
    recent: RecentMessages,
    { lines, fills, origin }: { lines: Lines; fills: Map<number, number>; origin: CheckpointOrigin },
  ) {
    super({ stream: deps.stream, topic: deps.topics.private, lines, recent });
    this.#deps = deps;
    this.#lines = lines;
    this.#recent = recent;
    this.#outbox = new Outbox(lines);
    this.#checkpoints = new CheckpointWriter(deps.archive, deps.clock, origin);
    this.#fillsPositions = fills;
    const { metrics } = deps;
    this.#told = metrics.histogram('notifier_push_seconds', 'From the engine telling an event to its push.', SECONDS);
    this.#messages = metrics.counter('notifier_messages_total', 'Private messages pushed.');
    this.#refused = metrics.counter('notifier_left_to_stream_total', 'Events left to the fills stream.', ['reason']);
    this.#waiting = metrics.gauge('notifier_waiting', 'Private messages that wait for the stream.');
    this.#checkpointTimer = deps.clock.setInterval(() => void this.checkpoint(), CHECKPOINT_EVERY_MS);
  }

  /** False while the private stream refuses appends: messages wait in order and nothing is lost. */
  get healthy(): boolean {
    return this.#healthy;
  }

  /** Messages that are told but not durable yet. */
  get waiting(): number {
    return this.#outbox.size;
  }

  /** The engine's word, straight after each batch. */
  onBatch(batch: readonly SymbolBatch[]): void {
    const toldAt = this.#deps.clock.monotonic();
    for (const { events } of batch) {
      for (const event of events) {
        const next = (this.#lines.assignedSeqs.get(event.symbol) ?? 0) + 1;
        if (event.seq < next) continue;
        if (event.seq > next) this.#refused.add(1, { reason: 'gap' });
        else if (this.#outbox.size >= WAITING_MAX) this.#refused.add(1, { reason: 'full' });
        else this.#outbox.add(event, toldAt);
      }
    }
    this.#drain();
  }

  /**
   * Events of the fills stream, each symbol's in order. Resolves when their messages are durable. A gap here cannot be
   * filled by anybody (retention took what was missing), so the line goes on behind it.
   */
  async onStream(events: readonly EngineEvent[]): Promise<void> {
    const toldAt = this.#deps.clock.monotonic();
    for (const event of events) {
      const next = (this.#lines.assignedSeqs.get(event.symbol) ?? 0) + 1;
      if (event.seq < next) continue;
      if (event.seq > next) {
        const { symbol, seq } = event;
        this.#deps.log.error({ symbol, missing_from: next, seq }, 'events missing in the fills stream were never told');
      }
      this.#outbox.add(event, toldAt);
    }
    this.#drain();
    await this.#draining;
    this.#stop.signal.throwIfAborted();
  }

  /** The last seq of a symbol whose messages have their numbers: what the feeder need not read again. */
  knownSeq(symbol: string): number {
    return this.#lines.assignedSeqs.get(symbol) ?? 0;
  }

  /** Where the feeder stands in a partition of the fills stream; it also tells, once the messages up to there are durable. */
  fillsPosition(partition: number): number | undefined {
    return this.#fillsPositions.get(partition);
  }

  fillsDone(partition: number, nextOffset: number): void {
    this.#fillsPositions.set(partition, nextOffset);
  }

  /** The private stream is needed from this offset on, however old it is: retention must not pass the checkpoint. */
  get neededFrom(): number {
    return this.#checkpoints.neededFrom;
  }

  /** Resolves when everything told so far is durable and pushed. */
  async settled(): Promise<void> {
    while (this.#draining) await this.#draining;
  }

  /** Writes a checkpoint if anything changed; a failure is logged and tried again with the next. */
  checkpoint(): Promise<void> {
    this.#checkpointing = this.#checkpointing
      .then(() => this.#checkpoints.write(this.#lines, this.#fillsPositions))
      .catch((error) => this.#deps.log.warn({ error: String(error) }, 'the notifier checkpoint was not written'));
    return this.#checkpointing;
  }

  /** Finishes what is queued (a stream that refuses it is given a moment), writes a checkpoint and stops. */
  async close(): Promise<void> {
    this.#checkpointTimer.cancel();
    const patience = this.#deps.clock.setTimeout(() => this.#stop.abort(), CLOSE_PATIENCE_MS);
    await this.settled();
    patience.cancel();
    this.#stop.abort();
    await this.checkpoint();
  }

  #drain(): void {
    if (this.#draining || this.#outbox.empty) return;
    this.#draining = this.#appendAll();
  }

  /** One append at a time, so that `prev` is always known and a retry keeps the order; what comes meanwhile shares the next. */
  async #appendAll(): Promise<void> {
    try {
      let isDurable = true;
      while (isDurable && !this.#outbox.empty) isDurable = await this.#appendNext();
    } finally {
      // Not a moment later: what is told between the last look at the queue and this line would wait for the next word.
      this.#draining = undefined;
    }
  }

  /** False when a stop came before the messages were durable. */
  async #appendNext(): Promise<boolean> {
    const { stream, topics, clock, log } = this.#deps;
    const chunk = this.#outbox.take();
    this.#waiting.set(this.#outbox.size);
    const offset = await appendOnce(
      { stream, topic: topics.private, clock, log, signal: this.#stop.signal },
      chunk.bytes,
      {
        from: this.#lines.end,
        onHealth: (healthy) => {
          this.#healthy = healthy;
        },
      },
    );
    if (offset === undefined) return false;
    this.#tell(chunk, offset);
    return true;
  }

  #tell(chunk: Chunk, offset: number): void {
    this.#lines.end = offset + 1;
    this.#outbox.size -= chunk.messages;
    this.#waiting.set(this.#outbox.size);
    for (const [symbol, seq] of chunk.seqs) this.#lines.durableSeqs.set(symbol, seq);
    for (const { user, useq, texts } of chunk.entries) {
      const line = this.#lines.user(user);
      line.durable = useq + texts.length - 1;
      line.last = offset;
      this.#recent.add(user, useq, texts);
      this.#deps.push.toUser(user, texts, useq);
    }
    this.#messages.add(chunk.messages);
    const seconds = (this.#deps.clock.monotonic() - chunk.toldAt) / 1_000;
    this.#told.observe(seconds);
  }
}
