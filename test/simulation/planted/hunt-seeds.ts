import type { Plan } from '../plan.ts';
import { runSeed } from '../run-seed.ts';

// node hunt-seeds.ts FROM COUNT [PLAN]: runs seeds until one fails, and says in one line of JSON which and what it said.

const [from, count] = process.argv.slice(2, 4).map(Number);
const plan: Partial<Plan> = JSON.parse(process.argv[4] ?? '{}');
if (from === undefined || count === undefined) throw new Error('give the first seed and how many');

let orders = 0;
for (let seed = from; seed < from + count; seed++) {
  const result = await runSeed(seed, { plan });
  orders += result.orders;
  if (result.failures.length === 0) continue;
  console.log(JSON.stringify({ seed, seeds: seed - from + 1, failures: result.failures }));
  process.exit(0);
}
console.log(JSON.stringify({ seeds: count, orders, failures: [] }));
process.exit(0);
