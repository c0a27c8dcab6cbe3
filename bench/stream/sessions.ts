import { WebSocket } from 'ws';
import { type PublicMessage, StreamClient } from '../../client/src/index.ts';
import type { ClientShare } from './messages.ts';

/** Connections that churn; each may ask 50 times a second. */
const CHURNERS = 100;
/** Sessions that watch as a user's program does. */
const WITNESSES = 10;

export interface SessionEvents {
  /** A stamped tick arrived. */
  tick(tier: 'realtime' | 'public'): void;
  /** A subscribe of a churning session was answered. */
  churned(): void;
  closed(): void;
  fault(text: string): void;
}

/** Sessions of the client package beside the bare sockets: what they get is checked and counted, not timed. */
export class Sessions {
  readonly #share: ClientShare;
  readonly #events: SessionEvents;

  constructor(share: ClientShare, events: SessionEvents) {
    this.#share = share;
    this.#events = events;
  }

  /** Opens them all. */
  start(): void {
    for (let i = 0; i < WITNESSES; i++) this.#witness(i);
    this.#startChurn();
  }

  /** Looks at one symbol, every other one logged in: depth never goes back. */
  #witness(index: number): void {
    const tier = index % 2 === 0 ? 'realtime' : 'public';
    let newest = -1;
    const onPublic = (message: PublicMessage) => {
      if (message.e !== 'd') return;
      if (message.u < newest) this.#events.fault(`a witness saw depth go back from ${newest} to ${message.u}`);
      newest = message.u;
    };
    const session = this.#session(tier, { credentials: witnessLogin(tier, this.#share.seed, index), onPublic });
    session.subscribe({ main: `S${index % this.#share.symbols}` });
    session.open();
  }

  /** Other sessions change their main symbol all the time. */
  #startChurn(): void {
    const { churnPerSecond, symbols } = this.#share;
    if (churnPerSecond === 0) return;
    const pool = Array.from({ length: CHURNERS }, () => {
      const session = this.#session('public', {
        onControl: ({ type }) => {
          if (type === 'SUBSCRIBED') this.#events.churned();
        },
      });
      session.open();
      return session;
    });
    const startedAt = performance.now();
    let asked = 0;
    setInterval(() => {
      const due = ((performance.now() - startedAt) / 1_000) * churnPerSecond;
      for (; asked < due; asked++) pool[asked % CHURNERS]!.subscribe({ main: `S${(asked * 7) % symbols}` });
    }, 5);
  }

  #session(tier: 'realtime' | 'public', options: Partial<ConstructorParameters<typeof StreamClient>[0]>): StreamClient {
    const { port, from } = this.#share;
    return new StreamClient({
      url: `http://127.0.0.1:${port}`,
      socket: (url) => new WebSocket(url, { perMessageDeflate: false, localAddress: from }),
      stamp: true,
      onTick: () => this.#events.tick(tier),
      onState: (state) => {
        if (state === 'waiting') this.#events.closed();
      },
      ...options,
    });
  }
}

function witnessLogin(tier: 'realtime' | 'public', seed: number, index: number): { testUserId: string } | undefined {
  return tier === 'realtime' ? { testUserId: `witness${seed}-${index}` } : undefined;
}
