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
 * until it is closed; purchases against another quote are not counted.
 */
export function costAfter(
  basis: CostBasis,
  held: number,
  traded: { asset: string; bought: number; paid: number; sold: number },
): CostBasis {
  const open = held > 0 && basis.cost_asset !== null ? basis : { cost: 0, cost_asset: traded.asset };
  const counted = open.cost_asset === traded.asset;
  const total = open.cost + (counted ? traded.paid : 0);
  const left = held + traded.bought - traded.sold;
  if (left <= 0) return { cost: 0, cost_asset: null };
  const cost = traded.sold === 0 ? total : Math.floor((total / (held + traded.bought)) * left);
  return { cost, cost_asset: open.cost_asset };
}
