import type { SeededChance } from '../../src/adapters/clock/simulated.ts';
import type { DepthMessage, PrivateMessage, TradeMessage } from '../../src/domain/messages.ts';
import type { Line } from './disconnects.ts';
import type { Machine } from './machine.ts';
import type { MarketSights } from './market-sights.ts';
import type { Network } from './network.ts';
import type { PrivateLines } from './private-lines.ts';
import { clientPong, clientText, FrameReader, SimulatedLine } from './sockets.ts';

const LOOK_MS = 40;
const SLOW_MS = 700;
/** How long a connection lasts, at least and beyond that on average: what is to happen when it is lost shall happen often. */
const LASTS_MS = [200, 2_000] as const;
const LASTS_BRIEFLY_MS = [20, 300] as const;
/** Graces of cancel_on_disconnect: some end before a client is back, some after. */
const GRACES_MS = [0, 10, 60, 400] as const;
const TURNED_OFF = 0.15;

interface ResumedReply {
  type: 'RESUMED';
  from: number;
  next: number;
}

interface WishReply {
  after_ms: number | null;
  id: string;
}

interface ErrorReply {
  action?: string;
}

/**
 * A client on a WebSocket: it subscribes, loses its connection, comes back and resumes where it was. It complains when a
 * private number is missing that it was not told of, and when a market goes back.
 */
export class Watcher {
  readonly complaints: string[] = [];
  readonly #machine: Machine;
  readonly #network: Network;
  readonly #chance: SeededChance;
  readonly #userId: string | undefined;
  readonly #symbols: readonly string[];
  readonly #sights: MarketSights;
  readonly #lines: PrivateLines;
  readonly #isSlow: boolean;
  readonly #cacheFails: boolean;
  /** The next private number it must hear. */
  #next = 1;
  #isOver = false;

  constructor(init: {
    userId: string | undefined;
    symbols: readonly string[];
    machine: Machine;
    network: Network;
    chance: SeededChance;
    sights: MarketSights;
    lines: PrivateLines;
  }) {
    this.#machine = init.machine;
    this.#network = init.network;
    this.#chance = init.chance;
    this.#userId = init.userId;
    this.#symbols = init.symbols;
    this.#sights = init.sights;
    this.#lines = init.lines;
    const { slowWatchers, cancelOnDisconnect, cacheSurvives, cacheFailures } = init.machine.plan;
    this.#isSlow = this.#chance.chance(slowWatchers);
    this.#cacheFails = cacheSurvives && cacheFailures > 0;
    if (this.#userId !== undefined && cancelOnDisconnect > 0) this.#machine.disconnects.watch(this.#userId);
  }

  /** Until `end`; every connection lives for a while, until somebody cuts it. */
  async run(): Promise<void> {
    const { clock } = this.#machine;
    while (!this.#isOver) {
      await clock.sleep(LOOK_MS * (0.5 + this.#chance.random()));
      if (this.#network.exchange !== undefined && this.#machine.life?.alive && !this.#isOver) await this.#connect();
    }
  }

  /** No new connection from now on. */
  end(): void {
    this.#isOver = true;
  }

  /** What it has heard of its private messages, at the end: everything up to here, without a gap. */
  get heardUpTo(): number {
    return this.#next - 1;
  }

  get userId(): string | undefined {
    return this.#userId;
  }

  async #connect(): Promise<void> {
    const { life } = this.#machine;
    const exchange = this.#network.exchange!;
    const closed = new Promise<void>((resolve) => {
      const connection = new Conversation({
        hear: (text) => {
          if (!connection.isOver) this.#hear(connection, text);
        },
        opened: () => this.#greet(connection),
      });
      const isSlow = this.#isSlow && this.#machine.plan.slowWatchers > 0;
      const slowMs = isSlow ? SLOW_MS * this.#chance.random() : 0;
      const line = new SimulatedLine(this.#machine.clock, slowMs, (bytes) => connection.reader.push(bytes));
      connection.line = line;
      // What was still on its way to a slow reader is never read.
      line.on('close', () => {
        connection.isOver = true;
        const isThere = () => this.#network.exchange === exchange && life?.alive === true;
        if (connection.wishes) this.#machine.disconnects.lost(connection.wishes, exchange, isThere);
        resolve();
      });
      line.on('error', () => line.destroy());
      const [least, mean] = this.#machine.plan.cancelOnDisconnect > 0 ? LASTS_BRIEFLY_MS : LASTS_MS;
      const lasts = least - Math.log(1 - this.#chance.random()) * mean;
      const cut = this.#machine.clock.setTimeout(() => line.destroy(), lasts);
      void life?.died.then(() => line.destroy());
      line.on('close', () => cut.cancel());
      const query = this.#userId === undefined ? '' : `?testMode=true&userId=${this.#userId}`;
      exchange.server.upgrade(line, `/ws${query}`);
    });
    await closed;
    this.#machine.trace.note(`line of ${this.#userId ?? 'nobody'} closed at ${this.#next}`);
  }

  #greet(connection: Conversation): void {
    const [main, ...sub] = this.#symbols;
    connection.say({ action: 'subscribe', main, sub });
    if (this.#userId === undefined) return;
    connection.say({ action: 'resume', from: this.#next });
    const { plan, clock } = this.#machine;
    if (plan.cancelOnDisconnect === 0 || !this.#chance.chance(plan.cancelOnDisconnect)) return;
    connection.wishes = this.#machine.disconnects.opened(this.#userId);
    this.#wish(connection, this.#chance.pick(GRACES_MS));
    if (this.#chance.chance(TURNED_OFF))
      clock.setTimeout(() => this.#wish(connection, null), this.#chance.int(1, 1_000));
  }

  /** All orders of its user are to be cancelled so long after the connection is lost; null: no more. */
  #wish(connection: Conversation, afterMs: number | null): void {
    if (connection.isOver || connection.wishes === undefined) return;
    const { wishes } = connection.wishes;
    wishes.push({ afterMs, askedAt: this.#machine.clock.monotonic() });
    connection.say({ action: 'cancel_on_disconnect', after_ms: afterMs, id: String(wishes.length - 1) });
  }

  #hear(connection: Conversation, text: string): void {
    const message = JSON.parse(text) as { e?: string; type?: string; s?: string };
    this.#machine.trace.note(`${this.#userId ?? 'nobody'} hears ${text.length} ${message.e ?? message.type}`);
    if (message.type === 'FILL' || message.type === 'ORDER_STATUS') {
      const { data } = message as PrivateMessage;
      this.#lines.hear(this.#userId ?? '', [text], data.useq);
      this.#hearPrivate(connection, data.useq);
    } else if (message.type === 'RESUMED') this.#resumed(connection, message as ResumedReply);
    else if (message.type === 'CANCEL_ON_DISCONNECT') this.#wishHeard(connection, message as WishReply);
    else if (message.type === 'ERROR' && this.#cacheFails && (message as ErrorReply).action === 'cancel_on_disconnect')
      this.#machine.trace.note(`${this.#userId} is not told whether its wish is in force`);
    else if (message.type === 'ERROR') this.complaints.push(`${this.#userId} is refused: ${text}`);
    else if (message.e === 'd') this.complaints.push(...connection.depths.hear(message as DepthMessage, this.#sights));
    else if (message.e === 'trade') this.complaints.push(...connection.tape.hear(message as TradeMessage));
    if (message.e === 'trade') this.#sights.traded(message as TradeMessage);
  }

  #wishHeard({ wishes }: Conversation, { id, after_ms }: WishReply): void {
    const wish = wishes?.wishes[Number(id)];
    if (wish === undefined || wish.afterMs !== after_ms)
      this.complaints.push(`${this.#userId} did not wish for ${after_ms}`);
    else wish.heardAt = this.#machine.clock.monotonic();
  }

  /** Before the answer to its resume a client may hear live messages ahead of what it missed; after it, none may be missing. */
  #hearPrivate(connection: Conversation, useq: number): void {
    if (!connection.resumed) connection.early.add(useq);
    else if (useq === this.#next) this.#next++;
    else this.complaints.push(`${this.#userId} hears ${useq} where ${this.#next} comes next`);
  }

  #resumed(connection: Conversation, { from, next }: ResumedReply): void {
    if (from !== this.#next) this.complaints.push(`${this.#userId} resumes from ${from}, not from ${this.#next}`);
    for (let useq = this.#next; useq < next; useq++) {
      if (!connection.early.has(useq)) this.complaints.push(`${this.#userId} is not told of ${useq} by a resume`);
    }
    for (const useq of connection.early) {
      if (useq >= next) this.complaints.push(`${this.#userId} has heard ${useq}, but the resume ends at ${next}`);
    }
    this.#next = Math.max(this.#next, next);
    connection.resumed = true;
  }
}

/** One connection, from the client's side. */
class Conversation {
  readonly reader: FrameReader;
  line: SimulatedLine | undefined;
  resumed = false;
  isOver = false;
  /** What it has asked for in the case that it is lost. */
  wishes: Line | undefined;
  /** Private numbers heard before the answer to the resume. */
  readonly early = new Set<number>();
  readonly depths = new DepthRow();
  readonly tape = new Tape();

  constructor({ hear, opened }: { hear(text: string): void; opened(): void }) {
    const close = () => this.line?.destroy();
    this.reader = new FrameReader({ onOpen: opened, onRefused: close, onText: hear, onClose: close }, (payload) =>
      this.#push(clientPong(payload)),
    );
  }

  say(message: object): void {
    this.#push(clientText(JSON.stringify(message)));
  }

  #push(bytes: Buffer): void {
    if (this.line !== undefined && !this.line.destroyed) this.line.push(bytes);
  }
}

/** `u` of a symbol's depth only ascends on one connection. */
class DepthRow {
  readonly #newest = new Map<string, DepthMessage>();

  hear(depth: DepthMessage, sights: MarketSights): string[] {
    sights.depth(depth);
    const before = this.#newest.get(depth.s);
    this.#newest.set(depth.s, depth);
    if (before === undefined || before.u < depth.u) return [];
    return [`depth of ${depth.s}: ${depth.u} comes after ${before.u}`];
  }
}

/** A trade is told once on a connection, later ones after earlier ones. */
class Tape {
  readonly #newest = new Map<string, number>();

  hear({ s, id }: TradeMessage): string[] {
    const seq = Number(id.slice(id.lastIndexOf('-') + 1));
    const before = this.#newest.get(s) ?? 0;
    this.#newest.set(s, Math.max(seq, before));
    return seq > before ? [] : [`trade ${id} is told after ${s}-${before}`];
  }
}
