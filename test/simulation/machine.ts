import { type SeededChance, SimulatedClock } from '../../src/adapters/clock/simulated.ts';
import { DEFAULT_TOPICS as TOPICS } from '../../src/domain/topics.ts';
import type { Archive } from '../../src/ports/archive.ts';
import type { Store } from '../../src/ports/store.ts';
import { type Stream, type StreamAppend, StreamWriteError } from '../../src/ports/stream.ts';
import { type Fault, FaultyDisk, type Operation } from '../faults/faulty-disk.ts';
import { Disconnects } from './disconnects.ts';
import { DurableMessages } from './durable-messages.ts';
import { Life, never } from './life.ts';
import { calm, type Plan } from './plan.ts';
import { Trace } from './trace.ts';

/**
 * The machine that the exchange runs on: virtual time, a disk that forgets, and a hand that pulls the plug. It counts the
 * effects of the living process and ends it at the one that chance has chosen.
 */
export class Machine {
  readonly clock = new SimulatedClock();
  readonly disk = new FaultyDisk();
  readonly trace = new Trace();
  plan: Plan;
  life: Life | undefined;
  /** Order ids whose records an append has made durable, whatever its caller was told. */
  readonly durableOrders = new Set<string>();
  readonly durableClientOrders = new Set<string>();
  /** By partition of the orders stream: up to where a start has read for them. */
  readonly notedOrders: number[] = [];
  readonly durableMessages = new DurableMessages();
  readonly disconnects = new Disconnects(this);
  /** Calls of the store and the cache that have failed. */
  callsFailed = 0;
  /** What the parts of the machine itself have noticed. */
  readonly faults = new Set<string>();
  /** Appends and answers: while it stands, nothing gets anywhere. */
  progress = 0;
  crashes = 0;
  powerLosses = 0;
  /** Stores made again from checkpoint and log. */
  rebuilds = 0;
  /** The power has failed since the store was last made: what it holds cannot be trusted. */
  powerFailed = false;
  /** A planted bug: the log answers before its sync. */
  acknowledgesBeforeSync = false;
  readonly #chance: SeededChance;
  #lives = 0;
  #effects = 0;
  #crashAt = Number.POSITIVE_INFINITY;

  constructor(plan: Plan, chance: SeededChance) {
    this.plan = plan;
    this.#chance = chance;
    this.disk.hook = (operation) => this.#onDisk(operation);
  }

  get effects(): number {
    return this.#effects;
  }

  boot(): Life {
    this.life = new Life(++this.#lives, this.clock);
    this.trace.note(`boot ${this.life.number} @${this.clock.now()}`);
    this.#scheduleCrash();
    return this.life;
  }

  /** What stands in the log: an order may be acknowledged from now on. */
  noteOrders(records: readonly Pick<StreamAppend, 'value'>[]): void {
    for (const { value } of records) {
      const text = Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('latin1');
      if (!text.includes('"action":"ADD"')) continue;
      this.durableOrders.add(fieldOf(text, '"order_id":"') ?? '');
      const clientOrder = fieldOf(text, '"client_order_id":"');
      if (clientOrder !== undefined) this.durableClientOrders.add(clientOrder);
    }
  }

  /** No more faults from here on. */
  heal(): void {
    this.plan = calm(this.plan);
    this.#crashAt = Number.POSITIVE_INFINITY;
    this.trace.note('heal');
  }

  /** Ends the life that runs; with the power goes what was not synced. */
  crash(powerLoss: boolean): void {
    this.trace.note(`${powerLoss ? 'power loss' : 'crash'} at effect ${this.#effects} @${this.clock.now()}`);
    this.crashes++;
    this.#crashAt = Number.POSITIVE_INFINITY;
    this.life?.end();
    if (powerLoss) {
      this.powerLosses++;
      this.powerFailed = true;
      this.disk.powerLoss(() => this.#chance.random());
    } else this.disk.crash();
  }

  /** An effect of a life on the world outside: noted, perhaps the last thing before or after which the process dies. */
  async effect<T>(life: Life, name: string, delayMs: number, work: () => Promise<T> | T): Promise<T> {
    if (delayMs > 0) await this.clock.sleep(delayMs);
    if (!life.alive) return never();
    if (this.#strikes(name)) return never();
    const result = await work();
    if (!life.alive || this.#strikes(`${name} done`)) return never();
    return result;
  }

  /** A duration around a mean, with a long tail now and then. */
  spread(meanMs: number): number {
    const factor = this.#chance.chance(0.01) ? 20 : 1;
    return meanMs * factor * (0.2 + 1.6 * this.#chance.random());
  }

  chance(probability: number): boolean {
    return probability > 0 && this.#chance.chance(probability);
  }

  /** A call of the store or the cache is about to fail with it. */
  failed(error: Error): Error {
    this.callsFailed++;
    return error;
  }

  /** Records that a delivery goes back by. */
  backBy(): number {
    return this.#chance.int(0, 30);
  }

  #scheduleCrash(): void {
    if (this.crashes >= this.plan.crashes) return;
    this.#crashAt =
      this.#effects + 1 + Math.floor(-Math.log(1 - this.#chance.random()) * this.plan.effectsBetweenCrashes);
  }

  /** Notes an effect; true when the process has died of it. */
  #strikes(name: string): boolean {
    if (!this.life?.alive) return false;
    this.#effects++;
    this.trace.note(name, this.clock.monotonic());
    if (this.#effects < this.#crashAt) return false;
    this.crash(this.#chance.chance(this.plan.powerLossShare));
    return true;
  }

  async #onDisk(operation: Operation): Promise<Fault | undefined> {
    if (operation.kind === 'read') return undefined;
    if (this.#strikes(`disk ${operation.kind} ${operation.path} ${operation.bytes}`)) return undefined;
    if (operation.kind === 'sync' || operation.kind === 'sync-folder') {
      await this.clock.sleep(this.spread(this.plan.syncMs));
      return this.chance(this.plan.failedSyncs) ? { code: 'EIO' } : undefined;
    }
    const isGrowth = operation.kind === 'write' || operation.kind === 'create';
    if (!isGrowth || !this.chance(this.plan.fullDisk)) return undefined;
    return { code: 'ENOSPC', written: Math.floor(this.#chance.random() * operation.bytes) };
  }
}

const STORE_MS = 0.3;
/** Mean delay of records that are appended a second time, late. */
const LATE_MS = 20;

/** The store has done what it was asked, and could not say so. */
export class StoreBrokeError extends Error {
  constructor() {
    super('the connection to the store broke');
  }
}

/** The store as a server beside the process: every call takes time, and the process may die before or after its effect. */
export function simulatedStore(machine: Machine, life: Life, store: Store): Store {
  return new Proxy(store, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name);
      if (typeof member !== 'function' || name === 'dump')
        return typeof member === 'function' ? member.bind(target) : member;
      return async (...args: unknown[]) => {
        const what = `store ${String(name)} ${sizeOf(args)}`;
        if (machine.chance(machine.plan.failedStoreCalls)) throw machine.failed(new StoreBrokeError());
        const answer = await machine.effect(life, what, machine.spread(STORE_MS), () =>
          Reflect.apply(member, target, args),
        );
        if (machine.chance(machine.plan.lostStoreAnswers)) throw machine.failed(new StoreBrokeError());
        return answer;
      };
    },
  });
}

/** Mean time of a cut on its way to the tables. */
const CUT_MS = 3;

/** A cut of an embedded store: taken whole, or refused whole; and who took it may not be able to say so. */
export async function cutTables(machine: Machine, life: Life, apply: () => void): Promise<void> {
  if (life.number > 0 && machine.chance(machine.plan.failedStoreCalls)) throw new StoreBrokeError();
  await machine.effect(life, 'store cut', machine.spread(CUT_MS), apply);
  if (life.number > 0 && machine.chance(machine.plan.lostCuts)) throw new StoreBrokeError();
}

/** Enough of the arguments for the trace to notice a difference. */
function sizeOf(args: readonly unknown[]): string {
  return args.map(sketchOf).join(' ');
}

function sketchOf(argument: unknown): string {
  if (Array.isArray(argument)) return `[${argument.length}]`;
  if (typeof argument !== 'object' || argument === null) return String(argument);
  return Object.values(argument)
    .map((value) => (typeof value === 'object' ? sketchOf(value) : value))
    .join();
}

/** A field of an order record, read from its text: the simulation's own ids hold nothing that JSON escapes. */
function fieldOf(text: string, name: string): string | undefined {
  const at = text.indexOf(name);
  return at === -1 ? undefined : text.slice(at + name.length, text.indexOf('"', at + name.length));
}

/** The real stream, with what a network or a broker may add: appends of unknown end, refusals, batches that come twice. */
export function simulatedStream(machine: Machine, life: Life, stream: Stream): Stream {
  /** New orders once more, as the sweep of the outbox may write them; requests about orders are written once. */
  const again = async (topic: string, records: readonly StreamAppend[]) => {
    const twice = records.filter(({ value }) => Buffer.from(value).includes('"action":"ADD"'));
    if (twice.length === 0) return;
    const delayMs = machine.chance(0.5) ? machine.spread(LATE_MS) : 0;
    // Whoever asked has the first one in the log, whatever becomes of the second.
    await machine.effect(life, `append ${topic} again`, delayMs, () => stream.append(topic, twice).catch(() => {}));
  };
  return {
    ensureTopic: (topic, options) => stream.ensureTopic(topic, options),
    topics: () => stream.topics(),
    deleteTopic: (topic) => stream.deleteTopic(topic),
    read: (topic, partition, offset, max) => stream.read(topic, partition, offset, max),
    bounds: (topic, partition) => stream.bounds(topic, partition),
    partitionOf: (topic, key) => stream.partitionOf(topic, key),
    close: () => stream.close(),
    async append(topic, records) {
      const isOrders = topic === TOPICS.orders && life.alive;
      const answered = isOrders ? machine.disconnects.tried(records, life.number) : undefined;
      if (machine.chance(machine.plan.refusedAppends)) throw new StreamWriteError('refused by the simulation', false);
      const positions = await machine.effect(life, `append ${topic} ${records.length}`, 0, async () => {
        const written = await stream.append(topic, records);
        machine.noteOrders(records);
        if (topic === TOPICS.private) machine.durableMessages.note(records);
        machine.progress++;
        return written;
      });
      if (topic === TOPICS.orders && machine.chance(machine.plan.doubledRecords)) await again(topic, records);
      if (machine.chance(machine.plan.unknownAppends))
        throw new StreamWriteError('answer lost by the simulation', 'unknown');
      answered?.();
      return positions;
    },
    consume(consumer) {
      return stream.consume({
        ...consumer,
        async onBatch(partition, records) {
          if (!life.alive) return never();
          await consumer.onBatch(partition, records);
          if (!machine.chance(machine.plan.doubledBatches)) return;
          // Once more, and perhaps what came before it too: delivery is at least once.
          const { begin } = await stream.bounds(consumer.topic, partition);
          const from = Math.max(begin, records[0]!.offset - machine.backBy());
          const count = records.at(-1)!.offset + 1 - from;
          await consumer.onBatch(partition, await stream.read(consumer.topic, partition, from, count));
        },
      });
    },
  };
}

/** Snapshots and checkpoints before a start: some have rotted since they were written, some of the newest are lost. */
export async function damageArchive(
  machine: Machine,
  archive: Archive,
  folder: string,
  chance: SeededChance,
): Promise<void> {
  for (const key of await archive.list('')) {
    if (!NOT_THE_ONLY_COPY.test(key) || (machine.plan.moves && MANIFEST.test(key))) continue;
    const path = `${folder}/${key}`;
    if (machine.chance(machine.plan.staleSnapshots * 0.5) && key.startsWith('snapshots/')) machine.disk.lose(path);
    else if (machine.chance(machine.plan.damagedSnapshots)) {
      const { length } = machine.disk.contents(path);
      if (length > 0) machine.disk.damage(path, chance.int(0, length - 1), 1 << chance.int(0, 7));
    }
  }
}

/** Candles and trades in the archive are told by nobody else once the log is gone: they are not to rot. */
/** They tell which symbols are elsewhere: an older one may send a symbol away again that has come back. */
const MANIFEST = /^snapshots\/partition-/;
const NOT_THE_ONLY_COPY = /^(snapshots|notifier|checkpoints)\//;
