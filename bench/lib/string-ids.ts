import { COMMAND_WORDS } from '../../src/matching/book-host.ts';
import { median } from './latency.ts';
import { MatchingRig, type RigOptions } from './matching-rig.ts';
import { measure, type Result } from './measure.ts';
import type { Workload } from './workload.ts';

/**
 * The same workload with ids that arrive as strings: a map gives each new string the next small number, as an engine must that
 * refuses an id it has seen before. Strings are made anew for every run, so that none has its hash cached. Latencies and
 * report text are those of the numbered ids: the commands that reach the book differ only in their numbers.
 */
export async function measureStringIds(workload: Workload, options: RigOptions, runs: number): Promise<Result> {
  const plain = await measure(workload, options, 1);
  const rig = await MatchingRig.start(workload, options);
  const rates: number[] = [];
  for (let run = 0; run < runs; run++) {
    const ids = stringIds(workload);
    const numbers = new Map<string, number>();
    const { seconds } = await rig.runBlocks((commands, first, end) => {
      for (let i = first; i < end; i++) commands[i * COMMAND_WORDS + 1] = numberOf(numbers, ids[i]!);
    });
    rates.push(Math.round(workload.count / seconds));
  }
  await rig.stop();
  return { ...plain, runs: rates, first: rates[0]!, median: median(rates) };
}

function numberOf(numbers: Map<string, number>, id: string): number {
  const known = numbers.get(id);
  if (known !== undefined) return known;
  numbers.set(id, numbers.size);
  return numbers.size - 1;
}

const ID_LENGTH = 20;

/** One fresh flat string per message, as a parser of records makes them. */
function stringIds({ commands, count }: Workload): string[] {
  const text = Buffer.alloc(count * ID_LENGTH);
  for (let i = 0; i < count; i++) {
    const number = commands[i * COMMAND_WORDS + 1]!.toString(36);
    text.write(`ord_${number.padStart(ID_LENGTH - 4, '0')}`, i * ID_LENGTH, 'latin1');
  }
  return Array.from({ length: count }, (_, i) => text.toString('latin1', i * ID_LENGTH, (i + 1) * ID_LENGTH));
}
