import { signal } from '@preact/signals';
import { RestClient, type Settings } from '@supernoba/client';

/** undefined until the exchange has answered. */
export const settings = signal<Settings | undefined>(undefined);

export async function loadSettings(): Promise<Settings> {
  settings.value ??= await new RestClient({ url: '' }).call<Settings>('GET', '/config');
  return settings.value;
}
