import { marketClock } from '../../lib/market-clock.ts';

/** Day and time in market time: `2026-11-21 15:04:05`. */
export function stampText(epochMs: number): string {
  return `${marketClock().dateText(epochMs)} ${marketClock().timeText(epochMs)}`;
}
