import type { Instrument } from '../../../domain/instrument.ts';
import type { Store } from '../../../ports/store.ts';
import type { NewSymbol } from '../../../services/admin/build-instrument.ts';
import type { OrderRouter } from '../../../services/order-router/types.ts';
import {
  DEMO_SYMBOLS,
  FLOW_ACCOUNTS,
  FLOW_FUNDS,
  FLOW_GOODS,
  VISITOR_ACCOUNTS,
  VISITOR_FUNDS,
  VISITOR_GOODS,
} from './markets.ts';
import { SymbolFlow, type SymbolFlowDeps } from './symbol-flow.ts';

export interface DemoDeps extends SymbolFlowDeps {
  router: Pick<OrderRouter, 'place' | 'cancel' | 'replace' | 'massCancel'>;
  store: Pick<Store, 'orders' | 'wallets'>;
  instruments: { get(symbol: string): Instrument | undefined };
  /** Makes an instrument as an admin would; resolves when orders for it are taken. */
  createSymbol(terms: NewSymbol): Promise<unknown>;
  /** Pays money or goods in as an admin would. `amount` in human decimals. */
  deposit(userId: string, asset: string, amount: number): Promise<unknown>;
  /** Last trade price in integers of the instrument, if there was a trade. */
  lastPrice(symbol: string): Promise<number | undefined>;
}

/**
 * The small live market that `npm start` opens with. Everything goes the way of any client or admin: instruments and money
 * through the admin service, orders through the router. On a restart the flow's old orders are cancelled and it opens again
 * around the last price; what visitors own and have ordered stays.
 */
export class DemoMarket {
  readonly #deps: DemoDeps;
  readonly #flows: SymbolFlow[] = [];
  #stopped = false;

  constructor(deps: DemoDeps) {
    this.#deps = deps;
  }

  async start(): Promise<void> {
    for (const { terms } of DEMO_SYMBOLS) {
      if (this.#deps.instruments.get(terms.symbol) === undefined) await this.#deps.createSymbol(terms);
    }
    for (const account of FLOW_ACCOUNTS) await this.#fund(account, FLOW_FUNDS, FLOW_GOODS);
    for (const account of VISITOR_ACCOUNTS) await this.#fund(account, VISITOR_FUNDS, VISITOR_GOODS);
    for (const account of FLOW_ACCOUNTS) await this.#deps.router.massCancel(account);
    for (const symbol of DEMO_SYMBOLS) {
      const instrument = this.#deps.instruments.get(symbol.terms.symbol);
      if (instrument === undefined || this.#stopped) continue;
      const opening = symbol.terms.reference_price * 10 ** instrument.price_decimals;
      const price = (await this.#deps.lastPrice(instrument.symbol)) ?? Math.round(opening);
      const flow = new SymbolFlow(this.#deps, instrument, FLOW_ACCOUNTS, price, symbol);
      this.#flows.push(flow);
      await flow.start();
    }
  }

  /** No order of the demo is sent after this. */
  stop(): void {
    this.#stopped = true;
    for (const flow of this.#flows) flow.stop();
  }

  /** Once: an account that has anything of an asset was funded on an earlier start. */
  async #fund(account: string, funds: Readonly<Record<string, number>>, goods: number): Promise<void> {
    const owned = new Set((await this.#deps.store.wallets(account)).map(({ asset }) => asset));
    const assets = new Set<string>();
    for (const { terms } of DEMO_SYMBOLS) {
      const instrument = this.#deps.instruments.get(terms.symbol);
      if (instrument !== undefined) assets.add(instrument.base).add(instrument.quote);
    }
    for (const asset of assets) {
      if (!owned.has(asset)) await this.#deps.deposit(account, asset, funds[asset] ?? goods);
    }
  }
}
