import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { ValkeyCache } from '../../src/adapters/cache/valkey/valkey-cache.ts';
import { SystemClock } from '../../src/adapters/clock/system.ts';
import { MarketTime } from '../../src/domain/market-time.ts';
import { silentLog } from '../../src/ports/log.ts';
import { silentMetrics } from '../../src/ports/metrics.ts';
import { MarketDataWriter } from '../../src/services/market-data/writer.ts';
import { Streamer } from '../../src/services/streamer/streamer.ts';
import { redisMissing, startRedis } from '../servers/redis.ts';
import { batchOf, fill } from './events.ts';
import { Screen } from './screen.ts';

const missing = redisMissing();

if (missing) console.log(`gateways on a shared cache not run: ${missing}`);
else {
  const server = await startRedis();
  after(() => server.stop());

  test('two gateways serve their own sockets from the cache that the engine writes, the second one from where it stands', async () => {
    const clock = new SystemClock();
    const shared = { clock, log: silentLog, metrics: silentMetrics };
    const connect = () => ValkeyCache.connect({ ...server, log: silentLog });
    const caches = await Promise.all([connect(), connect(), connect()]);
    const [engineCache, ...gatewayCaches] = caches;
    const writer = new MarketDataWriter({
      ...shared,
      cache: engineCache,
      time: new MarketTime(),
      recover: async () => undefined,
    });
    const streamers = gatewayCaches.map((cache) => new Streamer({ ...shared, cache, source: 'poll' }));
    for (const streamer of streamers) streamer.start();

    const first = await Screen.open(streamers[0]!, 'TEST');
    const tell = (seq: number) =>
      writer.onBatch([batchOf('TEST', [fill(seq, clock.now(), 1_000, seq)], { bids: [[999, seq]] })]);
    const shows = async (screen: Screen, u: number) => {
      const end = clock.monotonic() + 60_000;
      while (screen.of('d').at(-1)?.u !== u || screen.of('trade').at(-1)?.q !== u) {
        assert.ok(clock.monotonic() < end, `no depth and trade ${u}: ${JSON.stringify(screen.messages.slice(-5))}`);
        await sleep(10);
      }
    };
    for (let seq = 1; seq <= 5; seq++) {
      tell(seq);
      await shows(first, seq);
    }
    const second = await Screen.open(streamers[1]!, 'TEST');
    assert.equal(second.of('d')[0]?.u, 5);
    assert.deepEqual(
      second.of('trade').map(({ q }) => q),
      [1, 2, 3, 4, 5],
    );
    for (let seq = 6; seq <= 10; seq++) {
      tell(seq);
      await Promise.all([shows(first, seq), shows(second, seq)]);
    }
    for (const screen of [first, second]) {
      assert.deepEqual(
        screen.of('trade').map(({ q }) => q),
        Array.from({ length: 10 }, (_, i) => i + 1),
      );
    }

    for (const streamer of streamers) streamer.close();
    await writer.close();
    for (const cache of caches) await cache.close();
  });
}
