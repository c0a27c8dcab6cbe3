import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import { ExchangeError } from '../../../domain/errors.ts';
import type { Cache } from '../../../ports/cache.ts';
import type { Chance, Clock, Timer } from '../../../ports/clock.ts';
import type { Log } from '../../../ports/log.ts';
import type { Counter, Gauge, Metrics } from '../../../ports/metrics.ts';
import type { Push } from '../../../ports/push.ts';
import type { Authenticator, Caller } from '../../auth/types.ts';
import type { OrderRouter } from '../../order-router/types.ts';
import { textFrames } from '../../streamer/frame.ts';
import type { Streamer } from '../../streamer/streamer.ts';
import { CancelOnDisconnect } from './cancel-on-disconnect.ts';
import { Connection } from './connection.ts';
import { ConnectionKeys } from './connection-keys.ts';
import { Heartbeat } from './heartbeat.ts';
import { LIMITS } from './limits.ts';
import { type ClientMessage, parseClientMessage } from './protocol.ts';
import { type LastUseq, type PrivateTexts, resume } from './resume.ts';
import { Subscriptions } from './subscriptions.ts';
import { type AddressLimit, admit, identify, refuseUpgrade, targetOf } from './upgrade.ts';

const SWEEP_MS = 1_000;
const QUEUED_MAX = 32;
const CLOSE_GRACE_MS = 1_000;
const HANDSHAKES_MAX = 2_000;
/** The cache keeps `ws:CONNID` for 24 hours; it is written again for who stays. */
const KEY_AGAIN_MS = 12 * 3600 * 1_000;

export interface HubDeps {
  authenticator: Pick<Authenticator, 'socket'>;
  streamer: Streamer;
  cache: Cache;
  router: Pick<OrderRouter, 'massCancel'>;
  /** The notifier's `eventTexts`. */
  privateTexts: PrivateTexts;
  /** The notifier's. */
  lastUseq: LastUseq;
  knowsSymbol: (symbol: string) => boolean;
  clock: Clock;
  chance: Chance;
  log: Log;
  metrics: Metrics;
  /** Where addresses have a limit, an upgrade counts. */
  addressLimit?: AddressLimit;
  /** Default `/ws`. */
  path?: string;
  /** Default 50,000; past it an upgrade is answered 503. */
  maxConnections?: number;
}

/** All WebSockets of this process: who they are, what they watch, and the way to a user's sockets (`Push`). */
export class Hub implements Push {
  readonly #deps: HubDeps;
  readonly #path: string;
  readonly #ws: WebSocketServer;
  readonly #keys: ConnectionKeys;
  readonly #subscriptions: Subscriptions;
  readonly #cancels: CancelOnDisconnect;
  readonly #connections = new Map<string, Connection>();
  readonly #users = new Map<string, Set<Connection>>();
  readonly #gauge: Gauge;
  readonly #behind: Gauge;
  readonly #lagMax: Gauge;
  readonly #received: Counter;
  readonly #closed: Counter;
  readonly #sweeper: Timer;
  readonly #heartbeat: Heartbeat;
  #numbers = 0;
  #loggedIn = 0;
  #handshakes = 0;
  #closing = false;

  constructor(deps: HubDeps) {
    this.#deps = deps;
    this.#path = deps.path ?? '/ws';
    this.#ws = new WebSocketServer({
      noServer: true,
      clientTracking: false,
      perMessageDeflate: false,
      autoPong: false,
      maxPayload: LIMITS.frameBytes,
      maxFragments: LIMITS.fragments,
    });
    const { cache, clock, log, metrics } = deps;
    this.#keys = new ConnectionKeys({ cache, clock, log, gatewayId: deps.chance.id() });
    this.#subscriptions = new Subscriptions({ ...deps, keys: this.#keys });
    this.#cancels = new CancelOnDisconnect(deps);
    this.#gauge = metrics.gauge('ws_connections', 'Open WebSockets.', ['tier']);
    this.#behind = metrics.gauge('ws_clients_behind', 'Clients whose ticks are withheld because they do not read.');
    this.#lagMax = metrics.gauge('ws_client_lag_max_seconds', 'How long the slowest client has been behind.');
    this.#received = metrics.counter('ws_received_total', 'Messages from clients.', ['action']);
    this.#closed = metrics.counter('ws_closed_total', 'WebSockets closed by the server.', ['why']);
    this.#keys.start();
    this.#sweeper = clock.setInterval(() => this.#sweep(), SWEEP_MS);
    this.#heartbeat = new Heartbeat({
      connections: this.#connections,
      clock,
      onVisit: (connection) => this.#keyAgain(connection),
      onSilent: (connection) => this.#drop(connection, 'silent'),
    });
  }

  /** Serves upgrade requests of this server on the hub's path. May be called for several servers. */
  attach(server: Server): void {
    server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      socket.on('error', () => socket.destroy());
      this.#upgrade(server, request, socket, head).catch((error) => {
        this.#deps.log.error({ error: String(error) }, 'an upgrade failed');
        refuseUpgrade(socket, 'UNAVAILABLE');
      });
    });
  }

  get size(): number {
    return this.#connections.size;
  }

  /** Open connections, for the admin and for tests. */
  connections(): { id: string; userId: string | null; tier: string; waitingBytes: number; behindMs: number }[] {
    const now = this.#deps.clock.monotonic();
    return [...this.#connections.values()].map(({ id, userId, stream, waitingBytes }) => ({
      id,
      userId: userId ?? null,
      tier: stream.tier,
      waitingBytes,
      behindMs: stream.behindSince === undefined ? 0 : now - stream.behindSince,
    }));
  }

  toUser(userId: string, messages: readonly string[], firstUseq: number): boolean {
    const connections = this.#users.get(userId);
    if (connections === undefined) return false;
    const frames = textFrames(messages);
    const now = this.#deps.clock.now();
    for (const connection of connections) {
      if (connection.expiresAt !== undefined && connection.expiresAt <= now) this.#logOut(connection);
      else if (connection.resuming) {
        connection.resuming.firstLeftOut ??= firstUseq;
        connection.resuming.leftOut = firstUseq + messages.length - 1;
      } else connection.send(frames);
    }
    return true;
  }

  /** Says goodbye to everybody (close code 1001) and cleans the cache. */
  async close(): Promise<void> {
    this.#closing = true;
    this.#sweeper.cancel();
    this.#heartbeat.close();
    this.#cancels.close();
    for (const { ws } of this.#connections.values()) ws.close(1001, 'The server is stopping.');
    const end = this.#deps.clock.monotonic() + CLOSE_GRACE_MS;
    while (this.#connections.size > 0 && this.#deps.clock.monotonic() < end) await this.#deps.clock.sleep(20);
    for (const connection of [...this.#connections.values()]) {
      connection.ws.terminate();
      this.#onClose(connection);
    }
    await this.#keys.close();
  }

  /** Writes the connection keys that wait (they are written behind). */
  flushKeys(): Promise<void> {
    return this.#keys.flush();
  }

  /** Removes stale connections from the cache (also done every minute). */
  sweepKeys(): Promise<void> {
    return this.#keys.sweep();
  }

  async #upgrade(server: Server, request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    const target = targetOf(request);
    if (target?.path !== this.#path) {
      if (server.listenerCount('upgrade') === 1) refuseUpgrade(socket, 'NOT_FOUND');
      return;
    }
    const max = this.#deps.maxConnections ?? 50_000;
    if (this.#closing || this.#connections.size >= max || this.#handshakes >= HANDSHAKES_MAX) {
      refuseUpgrade(socket, this.#closing ? 'UNAVAILABLE' : 'OVERLOADED');
      return;
    }
    const { addressLimit } = this.#deps;
    if (addressLimit !== undefined && !(await admit(addressLimit, request, socket))) return;
    this.#handshakes += 1;
    const who = await identify(this.#deps.authenticator, request, target.query).finally(() => {
      this.#handshakes -= 1;
    });
    if ('refused' in who) refuseUpgrade(socket, who.refused, who.message);
    else if (this.#closing) refuseUpgrade(socket, 'UNAVAILABLE');
    else this.#ws.handleUpgrade(request, socket, head, (ws) => this.#open(ws, socket, who.caller));
  }

  #open(ws: WebSocket, socket: Duplex, caller: Caller | undefined): void {
    const { clock, streamer } = this.#deps;
    this.#numbers += 1;
    const connection = new Connection({
      id: `${this.#keys.gatewayId}.${this.#numbers}`,
      number: this.#numbers,
      ws,
      socket,
      connectedAt: clock.now(),
      seenAt: clock.monotonic(),
      onTooSlow: (slow) => this.#drop(slow, 'too_slow'),
    });
    connection.userId = caller?.userId;
    connection.expiresAt = caller?.expiresAt;
    connection.stream = streamer.join(connection, caller ? 'realtime' : 'public');
    this.#connections.set(connection.id, connection);
    if (caller) this.#listUser(caller.userId, connection);
    this.#keys.connected(connection.id, caller?.userId, connection.connectedAt);
    this.#count();
    ws.on('message', (data, isBinary) => this.#onMessage(connection, data as Buffer, isBinary));
    ws.on('ping', (data) => {
      connection.seenAt = clock.monotonic();
      if (!connection.congested) ws.pong(data);
    });
    ws.on('pong', () => {
      connection.seenAt = clock.monotonic();
    });
    // ws closes by itself after a broken frame; the event only has to be heard.
    ws.on('error', () => this.#closed.add(1, { why: 'protocol_error' }));
    ws.on('close', () => this.#onClose(connection));
  }

  #onMessage(connection: Connection, data: Buffer, isBinary: boolean): void {
    const allowed = connection.allow(this.#deps.clock.monotonic());
    if (allowed === 'abuse') {
      this.#closed.add(1, { why: 'rate' });
      connection.ws.close(1008, 'Too many messages.');
      return;
    }
    if (allowed === 'no') {
      connection.refuse({ code: 'RATE_LIMITED', message: `At most ${LIMITS.messagesPerSecond} messages a second.` });
      return;
    }
    const parsed = parseClientMessage(data, isBinary);
    this.#received.add(1, { action: parsed.ok ? parsed.message.action : 'refused' });
    if (parsed.ok) this.#act(connection, parsed.message);
    else connection.refuse(parsed.refusal);
  }

  #act(connection: Connection, message: ClientMessage): void {
    if (message.action === 'ping') {
      connection.reply({
        type: 'PONG',
        t: this.#deps.clock.now(),
        ...(message.id !== undefined && { id: message.id }),
      });
      return;
    }
    if (connection.pending >= QUEUED_MAX) {
      this.#refuse(
        connection,
        message,
        new ExchangeError('RATE_LIMITED', 'Too many requests of this connection wait.'),
      );
      return;
    }
    const run = () => this.#do(connection, message);
    if (connection.pending === 0) {
      try {
        const work = run();
        if (work === undefined) return;
        connection.queue = work.catch((error) => this.#refuse(connection, message, error));
      } catch (error) {
        this.#refuse(connection, message, error);
        return;
      }
    } else connection.queue = connection.queue.then(run).catch((error) => this.#refuse(connection, message, error));
    connection.pending += 1;
    void connection.queue.then(() => {
      connection.pending -= 1;
    });
  }

  /** Throws or rejects with the reason of a refusal. */
  #do(connection: Connection, message: Exclude<ClientMessage, { action: 'ping' }>): Promise<void> | undefined {
    switch (message.action) {
      case 'subscribe':
        return this.#subscriptions.subscribe(connection, message);
      case 'unsubscribe':
        this.#subscriptions.unsubscribe(connection, message);
        return undefined;
      case 'stamp':
        connection.stream.stamped = message.on;
        return undefined;
      case 'resume':
        return resume(connection, this.#userOf(connection), message, this.#deps, (error) =>
          this.#refuse(connection, message, error),
        );
      case 'cancel_on_disconnect':
        return this.#arm(connection, this.#userOf(connection), message.after_ms, message.id);
    }
  }

  async #arm(connection: Connection, userId: string, afterMs: number | null, id: string | undefined): Promise<void> {
    if (afterMs === null) await this.#cancels.disarm(userId);
    else await this.#cancels.arm(userId, connection.id);
    connection.armed = afterMs === null ? undefined : { userId, afterMs };
    connection.reply({ type: 'CANCEL_ON_DISCONNECT', after_ms: afterMs, ...(id !== undefined && { id }) });
    // It was lost while the cache was asked.
    if (!connection.open && afterMs !== null) this.#cancels.lost(userId, connection.id, afterMs);
  }

  #userOf(connection: Connection): string {
    this.#expire(connection);
    if (connection.userId === undefined)
      throw new ExchangeError('UNAUTHENTICATED', 'This needs a connection with a login.');
    return connection.userId;
  }

  #refuse(connection: Connection, { action, id }: ClientMessage, error: unknown): void {
    if (!(error instanceof ExchangeError))
      this.#deps.log.error({ action, error: String(error) }, 'a WebSocket request failed');
    const { code, message, details } = error instanceof ExchangeError ? error : new ExchangeError('UNAVAILABLE');
    connection.refuse({ code, message, action, ...(details && { details }), ...(id !== undefined && { id }) });
  }

  #onClose(connection: Connection): void {
    if (!this.#connections.delete(connection.id)) return;
    const { userId, armed } = connection;
    this.#subscriptions.drop(connection);
    this.#keys.disconnected(connection.id, userId);
    if (userId !== undefined) this.#unlistUser(userId, connection);
    if (armed && !this.#closing) this.#cancels.lost(armed.userId, connection.id, armed.afterMs);
    this.#count();
  }

  #drop(connection: Connection, why: string): void {
    this.#closed.add(1, { why });
    connection.ws.terminate();
  }

  /** Logins that ran out end, and the clients that are behind are counted. */
  #sweep(): void {
    const now = this.#deps.clock.monotonic();
    let behind = 0;
    let lagMax = 0;
    for (const connection of this.#connections.values()) {
      this.#expire(connection);
      const { behindSince } = connection.stream;
      if (behindSince === undefined) continue;
      behind += 1;
      lagMax = Math.max(lagMax, now - behindSince);
    }
    this.#behind.set(behind);
    this.#lagMax.set(lagMax / 1_000);
  }

  #keyAgain(connection: Connection): void {
    const now = this.#deps.clock.now();
    if (now - connection.keyedAt < KEY_AGAIN_MS) return;
    connection.keyedAt = now;
    this.#keys.connected(connection.id, connection.userId, connection.connectedAt);
    this.#keys.main(connection.id, connection.listedMain);
  }

  #expire(connection: Connection): void {
    if (connection.expiresAt !== undefined && connection.expiresAt <= this.#deps.clock.now()) this.#logOut(connection);
  }

  /** The login ended: nothing private from here on; public data goes on at the anonymous pace. */
  #logOut(connection: Connection): void {
    const { userId } = connection;
    connection.expiresAt = undefined;
    if (userId === undefined) return;
    connection.userId = undefined;
    this.#unlistUser(userId, connection);
    this.#keys.loggedOut(connection.id, userId, connection.connectedAt);
    this.#deps.streamer.setTier(connection.stream, 'public');
    const message =
      'The login has expired: private messages have ended on this connection. Connect again with a new token and resume.';
    connection.refuse({ code: 'TOKEN_EXPIRED', message });
    this.#count();
  }

  #listUser(userId: string, connection: Connection): void {
    this.#loggedIn += 1;
    const connections = this.#users.get(userId);
    if (connections) connections.add(connection);
    else this.#users.set(userId, new Set([connection]));
  }

  #unlistUser(userId: string, connection: Connection): void {
    this.#loggedIn -= 1;
    const connections = this.#users.get(userId);
    connections?.delete(connection);
    if (connections?.size === 0) this.#users.delete(userId);
  }

  #count(): void {
    this.#gauge.set(this.#loggedIn, { tier: 'realtime' });
    this.#gauge.set(this.#connections.size - this.#loggedIn, { tier: 'public' });
  }
}
