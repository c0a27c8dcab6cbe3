import { type Asset, CURRENCIES, type Instrument } from '../../domain/instrument.ts';
import type { Store } from '../../ports/store.ts';
import type { EngineTap, SymbolBatch } from '../matching-engine/tap.ts';

/**
 * The instruments as of now, for everybody who must look one up at once (router, gateway, streamer). It starts from the
 * store and follows the engine, so a halt or a new reference price holds for the very next order.
 */
export class InstrumentRegistry implements EngineTap {
  readonly #instruments = new Map<string, Instrument>();
  readonly #assets = new Map<string, Asset>(CURRENCIES.map((asset) => [asset.code, asset]));
  #revision = 0;

  async load(store: Pick<Store, 'instruments' | 'assets'>): Promise<void> {
    for (const asset of await store.assets()) this.#assets.set(asset.code, asset);
    this.#revision += 1;
    for (const instrument of await store.instruments()) this.put(instrument);
  }

  /** Another number after every change: as long as it stays, so does everything here. */
  get revision(): number {
    return this.#revision;
  }

  get(symbol: string): Instrument | undefined {
    return this.#instruments.get(symbol);
  }

  /** All instruments, by symbol. */
  list(): Instrument[] {
    return [...this.#instruments.values()].sort((a, b) => (a.symbol < b.symbol ? -1 : 1));
  }

  asset(code: string): Asset | undefined {
    return this.#assets.get(code);
  }

  assets(): Asset[] {
    return [...this.#assets.values()];
  }

  put(instrument: Instrument): void {
    this.#revision += 1;
    this.#instruments.set(instrument.symbol, instrument);
    if (!this.#assets.has(instrument.base)) {
      this.#assets.set(instrument.base, {
        code: instrument.base,
        decimals: instrument.base_decimals,
        kind: 'SECURITY',
      });
    }
  }

  onBatch(batch: readonly SymbolBatch[]): void {
    for (const { symbol, instrument } of batch) {
      if (this.#instruments.get(symbol) !== instrument) this.put(instrument);
    }
  }
}
