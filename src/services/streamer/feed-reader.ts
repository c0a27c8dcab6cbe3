import { type CandleFields, marketKeys } from '../../domain/market-keys.ts';
import type { CandleMessage } from '../../domain/messages.ts';
import type { Cache } from '../../ports/cache.ts';
import { CLOSES_KEPT, type SymbolFeed, TRADES_A_TICK } from './feed.ts';

/** How far the reader has read one symbol. */
interface Cursor {
  /** `candle:state:S`: moves with every trade and every minute that closes, also when the active candle does not. */
  readonly state: string | undefined;
  /** Text of the newest trade seen. */
  readonly trade: string | undefined;
  /** `t` and the whole text of the active candle. */
  readonly minute: string | undefined;
  readonly candle: string | undefined;
  /** Text of the newest closed candle seen, and its start (epoch seconds). */
  readonly closed: string | undefined;
  readonly closedAt: number;
  readonly loaded: boolean;
}

const UNREAD: Cursor = {
  ...{ state: undefined, trade: undefined, minute: undefined, candle: undefined },
  ...{ closed: undefined, closedAt: 0, loaded: false },
};

/** Reads feeds from the cache: the keys of contract section 6, which are texts as they go to the wire, parsed by nobody. */
export class FeedReader {
  readonly #cache: Cache;
  readonly #cursors = new WeakMap<SymbolFeed, Cursor>();

  constructor(cache: Cache) {
    this.#cache = cache;
  }

  /** Brings feeds up to date; what is new in them carries the version that `version()` gives once the cache has answered. */
  async refresh(feeds: readonly SymbolFeed[], version: () => number): Promise<void> {
    const keys = feeds.flatMap(({ symbol }) => [
      marketKeys.depth(symbol),
      marketKeys.ticker(symbol),
      marketKeys.state(symbol),
    ]);
    const [texts, candles] = await Promise.all([
      this.#cache.getMany(keys),
      Promise.all(feeds.map(({ symbol }) => this.#cache.hashGetAll(marketKeys.minute(symbol)))),
    ]);
    const news = await Promise.all(feeds.map((feed, i) => this.#candleNews(feed, candles[i], texts[3 * i + 2])));
    const now = version();
    // Only now that every answer is there: what a failed reading had seen of one feed would be news to nobody.
    for (const [i, feed] of feeds.entries()) {
      const { cursor, ...candles } = news[i]!;
      this.#cursors.set(feed, cursor);
      feed.update({ depth: texts[3 * i], ticker: texts[3 * i + 1], ...candles }, now);
    }
  }

  /**
   * The lists are read only when the candle or the state has moved. The state alone moves when a late trade lands in a minute that
   * is closed already, of which there is no active candle.
   * @returns the news and how far they reach
   */
  async #candleNews(feed: SymbolFeed, fields: Record<string, string> | undefined, state: string | undefined) {
    const before = this.#cursors.get(feed) ?? UNREAD;
    const candle = fields && candleText('candle', feed.symbol, fields);
    if (before.loaded && candle === before.candle && state === before.state)
      return { cursor: before, candle, trades: [], closed: [] };
    const closes = candle === undefined || before.minute !== fields?.t;
    const [trades, closed] = await Promise.all([
      this.#cache.listRange(marketKeys.trades(feed.symbol), 0, TRADES_A_TICK - 1),
      closes ? this.#cache.listRange(marketKeys.closed(feed.symbol), 0, CLOSES_KEPT - 1) : [],
    ]);
    const newTrades = newerThan(trades, before.trade);
    const newClosed = newlyClosed(closed, before);
    const newest = newClosed.at(-1);
    const cursor: Cursor = {
      trade: newTrades.at(-1) ?? before.trade,
      closed: newest ? closed[0] : before.closed,
      closedAt: newest ? Number(newest.t_epoch) : before.closedAt,
      ...{ candle, minute: fields?.t, state, loaded: true },
    };
    // On the first look no minute counts as news: it closed before anybody here watched.
    const news = before.loaded ? newClosed : [];
    return {
      cursor,
      candle,
      trades: newTrades,
      closed: news.map((one) => candleText('candle_close', feed.symbol, one)),
    };
  }
}

/** Candles of the closed list (newest first) that are above or other than the newest one seen, oldest first. */
function newlyClosed(list: readonly string[], seen: Cursor): CandleFields[] {
  const fresh: CandleFields[] = [];
  for (const text of list) {
    const fields = JSON.parse(text) as CandleFields;
    if (Number(fields.t_epoch) < seen.closedAt || text === seen.closed) break;
    fresh.push(fields);
  }
  return fresh.reverse();
}

/**
 * `list` is newest first; the part above `seen`, oldest first. Where `seen` is not among them (a cache that was emptied is on its
 * way back, or more trades came than are looked at) the number that ends a trade's id tells which are newer.
 */
function newerThan(list: readonly string[], seen: string | undefined): string[] {
  if (seen === undefined) return list.toReversed();
  const end = list.indexOf(seen);
  if (end !== -1) return list.slice(0, end).reverse();
  const last = numberOf(seen);
  return list.filter((trade) => !(numberOf(trade) <= last)).reverse();
}

/** Of a trade's id (`SYMBOL-SEQ`); NaN where it has none. */
function numberOf(trade: string): number {
  return Number(/"id":"[^"]*-(\d+)"/.exec(trade)?.[1]);
}

function candleText(e: CandleMessage['e'], s: string, fields: Record<string, string> | CandleFields): string {
  const { o = '', h = '', l = '', c = '', v = '', t = '' } = fields;
  return JSON.stringify({ e, s, o, h, l, c, v, t } satisfies CandleMessage);
}
