import type { Instrument } from '../../domain/instrument.ts';
import type { Cache } from '../../ports/cache.ts';
import type { Stream } from '../../ports/stream.ts';

/** Where the orders of a symbol go (`route:S`; absent: active, by the hash of the symbol). */
export interface SymbolRoute {
  symbol: string;
  shard: number;
  status: string;
  target_instance: string | null;
  epoch: number;
}

export interface RouteAdminDeps {
  stream: Pick<Stream, 'partitionOf'>;
  ordersTopic: string;
  cache: Pick<Cache, 'getMany'>;
  instruments: { list(): Instrument[] };
}

export class RouteAdmin {
  readonly #deps: RouteAdminDeps;

  constructor(deps: RouteAdminDeps) {
    this.#deps = deps;
  }

  async list(): Promise<SymbolRoute[]> {
    const { stream, ordersTopic, cache, instruments } = this.#deps;
    const symbols = instruments.list().map(({ symbol }) => symbol);
    const routes = await cache.getMany(symbols.map((symbol) => `route:${symbol}`));
    return symbols.map((symbol, index) => {
      const route: Partial<SymbolRoute> = JSON.parse(routes[index] ?? '{}');
      return {
        symbol,
        shard: route.shard ?? stream.partitionOf(ordersTopic, symbol),
        status: route.status ?? 'ACTIVE',
        target_instance: route.target_instance ?? null,
        epoch: route.epoch ?? 0,
      };
    });
  }
}
