import { signal } from '@preact/signals';
import { RestClient } from '@supernoba/client';

/** What `GET /config` tells anybody about this exchange. */
export interface Settings {
  version: string;
  /** Whether this page may name its user itself. */
  test_mode: boolean;
  supabase_url: string | null;
  /** Public by design: it only names the project. */
  supabase_anon_key: string | null;
  api_key_required: boolean;
}

/** undefined until the exchange has answered. */
export const settings = signal<Settings | undefined>(undefined);

export async function loadSettings(): Promise<Settings> {
  settings.value ??= await new RestClient({ url: '' }).call<Settings>('GET', '/config');
  return settings.value;
}
