import type { Instrument } from '@supernoba/client';

/** What can be done in a market now. */
export type SessionState = 'open' | 'auction' | 'closed' | 'cancelOnly' | 'halted' | 'delisted';

/** Phases of the trading day, where the exchange tells one: a market without phases is always open. */
const PHASES: Readonly<Record<string, SessionState>> = {
  OPEN: 'open',
  AUCTION: 'auction',
  CLOSE: 'closed',
  CLOSED: 'closed',
};

/** @param item `phase` is there once the exchange has a trading day with auctions */
export function sessionState(item: Pick<Instrument, 'status'> & { phase?: string }): SessionState {
  if (item.status === 'DELISTED') return 'delisted';
  if (item.status === 'HALTED') return 'halted';
  if (item.status === 'CANCEL_ONLY') return 'cancelOnly';
  return PHASES[item.phase ?? 'OPEN'] ?? 'open';
}
