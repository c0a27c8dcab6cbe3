import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { runSupernoba } from '../../../../test/servers/exchange.ts';

const folder = mkdtempSync(join(tmpdir(), 'supernoba cli '));
after(() => rmSync(folder, { recursive: true, force: true }));

const COMMANDS = ['start', 'rebuild', 'audit', 'match', 'replay', 'generate'];

const order = (id: string, isBuy: boolean, price: number, quantity: number) =>
  JSON.stringify({ action: 'ADD', symbol: 'TEST', order_id: id, user_id: `u-${id}`, is_buy: isBuy, price, quantity });

test('--help names every command, and every command explains itself', async () => {
  const program = await runSupernoba(['--help']);
  assert.equal(program.code, 0);
  for (const command of COMMANDS) assert.match(program.stdout, new RegExp(`\\n  ${command} +\\S`));
  const helps = await Promise.all(COMMANDS.map((command) => runSupernoba([command, '--help'])));
  helps.forEach(({ code, stdout }, index) => {
    assert.equal(code, 0);
    assert.match(stdout, new RegExp(`Usage: supernoba ${COMMANDS[index]}`));
    assert.match(stdout, /Options:[\s\S]*Examples:/);
  });
  assert.match(helps[0]?.stdout ?? '', /--rate-limit-ip-rpm N[\s\S]*environment: RATE_LIMIT_IP_RPM/);
});

test('--version prints the version of the package', async () => {
  const { version } = JSON.parse(readFileSync(join(import.meta.dirname, '../../../../package.json'), 'utf8'));
  assert.deepEqual(await runSupernoba(['--version']), { code: 0, stdout: `${version}\n`, stderr: '' });
});

test('what cannot be understood is one clear line on standard error and exit code 2', async () => {
  const cases = [
    ['fly'],
    ['--fly'],
    ['match', '--fly'],
    ['generate'],
    ['generate', '--out', folder, '--orders', 'many'],
  ];
  cases.push(['start', '--port', 'x'], ['replay', '--book', 'b.csv'], ['match', 'orders.jsonl']);
  cases.push(['help', 'fly'], ['start', '--port', '-5'], ['start', '--host', '']);
  for (const args of cases) {
    const { code, stdout, stderr } = await runSupernoba(args);
    assert.equal(code, 2, `${args.join(' ')}: ${stderr}`);
    assert.equal(stdout, '');
    assert.match(stderr, /^supernoba: [^\n]+\n$/);
  }
});

test('a start that the world around refuses is one clear line and exit code 1', async () => {
  const file = join(folder, 'a file');
  writeFileSync(file, '');
  const taken = createServer().listen(0, '127.0.0.1');
  await once(taken, 'listening');
  const { port } = taken.address() as AddressInfo;
  try {
    const data = (name: string) => ['--data-dir', join(folder, name), '--log-level', 'error'];
    const cases: [args: string[], says: RegExp][] = [
      [['--data-dir', file, '--port', '0'], /a file/],
      [['--data-dir', join(file, 'below'), '--port', '0'], /a file lies where a folder is needed/],
      [['--port', `${port}`, ...data('taken')], /is taken by another program; --port takes another/],
      [['--valkey-host', '127.0.0.1', '--valkey-port', '1', ...data('cache')], /no cache server at 127.0.0.1:1/],
      [['--database-url', 'postgres://u:geheim@127.0.0.1:1/x', ...data('database')], /DATABASE_URL: /],
    ];
    for (const [args, says] of cases) {
      const { code, stderr } = await runSupernoba(['start', ...args], { env: { LOG_LEVEL: 'error' } });
      assert.equal(code, 1, stderr);
      assert.match(stderr, /^supernoba: [^\n]+\n$/);
      assert.match(stderr, says);
      assert.doesNotMatch(stderr, /geheim/);
    }
  } finally {
    taken.close();
  }
});

test('generate: one seed, one flow, byte for byte', async () => {
  const args = (out: string) => ['generate', '--orders', '300', '--depth', '50', '--seed', '9', '--json', '--out', out];
  const [a, b] = [join(folder, 'a'), join(folder, 'b')];
  const [first, second] = await Promise.all([runSupernoba(args(a)), runSupernoba(args(b))]);
  assert.equal(first.code, 0, first.stderr);
  assert.equal(second.code, 0, second.stderr);
  const written = JSON.parse(first.stdout);
  assert.deepEqual([written.counts.book, written.counts.orders], [100, 300]);
  for (const table of ['book0', 'inbound', 'fills']) {
    const read = (out: string) => readFileSync(join(out, `demo.${table}.csv`), 'utf8');
    assert.equal(read(a), read(b));
  }
});

test('match: events of good lines are written, bad lines are named with their number, exit code 1', async () => {
  const input = [order('o1', true, 150, 10), 'not json', '', '{"action":"FLY"}', order('o2', false, 150, 4)].join('\n');
  const { code, stdout, stderr } = await runSupernoba(['match'], { input });
  assert.equal(code, 1);
  assert.match(stderr, /line 2: not JSON[\s\S]*line 4: /);
  const events = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  assert.deepEqual(
    events.map(({ event, seq }) => `${seq} ${event}`),
    ['1 ACCEPTED', '2 ACCEPTED', '3 FILL'],
  );
});

test('match: a snapshot in between changes neither events nor state hash', async () => {
  const lines = Array.from({ length: 200 }, (_, i) => order(`o${i}`, i % 3 === 0, 100 + (i % 7), 1 + (i % 5)));
  const whole = await runSupernoba(['match', '--hash'], { input: lines.join('\n') });
  assert.equal(whole.code, 0, whole.stderr);
  const snapshot = join(folder, 'state.bin');
  const first = await runSupernoba(['match', '--snapshot-out', snapshot], { input: lines.slice(0, 90).join('\n') });
  const rest = await runSupernoba(['match', '--snapshot-in', snapshot, '--hash'], {
    input: lines.slice(90).join('\n'),
  });
  assert.equal(first.stdout + rest.stdout, whole.stdout);
  assert.match(whole.stderr, /^TEST [0-9a-f]{16}\n$/);
  assert.equal(rest.stderr, whole.stderr);

  const bytes = readFileSync(snapshot);
  for (const at of [0, 5, 40, bytes.length - 3]) {
    const damaged = Buffer.from(bytes);
    damaged.writeUInt8(damaged.readUInt8(at) ^ 4, at);
    writeFileSync(join(folder, 'damaged.bin'), damaged);
    const { code, stderr } = await runSupernoba(['match', '--snapshot-in', join(folder, 'damaged.bin')]);
    assert.equal(code, 1, `byte ${at}`);
    assert.match(stderr, /^supernoba: [^\n]*damaged\.bin[^\n]*\n$/);
  }
});

test('match: a file that is not there is one clear line', async () => {
  const { code, stderr } = await runSupernoba(['match', '--snapshot-in', join(folder, 'nowhere')]);
  assert.equal(code, 1);
  assert.match(stderr, /^supernoba: ENOENT[^\n]*\n$/);
});
