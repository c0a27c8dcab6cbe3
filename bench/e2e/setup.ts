import { RestClient } from '../../client/src/index.ts';

/** The bench's own admin. */
export function adminOf(url: string): RestClient {
  return new RestClient({ url, credentials: { testUserId: 'bench-admin', admin: true } });
}

/** Instruments with limits off and no fees; accounts with more than the run can spend. */
export async function openMarket(
  admin: RestClient,
  symbols: readonly string[],
  users: readonly string[],
): Promise<void> {
  for (const symbol of symbols) {
    await admin.request('POST /admin/symbols', {
      body: { symbol, quote: 'KRW', price_decimals: 0, tick_size: 1, price_limit_pct: null },
    });
  }
  const deposit = (id: string, asset: string, amount: number) =>
    admin.request('POST /admin/accounts/{id}/deposit', { path: { id }, body: { asset, amount } });
  for (const user of users) {
    await deposit(user, 'KRW', 1_000_000_000_000);
    for (const symbol of symbols) await deposit(user, symbol, 100_000_000);
  }
}

/** Milliseconds until every consumer of every stream has caught up. */
export async function settlementLag(admin: RestClient): Promise<number> {
  const started = performance.now();
  while ((await lagRecords(admin)) > 0) {
    if (performance.now() - started > 120_000) throw new Error('settlement did not catch up within two minutes');
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  return performance.now() - started;
}

/** Records that some consumer has not handled, summed over all streams. */
async function lagRecords(admin: RestClient): Promise<number> {
  const { streams } = await admin.request('GET /admin/streams');
  return streams.flatMap(({ consumers }) => consumers).reduce((sum, { lag }) => sum + lag, 0);
}
