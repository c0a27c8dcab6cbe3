import type { Clock } from '../../ports/clock.ts';
import { CommandError } from './commands/command.ts';

const POLL_MS = 5;
const START_PATIENCE_MS = 30_000;

/**
 * Waits until nothing is behind the log any more: `behind` counts what is, and falls while things move.
 * @returns what is left when it has not fallen for `patienceMs` of looking; 0 when all is worked through
 */
export async function workedThrough(behind: () => Promise<number>, clock: Clock, patienceMs: number): Promise<number> {
  let least = Number.POSITIVE_INFINITY;
  for (let looks = 0; ; looks += 1) {
    const left = await behind();
    if (left < least) looks = 0;
    least = Math.min(least, left);
    if (left === 0 || looks * POLL_MS >= patienceMs) return left;
    await clock.sleep(POLL_MS);
  }
}

/**
 * @throws CommandError when nothing has moved for half a minute (a full disk, a store that refuses everything): a process
 * that ends and says so is started again by whoever watches it, one that waits for ever is not
 */
export async function caughtUp(behind: () => Promise<number>, clock: Clock): Promise<void> {
  const left = await workedThrough(behind, clock, START_PATIENCE_MS);
  if (left === 0) return;
  throw new CommandError(
    `the start stands still, ${left} records and messages are not worked through: what keeps them is in the lines above`,
  );
}
