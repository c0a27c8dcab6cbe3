import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { startExchange } from '../../../../test/servers/exchange.ts';
import { stopSignal } from './stop-signal.ts';

test('signals of one key press are one; a later one ends the process with the code of its signal', async () => {
  const source = new EventEmitter();
  const ended: number[] = [];
  let now = 50;
  const stopping = stopSignal(
    source,
    () => now,
    (code) => ended.push(code),
  );
  source.emit('SIGINT', 'SIGINT');
  await stopping;
  source.emit('SIGINT', 'SIGINT');
  now += 1_000;
  source.emit('SIGTERM', 'SIGTERM');
  assert.deepEqual(ended, []);
  now += 1;
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) source.emit(signal, signal);
  assert.deepEqual(ended, [130, 143, 129]);
});

for (const signal of ['SIGINT', 'SIGHUP'] as const) {
  test(
    `${signal} and one more at once, as by a terminal and npm, stop the exchange in order`,
    { timeout: 300_000 },
    async () => {
      const dataDir = mkdtempSync(join(tmpdir(), 'supernoba-signal-'));
      try {
        const exchange = await startExchange({ dataDir });
        exchange.process.kill(signal);
        // Two of a kind at once may be told as one by the system; two kinds are always two.
        exchange.process.kill('SIGTERM');
        assert.equal(await exchange.exited, 0, exchange.stderr());
        assert.equal(JSON.parse(readFileSync(join(dataDir, 'state.json'), 'utf8')).clean, true);
      } finally {
        rmSync(dataDir, { recursive: true, force: true });
      }
    },
  );
}
