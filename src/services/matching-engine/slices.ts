import { setImmediate } from 'node:timers/promises';
import type { Clock } from '../../ports/clock.ts';

/** How long the rest of the process may be kept waiting. */
const SLICE_MS = 2;

/** Runs work that was cut into steps, and lets whatever else is ready run in between. */
export async function inSlices<T>(steps: Generator<void, T, void>, clock: Clock): Promise<T> {
  let began = clock.monotonic();
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
    if (clock.monotonic() - began < SLICE_MS) continue;
    await setImmediate();
    began = clock.monotonic();
  }
}
