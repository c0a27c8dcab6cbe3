import type { RestClient } from '../../client/src/index.ts';

/** A Prometheus histogram as the server tells it, in seconds. */
export interface ServerHistogram {
  name: string;
  count: number;
  sum: number;
  /** Upper bound and cumulative count, ascending. */
  buckets: [bound: number, count: number][];
}

export interface ServerMetrics {
  histograms: Map<string, ServerHistogram>;
  values: Map<string, number>;
}

export async function readMetrics(client: RestClient): Promise<ServerMetrics> {
  return parseMetrics(await client.request('GET /metrics'));
}

export function parseMetrics(text: string): ServerMetrics {
  const histograms = new Map<string, ServerHistogram>();
  const values = new Map<string, number>();
  const of = (name: string) => {
    const histogram = histograms.get(name) ?? { name, count: 0, sum: 0, buckets: [] };
    histograms.set(name, histogram);
    return histogram;
  };
  for (const line of text.split('\n')) {
    const [, name = '', labels = '', value = ''] = /^(\w+)(?:\{([^}]*)\})? (\S+)$/.exec(line) ?? [];
    if (name === '') continue;
    const number = Number(value);
    const bound = /le="([^"]+)"/.exec(labels)?.[1];
    const others = labels.replace(/,?le="[^"]+",?/, '');
    const series = (suffix: string) => `${name.slice(0, -suffix.length)}${others === '' ? '' : `{${others}}`}`;
    if (name.endsWith('_bucket') && bound !== undefined) {
      of(series('_bucket')).buckets.push([bound === '+Inf' ? Number.POSITIVE_INFINITY : Number(bound), number]);
    } else if (name.endsWith('_seconds_sum')) of(series('_sum')).sum = number;
    else if (name.endsWith('_seconds_count')) of(series('_count')).count = number;
    else values.set(labels === '' ? name : `${name}{${labels}}`, number);
  }
  return { histograms, values };
}

/** What happened between two readings. */
export function between(before: ServerMetrics, after: ServerMetrics): ServerHistogram[] {
  return [...after.histograms.values()].flatMap((later) => {
    const earlier = before.histograms.get(later.name);
    const count = later.count - (earlier?.count ?? 0);
    if (count === 0) return [];
    const buckets = later.buckets.map(([bound, n], i): [number, number] => [
      bound,
      n - (earlier?.buckets[i]?.[1] ?? 0),
    ]);
    return [{ name: later.name, count, sum: later.sum - (earlier?.sum ?? 0), buckets }];
  });
}

/** The bucket bound (seconds) below which a share of the observations lies; infinite past the last bound. */
export function quantileBound({ count, buckets }: ServerHistogram, share: number): number {
  return buckets.find(([, n]) => n >= count * share)?.[0] ?? Number.POSITIVE_INFINITY;
}
