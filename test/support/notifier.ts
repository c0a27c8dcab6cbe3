import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FolderArchive } from '../../src/adapters/archive/folder/folder-archive.ts';
import { SystemChance, SystemClock } from '../../src/adapters/clock/system.ts';
import { PrometheusMetrics } from '../../src/adapters/metrics/prometheus.ts';
import { EmbeddedStream } from '../../src/adapters/stream/embedded/stream.ts';
import type { EngineEvent } from '../../src/domain/events.ts';
import { DEFAULT_TOPICS } from '../../src/domain/topics.ts';
import { silentLog } from '../../src/ports/log.ts';
import type { Stream, StreamSubscription } from '../../src/ports/stream.ts';
import type { SymbolBatch } from '../../src/services/matching-engine/tap.ts';
import { startFillsFeeder } from '../../src/services/notifier/fills-feeder.ts';
import { Notifier } from '../../src/services/notifier/notifier.ts';
import { decodePrivateRecord } from '../../src/services/notifier/private-record.ts';

/** A told message as tests compare it. */
export interface Told {
  user: string;
  useq: number;
  symbol: string;
  seq: number;
  order: string;
}

/** A notifier on a real log in a temporary folder, which can be killed and started again. */
export class NotifierUnderTest {
  readonly folder: string;
  readonly clock = new SystemClock();
  stream!: EmbeddedStream;
  notifier!: Notifier;
  readonly metrics = new PrometheusMetrics();
  pushed: Told[] = [];
  #feeder: StreamSubscription | undefined;
  #life = { over: false };
  /** Stands between notifier and log, to make appends fail. */
  between: (stream: Stream) => Stream = (stream) => stream;

  static async make(): Promise<NotifierUnderTest> {
    const t = new NotifierUnderTest(await mkdtemp(join(tmpdir(), 'notifier-')));
    await t.start();
    return t;
  }

  private constructor(folder: string) {
    this.folder = folder;
  }

  async start(options: { feeder?: boolean } = {}): Promise<void> {
    const { clock } = this;
    this.stream = await EmbeddedStream.open({
      folder: join(this.folder, 'log'),
      clock,
      chance: new SystemChance(clock),
    });
    await this.stream.ensureTopic(DEFAULT_TOPICS.fills, { partitions: 2 });
    await this.#open(options);
  }

  /** What a killed process leaves: nothing flushed, no checkpoint, its memory gone. */
  async crash(options: { feeder?: boolean } = {}): Promise<void> {
    const old = this.notifier;
    this.notifier = undefined as never;
    await this.#feeder?.close();
    this.#life.over = true;
    await this.stream.close();
    void old.close();
    await this.start(options);
  }

  async end(): Promise<void> {
    await this.#feeder?.close();
    await this.notifier.close();
    await this.stream.close();
    await rm(this.folder, { recursive: true, force: true });
  }

  /** Everything in the private stream, in order. */
  async told(): Promise<Told[]> {
    const told: Told[] = [];
    for (let offset = 0; ; ) {
      const records = await this.stream.read(DEFAULT_TOPICS.private, 0, offset, 500);
      if (records.length === 0) return told;
      for (const record of records) {
        offset = record.offset + 1;
        for (const { user, useq, messages } of decodePrivateRecord(record.value).users) {
          for (const [i, { data }] of messages.entries()) {
            if (data.useq !== useq + i) throw new Error(`entry of ${user} is not consecutive`);
            told.push({ user, useq: data.useq, symbol: data.symbol, seq: data.seq, order: data.order_id });
          }
        }
      }
    }
  }

  async publish(events: readonly EngineEvent[]): Promise<void> {
    const records = events.map((event) => ({ key: event.symbol, value: Buffer.from(JSON.stringify(event)) }));
    if (records.length > 0) await this.stream.append(DEFAULT_TOPICS.fills, records);
  }

  async #open({ feeder = true }: { feeder?: boolean }): Promise<void> {
    const stream = this.between(this.stream);
    const pushed: Told[] = [];
    this.pushed = pushed;
    const archive = await FolderArchive.open(join(this.folder, 'archive'));
    const life = { over: false };
    this.#life = life;
    this.notifier = await Notifier.open({
      stream,
      topics: DEFAULT_TOPICS,
      archive: {
        get: (key) => archive.get(key),
        list: (prefix) => archive.list(prefix),
        delete: (key) => archive.delete(key),
        // The dead write no checkpoints.
        put: async (key, value) => (life.over ? undefined : archive.put(key, value)),
      },
      push: {
        toUser(user, texts, firstUseq) {
          for (const [i, text] of texts.entries()) {
            const { data } = JSON.parse(text);
            if (data.useq !== firstUseq + i) throw new Error('pushed under a wrong number');
            pushed.push({ user, useq: data.useq, symbol: data.symbol, seq: data.seq, order: data.order_id });
          }
          return true;
        },
      },
      clock: this.clock,
      log: silentLog,
      metrics: this.metrics,
    });
    this.#feeder = feeder
      ? await startFillsFeeder({ stream, topic: DEFAULT_TOPICS.fills, notifier: this.notifier, log: silentLog })
      : undefined;
  }
}

/** A batch as the engine tells it; depth plays no part here. */
export function batchOf(events: readonly EngineEvent[]): SymbolBatch[] {
  const bySymbol = Map.groupBy(events, (event) => event.symbol);
  return [...bySymbol].map(([symbol, own]) => ({
    symbol,
    instrument: undefined as never,
    events: own,
    seq: own.at(-1)!.seq,
    bids: [],
    asks: [],
    timestamp: 0,
  }));
}

export function accepted(symbol: string, seq: number, user: string): EngineEvent {
  return {
    v: 1,
    event: 'ACCEPTED',
    symbol,
    seq,
    timestamp: seq,
    order_id: `${symbol}-o${seq}`,
    user_id: user,
    side: 'BUY',
    order_type: 'LIMIT',
    time_in_force: 'GTC',
    price: 100,
    quantity: 10,
    filled_qty: 0,
    remaining_qty: 10,
  };
}

export function fill(symbol: string, seq: number, buyer: string, seller: string): EngineEvent {
  const party = { remaining_qty: 0, filled_qty: 10, fully_filled: true, fee: 0 };
  return {
    v: 1,
    event: 'FILL',
    symbol,
    seq,
    timestamp: seq,
    trade_id: `${symbol}-${seq}`,
    price: 100,
    quantity: 10,
    amount: 1_000,
    taker_side: 'BUY',
    buyer: { order_id: `${symbol}-b${seq}`, user_id: buyer, ...party },
    seller: { order_id: `${symbol}-s${seq}`, user_id: seller, ...party },
  };
}
