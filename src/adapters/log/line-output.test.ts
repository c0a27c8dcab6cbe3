import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { closeSync, constants, mkdtempSync, openSync, readFileSync, readSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { LineOutput } from './line-output.ts';

const folder = mkdtempSync(join(tmpdir(), 'supernoba-lines-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const lost = (lines: number) => `lost ${lines}\n`;

async function until(holds: () => boolean): Promise<void> {
  for (const deadline = performance.now() + 120_000; !holds(); await sleep(5)) {
    assert.ok(performance.now() < deadline, 'in time');
  }
}

test('lines come in their order, and a flush writes what still waits', async () => {
  const path = join(folder, 'log');
  const fd = openSync(path, 'a');
  const output = new LineOutput(fd, lost);
  output.write('one\n');
  await until(() => readFileSync(path, 'utf8') === 'one\n');
  output.write('two\n');
  await until(() => readFileSync(path, 'utf8') === 'one\ntwo\n');
  const last = new LineOutput(fd, lost);
  last.write('three\n');
  last.write('four\n');
  last.flush();
  await until(() => readFileSync(path, 'utf8').length === 'one\ntwo\nthree\nfour\n'.length);
  closeSync(fd);
});

test('a place that refuses every write costs the lines and nothing else', async () => {
  const path = join(folder, 'unwritable');
  writeFileSync(path, '');
  const fd = openSync(path, 'r');
  const output = new LineOutput(fd, lost);
  for (let line = 0; line < 100; line += 1) {
    output.write('nobody reads this\n');
    await sleep(0);
  }
  output.flush();
  await sleep(20);
  assert.equal(readFileSync(path, 'utf8'), '');
  closeSync(fd);
});

test('a pipe that nobody reads holds a bounded part; its reader is told how much was lost', async () => {
  const path = join(folder, 'pipe');
  assert.equal(spawnSync('mkfifo', [path]).status, 0);
  const fd = openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
  const output = new LineOutput(fd, lost);
  const line = `${'x'.repeat(999)}\n`;
  for (let count = 0; count < 3_000; count += 1) output.write(line);

  const piece = Buffer.alloc(1 << 16);
  let text = '';
  const read = () => {
    try {
      text += piece.toString('utf8', 0, readSync(fd, piece));
    } catch {
      // Nothing there yet.
    }
    return text.includes('the end\n');
  };
  await until(() => {
    read();
    return text.length > 1_000_000;
  });
  output.write('the end\n');
  await until(read);
  const lines = text.trimEnd().split('\n');
  const notice = lines.filter((each) => each.startsWith('lost '));
  assert.equal(notice.length, 1);
  const kept = lines.filter((each) => each.startsWith('x'));
  assert.equal(kept.length + Number(notice[0]?.slice('lost '.length)), 3_000);
  closeSync(fd);
});
