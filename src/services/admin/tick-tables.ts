import type { TickBand } from '../../domain/instrument.ts';

/** Tick tables by name, in whole units of the quote currency. */
export const TICK_TABLES: Record<string, readonly TickBand[]> = {
  /** Korea Exchange, shares, since 2023-01-25 (KOSPI, KOSDAQ and KONEX alike). */
  KRX: [
    { from: 0, tick: 1 },
    { from: 2_000, tick: 5 },
    { from: 5_000, tick: 10 },
    { from: 20_000, tick: 50 },
    { from: 50_000, tick: 100 },
    { from: 200_000, tick: 500 },
    { from: 500_000, tick: 1_000 },
  ],
  /** Upbit's KRW market since 2025-07-31. Its steps below 1 KRW, for prices under 100, have no place where the won has no decimals. */
  UPBIT: [
    { from: 0, tick: 1 },
    { from: 5_000, tick: 5 },
    { from: 10_000, tick: 10 },
    { from: 50_000, tick: 50 },
    { from: 100_000, tick: 100 },
    { from: 500_000, tick: 500 },
    { from: 1_000_000, tick: 1_000 },
  ],
};
