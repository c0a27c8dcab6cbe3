import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { WebSocket } from 'ws';
import * as client from '../../../client/src/index.ts';
import { type RunningExchange, startExchange } from '../../servers/exchange.ts';
import { documentedFetch } from '../../support/documented-fetch.ts';
import { launch } from '../browser.ts';
import { type Seen, tradeThroughTrouble } from './scenario.ts';
import { TroubledWire } from './wire.ts';

const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium';
const dataDir = mkdtempSync(join(tmpdir(), 'supernoba-client-'));
let exchange: RunningExchange;
let wire: TroubledWire;

before(async () => {
  exchange = await startExchange({ dataDir });
  wire = await TroubledWire.open(exchange.url);
  const admin = new client.RestClient({
    fetch: documentedFetch,
    url: exchange.url,
    credentials: { testUserId: 'root', admin: true },
  });
  await admin.request('POST /admin/symbols', { body: { symbol: 'TEST', reference_price: 1_000 } });
  for (const id of ['node', 'ws', 'browser']) {
    await admin.request('POST /admin/accounts/{id}/deposit', {
      path: { id },
      body: { asset: 'KRW', amount: 1_000_000 },
    });
  }
});
after(async () => {
  await wire?.close();
  exchange?.process.kill('SIGTERM');
  await exchange?.exited;
  rmSync(dataDir, { recursive: true, force: true });
});

/** A connection and a message were lost, and none of it shows in what the session was told. */
function assertNothingMissed(seen: Seen): void {
  assert.deepEqual(seen.useqs, [1, 2, 3, 4, 5]);
  assert.deepEqual(seen.quantities, [1, 2, 3, 4, 5]);
  assert.deepEqual(seen.gaps, [[4, 4]]);
  assert.ok(seen.states.includes('waiting'), seen.states.join(' '));
  assert.deepEqual([seen.states.at(-2), seen.states.at(-1)], ['open', 'closed']);
  assert.equal(seen.refused, 'SYMBOL_UNKNOWN');
}

test("the client in Node, on Node's own WebSocket", async () => {
  assertNothingMissed(await tradeThroughTrouble(client, wire, { url: wire.url, user: 'node' }));
});

test('the client in Node, on the WebSocket of the package ws', async () => {
  class WithWs extends client.StreamClient {
    constructor(options: client.StreamOptions) {
      super({ ...options, socket: (url) => new WebSocket(url) });
    }
  }
  const seen = await tradeThroughTrouble({ ...client, StreamClient: WithWs }, wire, { url: wire.url, user: 'ws' });
  assertNothingMissed(seen);
});

if (!existsSync(CHROMIUM))
  console.log(`not run: ${CHROMIUM} is not installed (apt-get install chromium, or set CHROMIUM)`);
else {
  test('the client in a browser', async (t) => {
    const browser = await launch();
    t.after(() => browser.close());
    const page = await browser.newPage();
    for (const name of ['cut', 'mend', 'loseNext'] as const) await page.exposeFunction(name, () => wire[name]());
    await page.goto(`${wire.url}/blank`);
    const seen: Seen = await page.evaluate(`(async () => {
      const client = await import('/modules/client/index.ts');
      const { tradeThroughTrouble } = await import('/modules/scenario/scenario.ts');
      return tradeThroughTrouble(client, { cut, mend, loseNext }, { url: location.origin, user: 'browser' });
    })()`);
    assertNothingMissed(seen);
  });
}
