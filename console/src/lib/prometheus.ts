/** Sum over all label sets of one metric in Prometheus' text format; 0 when it is not there. */
export function sumOf(text: string, name: string): number {
  let sum = 0;
  for (const line of text.split('\n')) {
    if (!line.startsWith(name)) continue;
    const next = line[name.length];
    if (next === ' ' || next === '{') sum += Number(line.slice(line.lastIndexOf(' ') + 1)) || 0;
  }
  return sum;
}

/** A histogram's cumulative counts by upper bound, over all other label sets. Ascending, the last bound is Infinity. */
export function bucketsOf(text: string, name: string): ReadonlyMap<number, number> {
  const counts = new Map<number, number>();
  for (const line of text.split('\n')) {
    if (!line.startsWith(`${name}_bucket{`)) continue;
    const bound = /le="([^"]+)"/.exec(line)?.[1];
    if (bound === undefined) continue;
    const upper = bound === '+Inf' ? Number.POSITIVE_INFINITY : Number(bound);
    counts.set(upper, (counts.get(upper) ?? 0) + (Number(line.slice(line.lastIndexOf(' ') + 1)) || 0));
  }
  return new Map([...counts].sort(([a], [b]) => a - b));
}

/**
 * The quantile of what was observed between two readings of a histogram: the upper bound of the bucket it falls in (the
 * largest finite bound for what lies above all); 0 when nothing was observed.
 */
export function quantileBetween(
  before: ReadonlyMap<number, number> | undefined,
  after: ReadonlyMap<number, number> | undefined,
  share: number,
): number {
  const grown = [...(after ?? [])].map(([bound, count]) => [bound, count - (before?.get(bound) ?? 0)] as const);
  const total = grown.at(-1)?.[1] ?? 0;
  if (total === 0) return 0;
  const found = grown.find(([, count]) => count >= total * share)?.[0] ?? 0;
  return Number.isFinite(found) ? found : (grown.at(-2)?.[0] ?? 0);
}
