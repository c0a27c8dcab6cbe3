import { computed, effect, signal } from '@preact/signals';
import type { Ticker } from '@supernoba/client';
import { current, currentName, tickerOf } from './market.ts';
import { resyncs } from './resync.ts';
import { connection, rest } from './session.ts';

/** What a day has traded is not pushed; the price is, so highest and lowest need not wait for the next reading. */
const READ_EVERY_MS = 3_000;

const read = signal<Ticker | undefined>(undefined);

/** The market day of the shown market so far, in human decimals: null before its first trade. */
export const day = computed(() => {
  const item = current.value;
  const told = read.value;
  if (item === undefined || told === undefined || told.symbol !== item.symbol) return undefined;
  const live = tickerOf(item.symbol).value;
  const { open, high, low, volume } = told;
  if (live === undefined || high === null || low === null) return { open, high, low, volume };
  const price = live.p / 10 ** item.price_decimals;
  return { open, high: Math.max(high, price), low: Math.min(low, price), volume };
});

/** From now on the day of the shown market is read, at once and again and again. */
export function followDay(): void {
  effect(() => {
    void resyncs.value;
    const symbol = currentName.value;
    if (symbol === undefined || connection.value !== 'open') return undefined;
    const look = async () => {
      if (document.hidden) return;
      const told = await rest.peek().request('GET /ticker', { query: { symbol } });
      if (currentName.peek() === symbol) read.value = told;
    };
    const timer = setInterval(() => void look().catch(() => {}), READ_EVERY_MS);
    look().catch(() => {});
    return () => clearInterval(timer);
  });
}
