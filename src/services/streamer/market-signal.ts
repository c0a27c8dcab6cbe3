import { marketKeys } from '../../domain/market-keys.ts';
import type { Cache } from '../../ports/cache.ts';
import type { MarketSignal } from './streamer.ts';

const DEPTH = marketKeys.depth('');

/**
 * The same cache for whoever writes market data in this process: after each write it tells the streamer which symbol moved,
 * so that one machine needs no polling.
 */
export function withMarketSignal(cache: Cache, signal: MarketSignal): Cache {
  const told = async <T>(symbol: string, work: Promise<T>): Promise<T> => {
    const result = await work;
    signal.changed(symbol);
    return result;
  };
  const methods: Pick<Cache, 'setMany' | 'applyMarket' | 'closeMinute' | 'restoreMarket'> = {
    async setMany(entries) {
      await cache.setMany(entries);
      for (const [key] of entries) if (key.startsWith(DEPTH)) signal.changed(key.slice(DEPTH.length));
    },
    applyMarket: (symbol, items, after) => told(symbol, cache.applyMarket(symbol, items, after)),
    closeMinute: (symbol, nowSeconds) => told(symbol, cache.closeMinute(symbol, nowSeconds)),
    restoreMarket: (symbol, state) => told(symbol, cache.restoreMarket(symbol, state)),
  };
  return new Proxy(cache, {
    get(target, name) {
      if (Object.hasOwn(methods, name)) return Reflect.get(methods, name);
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}
