import { isDeepStrictEqual } from 'node:util';
import { ExchangeError } from '../../domain/errors.ts';
import type { Asset, Instrument } from '../../domain/instrument.ts';
import { parseDecimal } from '../../domain/money.ts';
import { type OrderRecord, RECORD_VERSION } from '../../domain/records.ts';
import type { Cache } from '../../ports/cache.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Store } from '../../ports/store.ts';
import type { Stream } from '../../ports/stream.ts';
import type { AuditLog } from './audit.ts';
import {
  buildInstrument,
  changeInstrument,
  type FixedTerms,
  type NewSymbol,
  refuseOtherUnits,
  type SymbolTerms,
} from './build-instrument.ts';
import { Turns, waitUntil } from './wait.ts';
import { written } from './written.ts';

const APPLIED_WITHIN_MS = 5_000;
/** The set of symbols that may be traded (contract, section 1). */
const ACTIVE_SYMBOLS = 'active:symbols';

export interface SymbolAdminDeps {
  stream: Pick<Stream, 'append'>;
  ordersTopic: string;
  store: Pick<Store, 'instruments'>;
  cache: Pick<Cache, 'setAdd' | 'setRemove' | 'setMembers'>;
  instruments: {
    get(symbol: string): Instrument | undefined;
    list(): Instrument[];
    asset(code: string): Asset | undefined;
  };
  audit: AuditLog;
  clock: Clock;
}

/**
 * Instruments are made and changed by records in the orders stream. A call answers when the change holds for the next
 * order: the engine has it (the registry follows the engine) and so has the store. Repeating a call changes nothing more.
 */
export class SymbolAdmin {
  readonly #deps: SymbolAdminDeps;
  readonly #turns = new Turns();

  constructor(deps: SymbolAdminDeps) {
    this.#deps = deps;
  }

  /** The cache may have been lost: makes `active:symbols` say again what the instruments say. */
  async start(): Promise<void> {
    const { cache, instruments } = this.#deps;
    const listed = new Set(
      instruments
        .list()
        .filter(isListed)
        .map(({ symbol }) => symbol),
    );
    const stale = (await cache.setMembers(ACTIVE_SYMBOLS)).filter((symbol) => !listed.has(symbol));
    await cache.setAdd(ACTIVE_SYMBOLS, ...listed);
    await cache.setRemove(ACTIVE_SYMBOLS, ...stale);
  }

  /** @throws ExchangeError INVALID_INSTRUMENT, ASSET_UNKNOWN, SYMBOL_EXISTS, UNAVAILABLE */
  create(actor: string, given: NewSymbol): Promise<Instrument> {
    return this.#turns.take(given.symbol, async () => {
      const { instruments, clock } = this.#deps;
      const built = buildInstrument(given, (code) => instruments.asset(code), clock.now());
      const current = instruments.get(given.symbol);
      if (current === undefined || current.status === 'DELISTED') {
        if (current !== undefined && !sameUnits(current, built)) throw exists(given.symbol);
        return this.#set(actor, 'CREATE_SYMBOL', current, built);
      }
      if (!sameTerms(current, built, given)) throw exists(given.symbol);
      await this.#stored(current);
      return current;
    });
  }

  /** @throws ExchangeError SYMBOL_UNKNOWN, INVALID_INSTRUMENT, UNAVAILABLE */
  change(actor: string, symbol: string, terms: SymbolTerms & FixedTerms): Promise<Instrument> {
    return this.#turns.take(symbol, async () => {
      const current = this.#known(symbol);
      refuseOtherUnits(current, terms);
      const changed = changeInstrument(current, terms, this.#deps.clock.now());
      if (isDeepStrictEqual(changed, current)) return current;
      const onlyStatus = isDeepStrictEqual({ ...changed, status: current.status }, current);
      return this.#set(actor, onlyStatus ? 'SET_STATUS' : 'CHANGE_SYMBOL', current, changed, onlyStatus);
    });
  }

  /** The instrument trades no longer; its open orders are cancelled by the engine. Its history stays. */
  delist(actor: string, symbol: string): Promise<Instrument> {
    return this.#turns.take(symbol, async () => {
      const current = this.#known(symbol);
      if (current.status === 'DELISTED') return current;
      return this.#set(actor, 'DELIST_SYMBOL', current, { ...current, status: 'DELISTED' }, true);
    });
  }

  /** Ends the session of a symbol: DAY orders expire, the reference rolls to the last price or to the one given. */
  dayClose(actor: string, symbol: string, referencePrice: number | string | undefined): Promise<Instrument> {
    return this.#turns.take(symbol, async () => {
      const { audit, clock } = this.#deps;
      const current = this.#known(symbol);
      const reference = referencePrice === undefined ? undefined : positive(referencePrice, current);
      if (referencePrice !== undefined) changeInstrument(current, { reference_price: referencePrice }, clock.now());
      const after = { reference_price: reference ?? 'last price' };
      const before = { reference_price: current.reference_price };
      await audit.record({ actor, action: 'DAY_CLOSE', target: symbol, before, after }, async () => {
        await this.#publish({
          ...this.#recordBase(symbol),
          action: 'DAY_CLOSE',
          ...(reference === undefined ? {} : { reference_price: reference }),
        });
        // The engine makes the definition anew at every close, even where it says the same.
        const closed = () => this.#known(symbol) !== current;
        if (!(await waitUntil(clock, APPLIED_WITHIN_MS, closed))) throw notYet();
      });
      return this.#known(symbol);
    });
  }

  #known(symbol: string): Instrument {
    const instrument = this.#deps.instruments.get(symbol);
    if (instrument === undefined) throw new ExchangeError('SYMBOL_UNKNOWN');
    return instrument;
  }

  async #set(
    actor: string,
    action: string,
    before: Instrument | undefined,
    after: Instrument,
    onlyStatus = false,
  ): Promise<Instrument> {
    const { symbol } = after;
    const act = { actor, action, target: symbol, before: before ?? null, after };
    await this.#deps.audit.record(act, async () => {
      const base = this.#recordBase(symbol);
      await this.#publish(
        onlyStatus
          ? { ...base, action: 'SET_STATUS', status: after.status }
          : { ...base, action: 'SET_INSTRUMENT', instrument: after },
      );
      await this.#applied(after);
    });
    if (isListed(after)) await this.#deps.cache.setAdd(ACTIVE_SYMBOLS, symbol);
    else await this.#deps.cache.setRemove(ACTIVE_SYMBOLS, symbol);
    return this.#known(symbol);
  }

  #recordBase(symbol: string) {
    return { v: RECORD_VERSION, symbol, timestamp: this.#deps.clock.now(), route_epoch: 0 } as const;
  }

  async #publish(record: OrderRecord): Promise<void> {
    const value = new TextEncoder().encode(JSON.stringify(record));
    await written(this.#deps.stream.append(this.#deps.ordersTopic, [{ key: record.symbol, value }]));
  }

  async #applied(wanted: Instrument): Promise<void> {
    const { clock, instruments } = this.#deps;
    const engine = () => isDeepStrictEqual(instruments.get(wanted.symbol), wanted);
    if (!(await waitUntil(clock, APPLIED_WITHIN_MS, engine))) throw notYet();
    await this.#stored(wanted);
  }

  async #stored(wanted: Instrument): Promise<void> {
    const { clock, store } = this.#deps;
    const stored = async () =>
      (await store.instruments()).some(({ symbol, status }) => symbol === wanted.symbol && status === wanted.status);
    if (!(await waitUntil(clock, APPLIED_WITHIN_MS, stored))) throw notYet();
  }
}

function isListed({ status }: Instrument): boolean {
  return status !== 'DELISTED';
}

/** What orders and wallets are counted in cannot change under a symbol that was traded before. */
function sameUnits(one: Instrument, other: Instrument): boolean {
  const units = ({ base, quote, price_decimals, quantity_decimals }: Instrument) => [
    base,
    quote,
    price_decimals,
    quantity_decimals,
  ];
  return isDeepStrictEqual(units(one), units(other));
}

/** The terms as created. Status is state, not a term, and so is a reference price that the caller does not name. */
function sameTerms(current: Instrument, built: Instrument, given: NewSymbol): boolean {
  const reference_price = given.reference_price === undefined ? current.reference_price : built.reference_price;
  return isDeepStrictEqual({ ...built, status: current.status, reference_price }, current);
}

function positive(price: number | string, { price_decimals }: Instrument): number {
  const units = parseDecimal(price, price_decimals);
  if (typeof units !== 'number' || units < 1) {
    throw new ExchangeError('INVALID_REQUEST', `reference_price is no price with at most ${price_decimals} decimals.`);
  }
  return units;
}

function exists(symbol: string): ExchangeError {
  return new ExchangeError('SYMBOL_EXISTS', `${symbol} exists with other terms; change it with PATCH.`);
}

function notYet(): ExchangeError {
  return new ExchangeError(
    'UNAVAILABLE',
    'The change is durable but not applied yet; the same call again is safe.',
    undefined,
    1,
  );
}
