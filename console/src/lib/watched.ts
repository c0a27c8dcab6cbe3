/** The exchange sends the tickers of so many symbols to one connection, and refuses a subscription to more as a whole. */
export const TICKERS_MOST = 500;

/**
 * The symbols whose tickers are asked for, in the order of the list: all of them where the exchange sends as many, else those
 * that must have a price, then those in sight, then the rest.
 */
export function watchedSymbols(
  listed: readonly string[],
  needed: ReadonlySet<string>,
  inSight: ReadonlySet<string>,
  most = TICKERS_MOST,
): string[] {
  if (listed.length <= most) return [...listed];
  const rank = (symbol: string) => (needed.has(symbol) ? 0 : inSight.has(symbol) ? 1 : 2);
  const chosen = new Set([...listed].sort((a, b) => rank(a) - rank(b)).slice(0, most));
  return listed.filter((symbol) => chosen.has(symbol));
}
