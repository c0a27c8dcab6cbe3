import { parseArgs } from 'node:util';
import { REGRESSIONS } from './regressions.ts';
import { runSeed, type SeedResult } from './run-seed.ts';

// npm run simulate -- [--seed N] [--seconds S] [--trace]
// Runs seeds, fresh ones unless --seed names the first, for so many seconds (60). A bare --seed N runs that one seed and prints
// its trace hash. --trace prints every event of a single seed.

/** In front of fresh seeds. */
const KNOWN = REGRESSIONS.map(({ seed }) => seed);

const { values } = parseArgs({
  options: {
    seed: { type: 'string' },
    seconds: { type: 'string' },
    trace: { type: 'boolean', default: false },
  },
});

function wholeNumber(name: string, text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 0) {
    console.error(`simulate: --${name} takes a whole number, not "${text}".`);
    process.exit(2);
  }
  return value;
}

function report(result: SeedResult): void {
  console.error(`seed ${result.seed} failed after ${result.effects} effects, ${result.crashes} crashes:`);
  for (const failure of result.failures) console.error(`  ${failure}`);
  console.error(`  plan ${JSON.stringify(result.plan)}`);
  console.error(`reproduce: npm run simulate -- --seed ${result.seed}`);
}

async function runOne(seed: number): Promise<void> {
  const result = await runSeed(seed, values.trace ? { onTrace: (line) => console.log(line) } : {});
  const { orders, crashes, powerLosses, effects, virtualMs } = result;
  console.log(
    `seed ${seed}: ${orders} orders, ${crashes} crashes (${powerLosses} power losses), ${effects} effects, ${(virtualMs / 1000).toFixed(1)} virtual s`,
  );
  console.log(`trace ${result.trace}`);
  if (result.failures.length === 0) return;
  report(result);
  process.exitCode = 1;
}

async function runMany(first: number, seconds: number, known: readonly number[]): Promise<void> {
  const started = performance.now();
  const total = { seeds: 0, orders: 0, crashes: 0, powerLosses: 0, virtualMs: 0, failed: 0 };
  console.log(`seeds from ${first} for ${seconds} s`);
  for (let next = 0; performance.now() - started < seconds * 1_000; next++) {
    const result = await runSeed(known[next] ?? first + next - known.length);
    total.seeds++;
    total.orders += result.orders;
    total.crashes += result.crashes;
    total.powerLosses += result.powerLosses;
    total.virtualMs += result.virtualMs;
    if (result.failures.length === 0) continue;
    total.failed++;
    report(result);
    if (total.failed >= 5) break;
  }
  const perSecond = (total.seeds / ((performance.now() - started) / 1_000)).toFixed(1);
  console.log(
    `${total.seeds} seeds (${perSecond}/s), ${total.orders} orders, ${total.crashes} crashes, ${total.powerLosses} power losses, ` +
      `${(total.virtualMs / 3_600_000).toFixed(2)} virtual hours, ${total.failed} failed`,
  );
  if (total.failed > 0) process.exitCode = 1;
}

if (values.seed !== undefined && values.seconds === undefined) await runOne(wholeNumber('seed', values.seed));
else {
  const fresh = Math.floor(Math.random() * 2 ** 31);
  const first = values.seed === undefined ? fresh : wholeNumber('seed', values.seed);
  await runMany(first, wholeNumber('seconds', values.seconds ?? '60'), values.seed === undefined ? KNOWN : []);
}
