import { after, test } from 'node:test';
import fc from 'fast-check';
import { ValkeyCache } from '../../../src/adapters/cache/valkey/valkey-cache.ts';
import { silentLog } from '../../../src/ports/log.ts';
import { lives } from '../../market-data/lives.ts';
import { redisMissing, startRedis } from '../../servers/redis.ts';

const missing = redisMissing();

if (missing) console.log(`market data on a cache server not run: ${missing}`);
else {
  const server = await startRedis();
  after(() => server.stop());

  test('on a real cache server every timeframe equals a straight computation, through crashes and replays', async () => {
    const openCache = async () => {
      const cache = await ValkeyCache.connect({ ...server, log: silentLog });
      await cache.flush();
      return cache;
    };
    await fc.assert(lives(openCache), { numRuns: Number(process.env.RUNS ?? 15) });
  });
}
