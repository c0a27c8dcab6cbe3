import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { ValkeyCache } from '../../src/adapters/cache/valkey/valkey-cache.ts';
import { readConfig } from '../../src/entrypoints/node/config.ts';
import { createExchange } from '../../src/entrypoints/node/exchange.ts';
import { silentLog } from '../../src/ports/log.ts';
import { redisMissing, startRedis } from '../servers/redis.ts';

const missing = redisMissing();

if (missing) console.log(`depth cache and backup cache on two servers not run: ${missing}`);
else {
  test('depth cache and backup cache are two servers: market data in one, snapshots in the other', async () => {
    const servers = await Promise.all([startRedis(), startRedis()]);
    const [depth, backup] = await Promise.all(
      servers.map((server) => ValkeyCache.connect({ ...server, log: silentLog })),
    );
    const folder = await mkdtemp(join(tmpdir(), 'supernoba-caches-'));
    try {
      assert.ok(depth !== undefined && backup !== undefined);
      const environment = {
        ...{ PORT: '0', DATA_DIR: folder },
        ...{ DEPTH_CACHE_HOST: servers[0].host, DEPTH_CACHE_PORT: String(servers[0].port) },
        ...{ REDIS_HOST: servers[1].host, REDIS_PORT: String(servers[1].port) },
      };
      const exchange = await createExchange(readConfig(environment), silentLog);
      await exchange.admin.symbols.create('ops', { symbol: 'TEST', reference_price: 100 });
      await exchange.quiesce();
      await exchange.stop();
      assert.deepEqual(await depth.setMembers('active:symbols'), ['TEST']);
      assert.notEqual(await depth.get('ticker:TEST'), undefined);
      assert.notEqual(await backup.get('snapshot:TEST'), undefined);
      assert.deepEqual(await depth.keys('snapshot*'), []);
      assert.deepEqual(
        (await backup.keys('*')).filter((key) => !key.startsWith('snapshot')),
        [],
      );
    } finally {
      await Promise.all([depth?.close(), backup?.close()]);
      await Promise.all(servers.map((server) => server.stop()));
      await rm(folder, { recursive: true, force: true });
    }
  });
}
