/** A price level of a book, in integers of the instrument. */
export type Level = readonly [price: number, quantity: number];

export interface Rung {
  price: number;
  quantity: number;
  /** Open quantity from the best price up to this one. */
  cumulative: number;
}

/** Levels with their running sum, best first. */
export function rungsOf(levels: readonly Level[], most: number): Rung[] {
  let cumulative = 0;
  return levels.slice(0, most).map(([price, quantity]) => {
    cumulative += quantity;
    return { price, quantity, cumulative };
  });
}

/**
 * The live best levels, and behind them those of a reading that goes deeper. Of the reading only what lies beyond the last
 * live price is taken: up to there the live book knows better.
 * @param live best first
 * @param liveMost how many levels the live book shows: with fewer, the side has no others
 */
export function deepened(live: readonly Level[], deep: readonly Level[], liveMost: number): Level[] {
  const last = live.at(-1);
  const best = live[0];
  if (last === undefined || best === undefined || live.length < liveMost) return [...live];
  const falling = last[0] < best[0];
  return [...live, ...deep.filter(([price]) => (falling ? price < last[0] : price > last[0]))];
}
