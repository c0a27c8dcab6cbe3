import type { EngineEvent } from '../../src/domain/events.ts';
import { PARTITIONS, DEFAULT_TOPICS as TOPICS } from '../../src/domain/topics.ts';
import type { StreamAppend } from '../../src/ports/stream.ts';
import type { SimulatedExchange } from './exchange.ts';
import type { LogCopy } from './log-copy.ts';
import type { Machine } from './machine.ts';

/** A request `cancel_on_disconnect`; times here are milliseconds of the virtual clock. */
interface Wish {
  /** Null turns it off. */
  afterMs: number | null;
  askedAt: number;
  /** When the answer was heard: until then it may be in force or not. */
  heardAt?: number;
}

/** A connection of a user, from its beginning until it was lost. */
export interface Line {
  userId: string;
  life: number;
  wishes: Wish[];
  cut?: Cut;
}

interface Cut {
  at: number;
  /** The exchange went on: what it does itself, stop or crash, is no disconnect. */
  isDisconnect: boolean;
  /** Where the streams ended: the orders when the connection was lost, the events when the orders had to be on their way out. */
  seen?: { orders: number[]; fills: number[] };
  /** Its orders have been cancelled. */
  isDone?: boolean;
}

/** An attempt to cancel all orders of a user, in the symbols that it names. */
interface Attempt {
  userId: string;
  requestId: string;
  symbols: Set<string>;
  life: number;
  at: number;
  /** It was taken, and the exchange knows: it does not try again. */
  isAnswered: boolean;
}

/** An attempt begins so soon after the grace, unless the store or the cache have just failed. */
const PROMPT_MS = 100;
/** So long after the grace it may still be called off: the cache is asked first. */
const CALLED_OFF_MS = 30;
/** One that follows others that failed comes so late at most. */
const LATE_MS = 10_000;
/** What two timers of one moment may be apart. */
const TOLERANCE_MS = 0.01;

/**
 * Cancel on disconnect, from outside: what clients asked for and were answered, when their connections were lost, and what
 * the exchange has put into the orders stream since. The users whom it watches never cancel all of their orders themselves.
 */
export class Disconnects {
  readonly #machine: Machine;
  readonly #users = new Set<string>();
  readonly #lines: Line[] = [];
  readonly #attempts: Attempt[] = [];

  constructor(machine: Machine) {
    this.#machine = machine;
  }

  watch(userId: string): void {
    this.#users.add(userId);
  }

  isWatched(userId: string): boolean {
    return this.#users.has(userId);
  }

  opened(userId: string): Line {
    const line: Line = { userId, life: this.#machine.life?.number ?? 0, wishes: [] };
    this.#lines.push(line);
    return line;
  }

  /** @param isThere whether the exchange that it was connected to has neither ended nor begun to stop */
  lost(line: Line, exchange: SimulatedExchange, isThere: () => boolean): void {
    const { clock } = this.#machine;
    const cut: Cut = { at: clock.monotonic(), isDisconnect: isThere() };
    line.cut = cut;
    const afterMs = graceOf(line);
    if (!cut.isDisconnect || afterMs === undefined) return;
    const failures = this.#machine.callsFailed;
    const orders = ends(exchange, 'orders');
    clock.setTimeout(async () => {
      if (!isThere() || this.#machine.callsFailed !== failures) return;
      cut.seen = { orders: await orders, fills: await ends(exchange, 'fills') };
    }, afterMs + PROMPT_MS);
  }

  /** A life that lives tries to append to the orders stream. @returns what to call when it is answered */
  tried(records: readonly Pick<StreamAppend, 'value'>[], life: number): () => void {
    if (this.#users.size === 0) return () => {};
    const attempts = new Map<string, Attempt>();
    for (const { value } of records) {
      const text = Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString();
      if (!text.includes('"action":"MASS_CANCEL"')) continue;
      const record: { user_id: string; request_id: string; symbol: string } = JSON.parse(text);
      if (!this.#users.has(record.user_id)) continue;
      const known = attempts.get(record.request_id);
      if (known !== undefined) known.symbols.add(record.symbol);
      else
        attempts.set(record.request_id, {
          ...{ userId: record.user_id, requestId: record.request_id, symbols: new Set([record.symbol]) },
          ...{ life, at: this.#machine.clock.monotonic(), isAnswered: false },
        });
    }
    this.#attempts.push(...attempts.values());
    return () => {
      for (const attempt of attempts.values()) attempt.isAnswered = true;
    };
  }

  /** Nobody's orders are cancelled without a connection that was lost, and after each that was lost they are. */
  faults(log: LogCopy): string[] {
    if (this.#lines.length === 0 && this.#attempts.length === 0) return [];
    const missing = new OpenOrders(log);
    return [
      ...this.#attempts.flatMap((attempt) => this.#unasked(attempt)),
      ...this.#lines.flatMap((line) => this.#undone(line, missing)),
    ];
  }

  /** The newest loss that an attempt may come from, each good for one that is answered. */
  #unasked(attempt: Attempt): string[] {
    const { userId, at, life } = attempt;
    const because = this.#lines
      .filter((line) => line.userId === userId && line.life === life && this.#explains(line, at))
      .sort((a, b) => dueOf(b) - dueOf(a))[0];
    if (because?.cut === undefined) {
      return [`disconnect: the orders of ${userId} are cancelled at ${at.toFixed(2)} in life ${life}, for no reason`];
    }
    because.cut.isDone = attempt.isAnswered;
    return [];
  }

  #explains(line: Line, at: number): boolean {
    const { cut } = line;
    if (cut === undefined || !cut.isDisconnect || cut.isDone) return false;
    const due = dueOf(line);
    return at >= due - TOLERANCE_MS && at <= due + LATE_MS && !this.#rivals(line).some((rival) => rival.surely);
  }

  /** Orders that stood in the log when the connection was lost, and that nobody has cancelled since. */
  #undone(line: Line, orders: OpenOrders): string[] {
    const { userId, life, cut } = line;
    if (cut?.seen === undefined || this.#rivals(line).length > 0) return [];
    const due = dueOf(line);
    const cancelled = new Set(
      this.#attempts
        .filter((attempt) => attempt.userId === userId && attempt.life === life)
        .filter(({ at }) => at >= due - TOLERANCE_MS && at <= due + PROMPT_MS + TOLERANCE_MS)
        .flatMap(({ symbols }) => [...symbols]),
    );
    const left = orders.of(userId, cut.seen).find(({ symbol }) => !cancelled.has(symbol));
    if (left === undefined) return [];
    return [`disconnect: order ${left.order_id} of ${userId}, lost at ${cut.at.toFixed(2)}, is not cancelled`];
  }

  /** Wishes on other connections of the user that take its place, or may: the newer one counts, and it must come in time. */
  #rivals(line: Line): { surely: boolean }[] {
    const [wish, due] = [wishOf(line), dueOf(line)];
    if (wish === undefined) return [];
    return this.#lines
      .filter((other) => other !== line && other.userId === line.userId && other.life === line.life)
      .flatMap((other) => other.wishes)
      .filter(
        ({ askedAt, heardAt }) => askedAt < due + CALLED_OFF_MS && !(heardAt !== undefined && heardAt < wish.askedAt),
      )
      .map(({ askedAt, heardAt }) => ({
        surely: wish.heardAt !== undefined && askedAt > wish.heardAt && heardAt !== undefined && heardAt < due,
      }));
  }
}

/** The newest wish that may be in force. */
function wishOf({ wishes }: Line): Wish | undefined {
  const newest = wishes.at(-1);
  return newest === undefined || (newest.afterMs === null && newest.heardAt !== undefined)
    ? undefined
    : wishes.findLast(({ afterMs }) => afterMs !== null);
}

/** The grace, where it is sure: the client has heard it, and has asked for nothing else since. */
function graceOf({ wishes }: Line): number | undefined {
  const newest = wishes.at(-1);
  return newest?.heardAt === undefined ? undefined : (newest.afterMs ?? undefined);
}

/** When the orders are to be cancelled; never, where nobody asked. */
function dueOf(line: Line): number {
  const wish = wishOf(line);
  return line.cut === undefined || wish === undefined ? Number.POSITIVE_INFINITY : line.cut.at + (wish.afterMs ?? 0);
}

function ends({ stream }: SimulatedExchange, role: 'orders' | 'fills'): Promise<number[]> {
  return Promise.all(
    Array.from({ length: PARTITIONS[role] }, async (_, partition) => {
      const { end } = await stream.bounds(TOPICS[role], partition);
      return end;
    }),
  );
}

/** Which orders of a user stood in the log up to one place, and had no end in it up to another. */
class OpenOrders {
  readonly #log: LogCopy;

  constructor(log: LogCopy) {
    this.#log = log;
  }

  of(userId: string, { orders, fills }: { orders: number[]; fills: number[] }): { order_id: string; symbol: string }[] {
    const ended = new Set<string>();
    for (const [partition, events] of this.#log.eventsIn.entries())
      for (const event of events.slice(0, fills[partition])) for (const id of endedBy(event)) ended.add(id);
    return this.#log.ordersIn.flatMap((records, partition) =>
      records
        .slice(0, orders[partition])
        .filter((record) => record.action === 'ADD' && record.user_id === userId && !ended.has(record.order_id))
        .map((record) => ({ order_id: 'order_id' in record ? record.order_id : '', symbol: record.symbol })),
    );
  }
}

function endedBy(event: EngineEvent): string[] {
  if (event.event === 'FILL')
    return [event.buyer, event.seller].flatMap(({ order_id, fully_filled }) => (fully_filled ? [order_id] : []));
  const isEnd = event.event === 'CANCELLED' || event.event === 'EXPIRED' || event.event === 'REJECTED';
  return isEnd ? [event.order_id] : [];
}
