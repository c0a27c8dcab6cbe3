import { MAX_AMOUNT } from '../domain/money.ts';

/**
 * Cost basis of a position, for the average price that is displayed. It decides nothing and may be a little off (a run of
 * trades counts its purchases before its sales); money never depends on it.
 */
export interface CostBasis {
  /** Minor units of `cost_asset` paid for what is still held. */
  cost: number;
  cost_asset: string | null;
}

/**
 * The basis after purchases and sales. `held` is the balance before them. A position keeps the quote asset it was opened in
 * until it is closed; purchases against another quote are not counted. Units that nothing was paid for (a deposit) count at
 * the price of the first purchase, so that the average is that of the purchases.
 */
export function costAfter(
  basis: CostBasis,
  held: number,
  traded: { asset: string; bought: number; paid: number; sold: number },
): CostBasis {
  const isKnown = held > 0 && basis.cost_asset !== null && basis.cost > 0;
  const open = isKnown ? basis : { cost: 0, cost_asset: traded.asset };
  const isGiven = held > 0 && !isKnown && traded.bought > 0;
  const paid = isGiven ? (traded.paid / traded.bought) * (held + traded.bought) : traded.paid;
  const total = open.cost + (open.cost_asset === traded.asset ? paid : 0);
  const left = held + traded.bought - traded.sold;
  if (left <= 0) return { cost: 0, cost_asset: null };
  const cost = traded.sold === 0 ? total : (total / (held + traded.bought)) * left;
  return { cost: Math.min(MAX_AMOUNT, Math.floor(cost)), cost_asset: open.cost_asset };
}

/** The cost after a deposit onto `held`: its units count at the average, which stays what it was. */
export function costAfterDeposit({ cost }: CostBasis, held: number, amount: number): number {
  if (cost <= 0 || held <= 0) return cost;
  return Math.min(MAX_AMOUNT, Math.floor((cost / held) * (held + amount)));
}
