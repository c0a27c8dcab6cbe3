import { ExchangeError } from '../../domain/errors.ts';
import type { Instrument } from '../../domain/instrument.ts';
import { toDecimal } from '../../domain/money.ts';
import type { EntryResult } from '../../ports/store.ts';

/**
 * The store's refusal as the caller is told it. The store speaks in units; what leaves the exchange over REST are human
 * decimals, in the details too: amounts beside the asset that they are of, else quantities of the instrument.
 * `instrument`: the order's, where the refusal may be about either.
 */
export function refusalOf(refused: Extract<EntryResult, { kind: 'REFUSED' }>, instrument?: Instrument): ExchangeError {
  const { code, details } = refused;
  if (details === undefined || instrument === undefined) return new ExchangeError(code, undefined, details);
  const decimals = 'asset' in details ? decimalsOf(instrument, details.asset) : instrument.quantity_decimals;
  const told = Object.entries(details).map(([name, value]) => [
    name,
    typeof value === 'number' ? toDecimal(value, decimals) : value,
  ]);
  return new ExchangeError(code, undefined, Object.fromEntries(told));
}

function decimalsOf(instrument: Instrument, asset: unknown): number {
  return asset === instrument.quote ? instrument.quote_decimals : instrument.base_decimals;
}
