import { join } from 'node:path';
import type { Plan } from '../plan.ts';

/** A bug that somebody could write, and how it must come out. The product's code knows nothing of it. */
export interface PlantedBug {
  /** Lower case, with hyphens: `SUPERNOBA_PLANT=<name>` puts it in. */
  name: string;
  /** The row of docs/PROMISES.md that it breaks: a piece of the row's first column that no other row has. */
  promise: string;
  /** Path from the root of the project. */
  file: string;
  /** Exact text, which stands in the file once. */
  find: string;
  replace: string;
  noticedBy: BySeeds | ByTest;
  /** Caught within a second or two: part of `npm test`. */
  isQuick?: true;
}

/** The simulator must fail within so many seeds, from `from` (1) on: about five times as many as it needed. */
export interface BySeeds {
  seeds: number;
  from?: number;
  /** Fields that take the place of what the seeds draw: to leave the proof to the others. */
  plan?: Partial<Plan>;
}

/** Tests of this file whose names contain `name` must fail. */
export interface ByTest {
  test: string;
  name: string;
  /** How much the test does, where its environment says so. */
  env?: Record<string, string>;
}

export const root = join(import.meta.dirname, '..', '..', '..');
/** Names the bug that the hook (plant.ts) puts into the sources of a process and its children. For tests alone. */
export const PLANT = 'SUPERNOBA_PLANT';
/** A file that the hook makes once the bug is in. */
export const PLANTED_MARK = 'SUPERNOBA_PLANTED_MARK';
/** The matching core with the bug compiled in, where the bug is in its sources. */
export const PLANTED_CORE = 'SUPERNOBA_PLANTED_CORE';

export const CORE = 'src/matching/core/assembly/';

/** Throws when the text to be replaced is not there exactly once: then the code has changed, and the bug must follow it. */
export function plant(bug: PlantedBug, source: string): string {
  const found = source.split(bug.find).length - 1;
  if (found !== 1) throw new Error(`planted bug ${bug.name}: its text stands ${found} times in ${bug.file}, not once`);
  return source.replace(bug.find, () => bug.replace);
}

export function isBySeeds(noticedBy: BySeeds | ByTest): noticedBy is BySeeds {
  return 'seeds' in noticedBy;
}
