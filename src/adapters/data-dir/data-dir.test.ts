import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { DataDir, DataDirInUseError } from './data-dir.ts';

let parent: string;
let folder: string;

beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), 'supernoba-data-'));
  folder = join(parent, 'data of the exchange');
});
afterEach(() => rm(parent, { recursive: true }));

async function edit(pattern: RegExp, change: (content: Record<string, unknown>) => void): Promise<string> {
  const name = (await readdir(folder)).find((entry) => pattern.test(entry))!;
  const path = join(folder, name);
  const content = JSON.parse(await readFile(path, 'utf8'));
  change(content);
  await writeFile(path, JSON.stringify(content));
  return path;
}

/** A process that opens the folder and says so, then waits to be killed. */
async function holder(): Promise<ChildProcess> {
  const module = pathToFileURL(join(import.meta.dirname, 'data-dir.ts')).href;
  const program = `
    import { DataDir } from ${JSON.stringify(module)};
    await DataDir.open(${JSON.stringify(folder)});
    process.stdout.write('open');
    setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(child.stdout!, 'data');
  return child;
}

test('a first start is clean; an orderly close stays clean; a missing one does not', async () => {
  const first = await DataDir.open(folder);
  assert.equal(first.cleanShutdown, true);
  assert.equal(first.powerLossSuspected, false);
  await first.close({ clean: true });
  const second = await DataDir.open(folder);
  assert.equal(second.cleanShutdown, true);
  await second.close({ clean: false });
  const third = await DataDir.open(folder);
  assert.equal(third.cleanShutdown, false);
  assert.equal(third.powerLossSuspected, false, 'the machine has not started anew');
  await third.close({ clean: true });
});

test('a second start while the first runs is refused in one clear line', async () => {
  const child = await holder();
  try {
    await assert.rejects(DataDir.open(folder), (error: Error) => {
      assert.ok(error instanceof DataDirInUseError);
      assert.match(error.message, new RegExp(`in use by process ${child.pid}`));
      assert.ok(!error.message.includes('\n'));
      return true;
    });
    assert.deepEqual((await readdir(folder)).sort(), ['lock-00000001', 'state.json']);
  } finally {
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
});

test('the lock of a killed process is taken over, and the kill is no power loss', async () => {
  const child = await holder();
  child.kill('SIGKILL');
  await once(child, 'exit');
  const dir = await DataDir.open(folder);
  assert.equal(dir.cleanShutdown, false);
  assert.equal(dir.powerLossSuspected, false);
  await dir.close({ clean: true });
});

test('after a boot the lock of a process whose id lives again is taken over, and power loss is suspected', async () => {
  await DataDir.open(folder);
  await edit(/^lock-/, (content) => {
    content.boot_id = 'an earlier boot';
  });
  await edit(/^state/, (content) => {
    content.boot_id = 'an earlier boot';
  });
  const dir = await DataDir.open(folder);
  assert.equal(dir.powerLossSuspected, true);
  await dir.close({ clean: true });
});

test('a boot that cannot be told counts as changed', async () => {
  const first = await DataDir.open(folder);
  await first.close({ clean: false });
  await edit(/^state/, (content) => {
    content.boot_id = null;
  });
  const dir = await DataDir.open(folder);
  assert.equal(dir.powerLossSuspected, true);
  await dir.close({ clean: true });
});

test(
  'a process id that another process has got since does not hold the folder',
  { skip: process.platform !== 'linux' },
  async () => {
    await DataDir.open(folder);
    await edit(/^lock-/, (content) => {
      content.process_start = '1';
    });
    await (await DataDir.open(folder)).close({ clean: true });
  },
);

test('a holder on another host is believed while its lock is touched, and not much longer', async () => {
  // A dead process: one that lives would go on touching its lock.
  const child = await holder();
  child.kill('SIGKILL');
  await once(child, 'exit');
  const path = await edit(/^lock-/, (content) => {
    content.host = 'elsewhere';
  });
  await assert.rejects(DataDir.open(folder), /on elsewhere/);
  await utimes(path, new Date(), new Date(Date.now() - 60_000));
  await (await DataDir.open(folder)).close({ clean: true });
});

test('of many who take over a dead lock at once exactly one wins', async () => {
  const first = await DataDir.open(folder);
  await first.close({ clean: false });
  const results = await Promise.allSettled(Array.from({ length: 20 }, () => DataDir.open(folder)));
  const winners = results.filter((result) => result.status === 'fulfilled');
  assert.equal(winners.length, 1);
  await winners[0]!.value.close({ clean: true });
});

test('a folder of a newer format and a damaged state file are refused, and the lock is let go', async () => {
  const first = await DataDir.open(folder);
  await first.close({ clean: true });
  await edit(/^state/, (content) => {
    content.format = 99;
  });
  await assert.rejects(DataDir.open(folder), /format 99/);
  await writeFile(join(folder, 'state.json'), '{');
  await assert.rejects(DataDir.open(folder), /damaged/);
  await rm(join(folder, 'state.json'));
  await (await DataDir.open(folder)).close({ clean: true });
});
