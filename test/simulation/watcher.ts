import type { SeededChance } from '../../src/adapters/clock/simulated.ts';
import type { DepthMessage, PrivateMessage, TradeMessage } from '../../src/domain/messages.ts';
import type { Machine } from './machine.ts';
import type { MarketSights } from './market-sights.ts';
import type { Network } from './network.ts';
import type { PrivateLines } from './private-lines.ts';
import { clientPong, clientText, FrameReader, SimulatedLine } from './sockets.ts';

const LOOK_MS = 40;
const SLOW_MS = 700;

interface ResumedReply {
  type: 'RESUMED';
  from: number;
  next: number;
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
    this.#isSlow = this.#chance.chance(init.machine.plan.slowWatchers);
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
    const server = this.#network.exchange!.server;
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
        resolve();
      });
      line.on('error', () => line.destroy());
      const lasts = 200 - Math.log(1 - this.#chance.random()) * 2_000;
      const cut = this.#machine.clock.setTimeout(() => line.destroy(), lasts);
      void life?.died.then(() => line.destroy());
      line.on('close', () => cut.cancel());
      const query = this.#userId === undefined ? '' : `?testMode=true&userId=${this.#userId}`;
      server.upgrade(line, `/ws${query}`);
    });
    await closed;
    this.#machine.trace.note(`line of ${this.#userId ?? 'nobody'} closed at ${this.#next}`);
  }

  #greet(connection: Conversation): void {
    const [main, ...sub] = this.#symbols;
    connection.say({ action: 'subscribe', main, sub });
    if (this.#userId !== undefined) connection.say({ action: 'resume', from: this.#next });
  }

  #hear(connection: Conversation, text: string): void {
    const message = JSON.parse(text) as { e?: string; type?: string; s?: string };
    this.#machine.trace.note(`${this.#userId ?? 'nobody'} hears ${text.length} ${message.e ?? message.type}`);
    if (message.type === 'FILL' || message.type === 'ORDER_STATUS') {
      const { data } = message as PrivateMessage;
      this.#lines.hear(this.#userId ?? '', [text], data.useq);
      this.#hearPrivate(connection, data.useq);
    } else if (message.type === 'RESUMED') this.#resumed(connection, message as ResumedReply);
    else if (message.type === 'ERROR') this.complaints.push(`${this.#userId} is refused: ${text}`);
    else if (message.e === 'd') this.complaints.push(...connection.depths.hear(message as DepthMessage, this.#sights));
    else if (message.e === 'trade') this.complaints.push(...connection.tape.hear(message as TradeMessage));
    if (message.e === 'trade') this.#sights.traded(message as TradeMessage);
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
