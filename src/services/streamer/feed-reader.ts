import { type CandleFields, marketKeys } from '../../domain/market-keys.ts';
import type { CandleMessage } from '../../domain/messages.ts';
import type { Cache } from '../../ports/cache.ts';
import { CLOSES_KEPT, type SymbolFeed, TRADES_A_TICK } from './feed.ts';

/** How far the reader has read one symbol. */
interface Cursor {
  /** Text of the newest trade seen. */
  trade: string | undefined;
  /** `t` and the whole text of the active candle. */
  minute: string | undefined;
  candle: string | undefined;
  /** Text of the newest closed candle seen, and its start (epoch seconds). */
  closed: string | undefined;
  closedAt: number;
  loaded: boolean;
}

/** Reads feeds from the cache: the keys of contract section 6, which are texts as they go to the wire, parsed by nobody. */
export class FeedReader {
  readonly #cache: Cache;
  readonly #cursors = new WeakMap<SymbolFeed, Cursor>();

  constructor(cache: Cache) {
    this.#cache = cache;
  }

  /** Brings feeds up to date; what is new in them carries the version that `version()` gives once the cache has answered. */
  async refresh(feeds: readonly SymbolFeed[], version: () => number): Promise<void> {
    const keys = feeds.flatMap(({ symbol }) => [marketKeys.depth(symbol), marketKeys.ticker(symbol)]);
    const [texts, candles] = await Promise.all([
      this.#cache.getMany(keys),
      Promise.all(feeds.map(({ symbol }) => this.#cache.hashGetAll(marketKeys.minute(symbol)))),
    ]);
    const news = await Promise.all(feeds.map((feed, i) => this.#candleNews(feed, candles[i])));
    const now = version();
    for (const [i, feed] of feeds.entries()) {
      feed.update({ depth: texts[2 * i], ticker: texts[2 * i + 1], ...news[i]! }, now);
    }
  }

  /** Every trade moves the candle, so the lists are read only when it moved. */
  async #candleNews(feed: SymbolFeed, fields: Record<string, string> | undefined) {
    const cursor = this.#cursor(feed);
    const candle = fields && candleText('candle', feed.symbol, fields);
    if (cursor.loaded && candle === cursor.candle) return { candle, trades: [], closed: [] };
    const minuteOver = cursor.minute !== fields?.t;
    const [trades, closed] = await Promise.all([
      this.#cache.listRange(marketKeys.trades(feed.symbol), 0, TRADES_A_TICK - 1),
      minuteOver ? this.#cache.listRange(marketKeys.closed(feed.symbol), 0, CLOSES_KEPT - 1) : [],
    ]);
    const newTrades = newerThan(trades, cursor.trade);
    const newClosed = this.#newlyClosed(cursor, closed);
    cursor.trade = trades[0] ?? cursor.trade;
    cursor.candle = candle;
    cursor.minute = fields?.t;
    cursor.loaded = true;
    return { candle, trades: newTrades, closed: newClosed.map((one) => candleText('candle_close', feed.symbol, one)) };
  }

  /** On the first look nothing counts as news: that minute closed before anybody here watched. */
  #newlyClosed(cursor: Cursor, list: readonly string[]): CandleFields[] {
    const fresh: CandleFields[] = [];
    for (const text of list) {
      const fields = JSON.parse(text) as CandleFields;
      const at = Number(fields.t_epoch);
      if (at < cursor.closedAt || text === cursor.closed) break;
      fresh.push(fields);
    }
    const newest = fresh[0];
    if (newest) {
      cursor.closedAt = Number(newest.t_epoch);
      cursor.closed = list[0];
    }
    return cursor.loaded ? fresh.reverse() : [];
  }

  #cursor(feed: SymbolFeed): Cursor {
    let cursor = this.#cursors.get(feed);
    if (cursor === undefined) {
      cursor = {
        trade: undefined,
        minute: undefined,
        candle: undefined,
        closed: undefined,
        closedAt: 0,
        loaded: false,
      };
      this.#cursors.set(feed, cursor);
    }
    return cursor;
  }
}

/** `list` is newest first; the part above `seen`, oldest first. */
function newerThan(list: readonly string[], seen: string | undefined): string[] {
  const end = seen === undefined ? -1 : list.indexOf(seen);
  return list.slice(0, end === -1 ? list.length : end).reverse();
}

function candleText(e: CandleMessage['e'], s: string, fields: Record<string, string> | CandleFields): string {
  const { o = '', h = '', l = '', c = '', v = '', t = '' } = fields;
  return JSON.stringify({ e, s, o, h, l, c, v, t } satisfies CandleMessage);
}
