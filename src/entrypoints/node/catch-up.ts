import type { Clock } from '../../ports/clock.ts';
import { CommandError } from './commands/command.ts';

const POLL_MS = 5;
const PATIENCE_MS = 30_000;

/**
 * Waits until nothing is behind the log any more: `behind` counts what is, and falls while things move.
 * @throws CommandError when it has not fallen for half a minute of looking (a full disk, a store that refuses everything):
 * a process that ends and says so is started again by whoever watches it, one that waits for ever is not
 */
export async function caughtUp(behind: () => Promise<number>, clock: Clock): Promise<void> {
  let least = Number.POSITIVE_INFINITY;
  for (let looks = 0; ; looks += 1) {
    const left = await behind();
    if (left === 0) return;
    if (left < least) looks = 0;
    least = Math.min(least, left);
    if (looks * POLL_MS >= PATIENCE_MS) {
      throw new CommandError(
        `the start stands still, ${left} records and messages are not worked through: what keeps them is in the lines above`,
      );
    }
    await clock.sleep(POLL_MS);
  }
}
