import { ExchangeError } from '../../../domain/errors.ts';
import { textFrame } from '../../streamer/frame.ts';
import type { Streamer } from '../../streamer/streamer.ts';
import type { Connection } from './connection.ts';
import type { ConnectionKeys } from './connection-keys.ts';
import { LIMITS } from './limits.ts';
import type { ClientMessage } from './protocol.ts';

type Subscribe = Extract<ClientMessage, { action: 'subscribe' }>;
type Unsubscribe = Extract<ClientMessage, { action: 'unsubscribe' }>;

/** What connections watch: kept in the streamer, and told to the cache. */
export class Subscriptions {
  readonly #streamer: Streamer;
  readonly #keys: ConnectionKeys;
  readonly #knows: (symbol: string) => boolean;

  constructor(deps: { streamer: Streamer; keys: ConnectionKeys; knowsSymbol: (symbol: string) => boolean }) {
    this.#streamer = deps.streamer;
    this.#keys = deps.keys;
    this.#knows = deps.knowsSymbol;
  }

  /**
   * `main` replaces, `sub` and `symbols` add. Answers SUBSCRIBED and the current state of what is new, in one write.
   * @throws ExchangeError SYMBOL_UNKNOWN or INVALID_REQUEST; then nothing has changed.
   */
  subscribe(connection: Connection, message: Subscribe): Promise<void> | undefined {
    const { main, sub, symbols } = message;
    const all = [...(main === undefined ? [] : [main]), ...sub, ...symbols];
    const unknown = all.find((symbol) => !this.#knows(symbol));
    if (unknown !== undefined)
      throw new ExchangeError('SYMBOL_UNKNOWN', `There is no instrument "${unknown}".`, { symbol: unknown });
    const { stream } = connection;
    if (new Set([...stream.sub.keys(), ...sub]).size > LIMITS.subSymbols) {
      throw new ExchangeError('INVALID_REQUEST', `A connection watches at most ${LIMITS.subSymbols} tickers.`);
    }
    if (new Set([...stream.full.keys(), ...symbols]).size > LIMITS.fullSymbols) {
      throw new ExchangeError('INVALID_REQUEST', `A connection watches at most ${LIMITS.fullSymbols} "symbols".`);
    }
    const loading = this.#streamer.prepare(all);
    const finish = () => {
      if (connection.open) this.#apply(connection, message);
      this.#streamer.unprepare(all);
    };
    if (loading) return loading.then(finish);
    finish();
    return undefined;
  }

  unsubscribe(connection: Connection, message: Unsubscribe): void {
    const { stream } = connection;
    const sub = message.sub === 'all' ? [...stream.sub.keys()] : message.sub.filter((symbol) => stream.sub.has(symbol));
    const full =
      message.symbols === 'all' ? [...stream.full.keys()] : message.symbols.filter((symbol) => stream.full.has(symbol));
    const main = message.main === true || (message.main !== false && message.main === stream.main?.feed.symbol);
    if (main) this.#listMain(connection, undefined);
    for (const symbol of sub) this.#keys.unwatching(connection.id, symbol, 'sub');
    for (const symbol of full) this.#keys.unwatching(connection.id, symbol, 'subscribers');
    this.#streamer.unwatch(stream, { main, sub, full });
    connection.reply(this.#standing(connection, message.id));
  }

  /** The connection is gone. */
  drop(connection: Connection): void {
    const { stream, id } = connection;
    this.#listMain(connection, undefined);
    for (const symbol of stream.sub.keys()) this.#keys.unwatching(id, symbol, 'sub');
    for (const symbol of stream.full.keys()) this.#keys.unwatching(id, symbol, 'subscribers');
    this.#streamer.leave(stream);
  }

  #apply(connection: Connection, { main, sub, symbols, id }: Subscribe): void {
    const { stream } = connection;
    if (main !== undefined) this.#listMain(connection, main);
    for (const symbol of sub) if (!stream.sub.has(symbol)) this.#keys.watching(connection.id, symbol, 'sub');
    for (const symbol of symbols)
      if (!stream.full.has(symbol)) this.#keys.watching(connection.id, symbol, 'subscribers');
    const state = this.#streamer.watch(stream, { main, sub, full: symbols });
    // One buffer costs less than a write of several.
    connection.send(Buffer.concat([textFrame(JSON.stringify(this.#standing(connection, id))), ...state]));
  }

  #listMain(connection: Connection, symbol: string | undefined): void {
    const before = connection.listedMain;
    if (before === symbol) return;
    if (before !== undefined) this.#keys.unwatching(connection.id, before, 'main');
    if (symbol !== undefined) this.#keys.watching(connection.id, symbol, 'main');
    this.#keys.main(connection.id, symbol);
    connection.listedMain = symbol;
  }

  /** Everything the connection watches now. */
  #standing({ stream }: Connection, id: string | undefined): object {
    return {
      type: 'SUBSCRIBED',
      main: stream.main?.feed.symbol ?? null,
      sub: [...stream.sub.keys()],
      symbols: [...stream.full.keys()],
      tier: stream.tier,
      ...(id !== undefined && { id }),
    };
  }
}
