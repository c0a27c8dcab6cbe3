import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { SystemChance, SystemClock } from '../../src/adapters/clock/system.ts';
import { EmbeddedStream } from '../../src/adapters/stream/embedded/stream.ts';
import { AuditLog } from '../../src/services/admin/audit.ts';

test('the newest acts come first and none is missing, over however many files of the log they lie', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'supernoba-audit-'));
  const [clock, chance] = [new SystemClock(), new SystemChance()];
  const stream = await EmbeddedStream.open({ folder, clock, chance, segmentBytes: 2_000 });
  try {
    const audit = new AuditLog({ stream, topic: 'audit', clock, chance });
    await audit.start();
    for (let i = 0; i < 60; i++) {
      const act = { actor: 'root', action: 'DEPOSIT', target: `user${i}`, before: null, after: null };
      await audit.record(act, async () => {});
    }
    const targets = (from: number, to: number) => Array.from({ length: from - to + 1 }, (_, i) => `user${from - i}`);
    const first = await audit.list(50);
    assert.deepEqual(
      first.entries.map(({ target }) => target),
      targets(59, 10),
    );
    const rest = await audit.list(50, first.next);
    assert.deepEqual(
      rest.entries.map(({ target }) => target),
      targets(9, 0),
    );
    assert.equal(rest.next, undefined);
  } finally {
    await stream.close();
    await rm(folder, { recursive: true, force: true });
  }
});
