import { RestClient } from '../../client/src/index.ts';

/** How a market is kept busy: each tick changes the book once and trades `tradesPerTick` times. */
export interface FlowOptions {
  url: string;
  symbol: string;
  tickMs: number;
  tradesPerTick: number;
}

const MIDDLE = 10_000;
const LEVELS = 14;
/** Lots a trade, and what the best asks start with. */
const LOT = 1;
const DEEP = 1_000_000;

/** A real market with a steady flow of real orders: twenty levels that change, and buyers who take from the best ask. */
export class SteadyFlow {
  readonly #options: FlowOptions;
  readonly #maker: RestClient;
  readonly #taker: RestClient;
  #ended = false;
  #running: Promise<void> | undefined;
  /** Orders that were accepted, of which trades are so many. */
  trades = 0;
  ticks = 0;

  constructor(options: FlowOptions) {
    this.#options = options;
    this.#maker = new RestClient({ url: options.url, credentials: { testUserId: 'bench-maker' } });
    this.#taker = new RestClient({ url: options.url, credentials: { testUserId: 'bench-taker' } });
  }

  /** Makes the symbol, pays in, and places the book. */
  async open(): Promise<void> {
    const { url, symbol } = this.#options;
    const admin = new RestClient({ url, credentials: { testUserId: 'root', admin: true } });
    await admin.call('POST', '/admin/symbols', { symbol, quote: 'KRW', reference_price: MIDDLE });
    for (const user of ['bench-maker', 'bench-taker']) {
      for (const [asset, amount] of [
        ['KRW', 1_000_000_000_000],
        [symbol, 100_000_000],
      ] as const) {
        await admin.call('POST', `/admin/accounts/${user}/deposit`, { asset, amount });
      }
    }
    const orders = Array.from({ length: LEVELS }, (_, level) => [
      { symbol, side: 'SELL' as const, price: MIDDLE + 10 * (level + 1), quantity: level === 0 ? DEEP : 500 + level },
      { symbol, side: 'BUY' as const, price: MIDDLE - 10 * (level + 1), quantity: 500 + level },
    ]).flat();
    await this.#maker.placeOrders(orders);
  }

  start(): void {
    this.#running = this.#run();
  }

  async stop(): Promise<void> {
    this.#ended = true;
    await this.#running;
  }

  async #run(): Promise<void> {
    const { symbol, tickMs, tradesPerTick } = this.#options;
    const start = performance.now();
    let owed = 0;
    while (!this.#ended) {
      const tick = this.ticks;
      this.ticks += 1;
      // A level on each side grows, another one each tick, so that every depth differs from the one before.
      const level = 2 + (tick % (LEVELS - 4));
      owed += tradesPerTick;
      const takes = Math.floor(owed);
      owed -= takes;
      this.trades += takes;
      await Promise.all([
        this.#maker.placeOrders([
          { symbol, side: 'SELL', price: MIDDLE + 10 * level, quantity: 1 + (tick % 90) },
          { symbol, side: 'BUY', price: MIDDLE - 10 * level, quantity: 1 + (tick % 70) },
        ]),
        this.#taker.placeOrders(
          Array.from({ length: takes }, (_, index) => ({
            symbol,
            side: 'BUY' as const,
            price: MIDDLE + 10,
            quantity: LOT + ((tick + index) % 9),
            time_in_force: 'IOC' as const,
          })),
        ),
      ]);
      const wait = start + this.ticks * tickMs - performance.now();
      if (wait > 0) await new Promise((done) => setTimeout(done, wait));
    }
  }
}
