import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { ValkeyCache } from '../../../src/adapters/cache/valkey/valkey-cache.ts';
import { silentLog } from '../../../src/ports/log.ts';
import { redisMissing, startRedis } from '../../servers/redis.ts';
import { marketSuite } from './market-suite.ts';
import { type CacheUnderTest, cacheSuite } from './suite.ts';

const missing = redisMissing();

if (missing) console.log(`valkey cache conformance not run: ${missing}`);
else {
  const server = await startRedis();
  after(() => server.stop());

  const open = async (): Promise<CacheUnderTest> => {
    const cache = await ValkeyCache.connect({ ...server, log: silentLog });
    await cache.flush();
    return { cache, pass: (seconds) => sleep(seconds * 1000), realTime: true, close: () => cache.close() };
  };

  cacheSuite('valkey', open);
  marketSuite('valkey', open);

  test('valkey: a server that is away is an error at once, and one that came back is used again', async () => {
    const own = await startRedis();
    const cache = await ValkeyCache.connect({ ...own, log: silentLog });
    await cache.set('a', '1');
    await own.stop();
    await assert.rejects(cache.get('a'));
    const back = await startRedis(own.port);
    let answer: string | undefined | Error = new Error('never asked');
    const patience = performance.now() + 60_000;
    while (answer instanceof Error && performance.now() < patience) {
      await sleep(50);
      answer = await cache.get('a').catch((error: Error) => error);
    }
    assert.equal(answer, undefined);
    await cache.close();
    await back.stop();
  });

  test('valkey: no server is one clear error', async () => {
    await assert.rejects(ValkeyCache.connect({ host: '127.0.0.1', port: 1, log: silentLog }), /no cache server at 127/);
  });
}
