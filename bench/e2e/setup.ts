const ADMIN = { 'content-type': 'application/json', 'x-user-id': 'bench-admin', 'x-user-role': 'admin' };

async function call(url: string, path: string, body?: object): Promise<unknown> {
  const init = body === undefined ? { headers: ADMIN } : { method: 'POST', headers: ADMIN, body: JSON.stringify(body) };
  const response = await fetch(url + path, init);
  const text = await response.text();
  if (!response.ok) throw new Error(`${path}: ${response.status} ${text}`);
  return JSON.parse(text);
}

/** Instruments with limits off and no fees; accounts with more than the run can spend. */
export async function openMarket(url: string, symbols: readonly string[], users: readonly string[]): Promise<void> {
  for (const symbol of symbols) {
    await call(url, '/admin/symbols', { symbol, quote: 'KRW', price_decimals: 0, tick_size: 1, price_limit_pct: null });
  }
  for (const user of users) {
    await call(url, `/admin/accounts/${user}/deposit`, { asset: 'KRW', amount: 1_000_000_000_000 });
    for (const symbol of symbols)
      await call(url, `/admin/accounts/${user}/deposit`, { asset: symbol, amount: 100_000_000 });
  }
}

/** Milliseconds until every consumer of every stream has caught up. */
export async function settlementLag(url: string): Promise<number> {
  const started = performance.now();
  while ((await lagRecords(url)) > 0) {
    if (performance.now() - started > 120_000) throw new Error('settlement did not catch up within two minutes');
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  return performance.now() - started;
}

/** Records that some consumer has not handled, summed over all streams (`lag` wherever /admin/streams tells one). */
async function lagRecords(url: string): Promise<number> {
  return sumOfLags(await call(url, '/admin/streams'));
}

function sumOfLags(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  return Object.entries(value).reduce((sum, [key, inner]) => {
    return sum + (key === 'lag' && typeof inner === 'number' ? inner : sumOfLags(inner));
  }, 0);
}
