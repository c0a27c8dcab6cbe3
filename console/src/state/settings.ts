import { signal } from '@preact/signals';
import { RestClient, type Settings } from '@supernoba/client';
import { setMarketZone } from '../lib/market-clock.ts';

/** undefined until the exchange has answered. */
export const settings = signal<Settings | undefined>(undefined);

export async function loadSettings(): Promise<Settings> {
  if (settings.value === undefined) {
    const told = await new RestClient({ url: '' }).request('GET /config');
    setMarketZone(told.market_time_zone);
    settings.value = told;
  }
  return settings.value;
}
