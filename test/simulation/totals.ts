import type { SeedResult } from './run-seed.ts';

/** What many seeds add up to. */
export interface Totals {
  seeds: number;
  orders: number;
  crashes: number;
  powerLosses: number;
  rebuilds: number;
  pglite: number;
  virtualMs: number;
  cpuMs: number;
  failed: number;
}

export function noTotals(): Totals {
  return {
    seeds: 0,
    orders: 0,
    crashes: 0,
    powerLosses: 0,
    rebuilds: 0,
    pglite: 0,
    virtualMs: 0,
    cpuMs: 0,
    failed: 0,
  };
}

export function addResult(totals: Totals, result: SeedResult): void {
  totals.seeds++;
  totals.orders += result.orders;
  totals.crashes += result.crashes;
  totals.powerLosses += result.powerLosses;
  totals.rebuilds += result.rebuilds;
  if (result.store === 'pglite') totals.pglite++;
  totals.virtualMs += result.virtualMs;
  if (result.failures.length > 0) totals.failed++;
}

export function addTotals(into: Totals, more: Totals): void {
  for (const name of Object.keys(into) as (keyof Totals)[]) into[name] += more[name];
}

/** One line; `seconds`: of the wall. */
export function totalsLine(totals: Totals, seconds: number): string {
  const { seeds, orders, crashes, powerLosses, rebuilds, pglite, virtualMs, cpuMs, failed } = totals;
  return (
    `${seeds} seeds (${(seeds / seconds).toFixed(1)}/s, ${(seeds / (cpuMs / 1_000)).toFixed(1)} a CPU second, ${pglite} on PGlite), ` +
    `${orders} orders, ${crashes} crashes, ${powerLosses} power losses, ${rebuilds} stores made again, ` +
    `${(virtualMs / 3_600_000).toFixed(2)} virtual hours, ${failed} failed`
  );
}
