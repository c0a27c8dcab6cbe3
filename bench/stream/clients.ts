import { SeededChance } from '../../src/adapters/clock/simulated.ts';
import type { ClientReport, ClientShare, Command, StormReport, TierReport } from './messages.ts';
import { Screen } from './screen.ts';
import { Sessions } from './sessions.ts';

/** A process of clients: opens its share of connections, checks what they get and measures how late. */

/** Connections being opened at one time: after a storm everybody is at the door at once. */
const OPENING = 1_000;
/** One frame in so many is parsed whole. */
const SAMPLE_EVERY = 500;
const LETTER = { c: 0x63, d: 0x64, i: 0x69, t: 0x74, S: 0x53 } as const;
const TIERS = ['realtime', 'public'] as const;

let screens: Screen[] = [];
let share: ClientShare;
let measuring = false;
let messages = 0;
let bytesSeen = 0;
let sampled = 0;
let closed = 0;
let churned = 0;
let opening = 0;
let waiting: Screen[] = [];
let shown = 0;
let onShown = () => {};
const faults: string[] = [];
const ticksEver = { realtime: 0, public: 0 };
/** Lateness in ms of the measured ticks. */
const late: Record<(typeof TIERS)[number], number[]> = { realtime: [], public: [] };

function fault(text: string): void {
  if (faults.length < 20) faults.push(text);
}

/** Beside the bare sockets: sessions of the client package, which check what they get. */
function startSessions(): void {
  const sessions = new Sessions(share, {
    tick: (tier) => {
      ticksEver[tier] += 1;
    },
    churned: () => {
      churned += 1;
    },
    closed: onClosed,
    fault,
  });
  sessions.start();
}

/** The first letters tell the kind: {"e":"d" {"e":"trade" {"e":"tick" {"e":"candle" {"e":"t" {"type" */
function onFrame(screen: Screen, bytes: Buffer, start: number, end: number): void {
  messages += 1;
  bytesSeen += end - start;
  if (messages % SAMPLE_EVERY === 0) sample(bytes, start, end);
  const kind = bytes[start + 6];
  if (bytes[start + 2] === LETTER.t || kind === LETTER.c) return;
  if (kind === LETTER.d) onDepth(screen, bytes, end);
  else if (kind !== LETTER.t) fault(`unknown frame ${bytes.toString('latin1', start, end)}`);
  else if (bytes[start + 7] === LETTER.i) onTick(screen, bytes, start, end);
}

/** `u` is the last field of a depth. */
function onDepth(screen: Screen, bytes: Buffer, end: number): void {
  let u = 0;
  let scale = 1;
  for (let at = end - 2; bytes[at]! >= 0x30 && bytes[at]! <= 0x39; at--, scale *= 10) u += (bytes[at]! - 0x30) * scale;
  if (u < screen.u) fault(`depth of ${screen.symbol} went back from ${screen.u} to ${u}`);
  screen.u = u;
  if (screen.shownAt !== 0) return;
  screen.shownAt = performance.now();
  shown += 1;
  opening -= 1;
  openMore();
  if (shown === screens.length) onShown();
}

/** {"e":"tick","k":123,"t":1733896438267.5} */
function onTick(screen: Screen, bytes: Buffer, start: number, end: number): void {
  ticksEver[screen.tier] += 1;
  if (!measuring) return;
  const text = bytes.toString('latin1', start, end);
  const scheduled = Number(text.slice(text.lastIndexOf(':') + 1, -1));
  late[screen.tier].push(performance.timeOrigin + performance.now() - scheduled);
}

function sample(bytes: Buffer, start: number, end: number): void {
  sampled += 1;
  try {
    const message = JSON.parse(bytes.toString('utf8', start, end)) as { e?: string; type?: string };
    if (message.e === undefined && message.type === undefined) fault('a message without a kind');
    if (message.type === 'ERROR') fault(JSON.stringify(message));
  } catch {
    fault(`no JSON: ${bytes.toString('latin1', start, end)}`);
  }
}

function onClosed(): void {
  closed += 1;
}

function openMore(): void {
  while (opening < OPENING && waiting.length > 0) {
    opening += 1;
    waiting.pop()!.open(share.port, share.from);
  }
}

function openAll(): Promise<void> {
  waiting = [...screens].reverse();
  shown = 0;
  opening = 0;
  const done = new Promise<void>((resolve) => {
    onShown = resolve;
  });
  openMore();
  return done;
}

/** Zipf: symbol k has a share in proportion to 1 / (k + 1). */
function popularity(symbols: number, chance: SeededChance): () => string {
  const sums: number[] = [];
  let sum = 0;
  for (let k = 0; k < symbols; k++) {
    sum += 1 / (k + 1);
    sums.push(sum);
  }
  return () => {
    const at = chance.random() * sum;
    return `S${sums.findIndex((each) => each > at)}`;
  };
}

function tier(name: (typeof TIERS)[number]): TierReport {
  const sorted = Float64Array.from(late[name]).sort();
  const at = (share: number) =>
    Number((sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0).toFixed(2));
  return {
    connections: screens.filter((screen) => screen.tier === name).length,
    ticks: sorted.length,
    p50: at(0.5),
    p90: at(0.9),
    p99: at(0.99),
    p999: at(0.999),
    max: at(1),
  };
}

function report(): ClientReport {
  const cpu = process.cpuUsage();
  return {
    realtime: tier('realtime'),
    public: tier('public'),
    ticksEver,
    messages,
    bytes: bytesSeen,
    faults,
    sampled,
    cpuSeconds: (cpu.user + cpu.system) / 1e6,
    closed,
    churned,
  };
}

async function storm(): Promise<StormReport> {
  for (const screen of screens) screen.drop();
  const startedAt = performance.now();
  await openAll();
  const waits = Float64Array.from(screens, (screen) => screen.shownAt - startedAt).sort();
  return {
    connections: screens.length,
    seconds: (performance.now() - startedAt) / 1_000,
    p50Ms: waits[waits.length >> 1]!,
    p99Ms: waits[Math.floor(waits.length * 0.99)]!,
  };
}

process.on('message', async (command: Command) => {
  if (command.do === 'connect') {
    share = command.share;
    const pick = popularity(share.symbols, new SeededChance(share.seed));
    const handlers = { frame: onFrame, closed: onClosed };
    screens = Array.from(
      { length: share.connections },
      (_, i) => new Screen(share.seed * 1e6 + i, i < share.loggedIn ? 'realtime' : 'public', pick(), handlers),
    );
    await openAll();
    startSessions();
    process.send!('connected');
  } else if (command.do === 'measure') {
    measuring = command.on;
    if (measuring) for (const name of TIERS) late[name].length = 0;
    process.send!('ok');
  } else if (command.do === 'storm') process.send!(await storm());
  else if (command.do === 'report') process.send!(report());
  else if (command.do === 'stop') process.exit(0);
});
process.on('disconnect', () => process.exit(0));
