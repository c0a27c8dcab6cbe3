import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { beforeEach, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { type HubUnderTest, startHub } from '../../../../test/support/hub.ts';
import { InProcessCache } from '../../../adapters/cache/in-process/in-process-cache.ts';
import { SimulatedClock } from '../../../adapters/clock/simulated.ts';
import { PrometheusMetrics } from '../../../adapters/metrics/prometheus.ts';
import type { Cache } from '../../../ports/cache.ts';
import { silentLog } from '../../../ports/log.ts';
import { CancelOnDisconnect } from './cancel-on-disconnect.ts';
import { ConnectionKeys } from './connection-keys.ts';
import { LIMITS } from './limits.ts';

let metrics: PrometheusMetrics;
let t: HubUnderTest;

beforeEach(() => {
  metrics = new PrometheusMetrics();
});

/** A client that shakes hands and then says nothing more, not even pong; it may stop reading too. */
async function mute(...frames: string[]) {
  const socket = connect({ port: t.port, host: '127.0.0.1' });
  socket.on('error', () => undefined);
  socket.write(
    `GET /ws?testMode=true&userId=mute HTTP/1.1\r\nHost: 127.0.0.1:${t.port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
      'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n',
  );
  await new Promise((resolve) => socket.once('data', resolve));
  for (const text of frames) {
    const body = Buffer.from(text);
    socket.write(Buffer.concat([Buffer.from([0x81, 0x80 | body.length, 0, 0, 0, 0]), body]));
  }
  const gone = new Promise<void>((resolve) => socket.on('close', () => resolve()));
  socket.resume();
  return { socket, gone };
}

/** Figures of one moment. */
async function gauges(...names: string[]): Promise<number[]> {
  const lines = (await metrics.text()).split('\n');
  return names.map((name) => Number(lines.find((each) => each.startsWith(`${name} `))?.split(' ')[1]));
}

test('a connection that is silent for two heartbeats is closed; one that answers pings stays', async () => {
  // The hub's clock is the test's, the sockets are real.
  const clock = new SimulatedClock();
  t = await startHub({ clock, metrics });
  const lively = await t.connect('?testMode=true&userId=lively');
  const { gone } = await mute();
  const pass = async (ms: number) => {
    for (let passed = 0; passed < ms; passed += 1_000) {
      await clock.advance(1_000);
      // Ping and pong travel in real time.
      await sleep(5);
    }
  };
  assert.equal(t.hub.size, 2);
  await pass(LIMITS.heartbeatMs);
  assert.equal(t.hub.size, 2);
  await pass(2 * LIMITS.heartbeatMs + 2_000);
  await gone;
  assert.deepEqual(
    t.hub.connections().map(({ userId }) => userId),
    ['lively'],
  );
  assert.match(await metrics.text(), /ws_closed_total\{why="silent"\} 1/);
  assert.equal((await lively.ask({ action: 'ping' })).type, 'PONG');
  lively.ws.close();
  await lively.closed;
  await t.close();
});

/** A clock on which time can pass while nothing runs, as for a frozen process. */
class HaltingClock extends SimulatedClock {
  #stood = 0;

  override monotonic(): number {
    return super.monotonic() + this.#stood;
  }

  stillFor(ms: number): void {
    this.#stood += ms;
  }
}

test('a process that stood still takes nobody for silent: it had asked nobody, and could hear nobody', async () => {
  const clock = new HaltingClock();
  t = await startHub({ clock, metrics });
  const client = await t.connect('?testMode=true&userId=lively');
  await client.ask({ action: 'cancel_on_disconnect', after_ms: 0 });
  await clock.advance(1_000);
  clock.stillFor(10 * LIMITS.heartbeatMs);
  await clock.advance(LIMITS.heartbeatMs / 2);
  assert.equal(t.hub.size, 1);
  assert.equal((await client.ask({ action: 'ping' })).type, 'PONG');
  assert.deepEqual(t.massCancels, []);
  client.ws.close();
  await client.closed;
  await t.close();
});

test('a symbol that is watched again while the sweep takes it off the list is put back on it', async () => {
  const clock = new SimulatedClock();
  const cache = new InProcessCache(clock);
  const beforeRemoval = async () => {
    keys.watching('g.2', 'TEST', 'sub');
    await keys.flush();
  };
  const keys: ConnectionKeys = new ConnectionKeys({
    ...{ clock, log: silentLog, gatewayId: 'g' },
    cache: new Proxy<Cache>(cache, {
      get(target, name) {
        const value: unknown = Reflect.get(target, name, target);
        if (typeof value !== 'function') return value;
        return async (...args: unknown[]) => {
          if (name === 'setRemove' && args[0] === 'subscribed:symbols') await beforeRemoval();
          return value.apply(target, args);
        };
      },
    }),
  });
  await cache.setAdd('subscribed:symbols', 'TEST');
  await keys.sweep();
  await keys.flush();
  assert.deepEqual(await cache.setMembers('subscribed:symbols'), ['TEST']);
  await keys.close();
  await cache.close();
});

test('a gateway that has stopped goes on cancelling for nobody', async () => {
  const clock = new SimulatedClock();
  const cache = new InProcessCache(clock);
  let attempts = 0;
  const massCancel = async () => {
    attempts += 1;
    throw new Error('the router is away');
  };
  const cancels = new CancelOnDisconnect({ router: { massCancel }, cache, clock, log: silentLog });
  await cancels.arm('u1', 'c1');
  cancels.lost('u1', 'c1', 0);
  await clock.advance(100);
  assert.equal(attempts, 1);
  cancels.close();
  await clock.advance(60_000);
  assert.equal(attempts, 1);
  await cache.close();
});

test('the metrics tell how many clients are behind, and how far the slowest', async () => {
  t = await startHub({ metrics });
  const { socket } = await mute('{"action":"subscribe","main":"TEST"}');
  socket.pause();
  const pad = 'x'.repeat(400_000);
  const end = Date.now() + 90_000;
  let [behind = 0, lagMax = 0] = [0, 0];
  // The kernel may take more at any time, so that it is behind only for moments.
  for (let u = 1; behind !== 1 || lagMax === 0; u++) {
    assert.ok(Date.now() < end, `the client that does not read: ${behind} behind, by ${lagMax} s`);
    [behind = 0, lagMax = 0] = await gauges('ws_clients_behind', 'ws_client_lag_max_seconds');
    await t.cache.set('depth:TEST', JSON.stringify({ e: 'd', s: 'TEST', t: u, b: [], a: [], pad, u }));
    t.streamer.changed('TEST');
    await sleep(20);
  }
  socket.destroy();
  while ((await gauges('ws_clients_behind'))[0] !== 0) {
    assert.ok(Date.now() < end, 'who has left is still counted');
    await sleep(50);
  }
  await t.close();
});
