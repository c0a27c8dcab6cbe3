/** The sample that `share` of sorted `samples` do not exceed. */
export function percentile(samples: Float64Array, share: number): number {
  if (samples.length === 0) return 0;
  return samples[Math.min(samples.length - 1, Math.floor(samples.length * share))]!;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? 0;
}

/** What the clock itself costs: nanoseconds between two readings with nothing in between, sorted. Part of every sample. */
export function sampleClock(samples: number): Float64Array {
  const costs = new Float64Array(samples);
  for (let i = 0; i < samples; i++) {
    const started = performance.now();
    costs[i] = (performance.now() - started) * 1e6;
  }
  return costs.sort();
}
