import type { Clock } from '../../ports/clock.ts';

/** How long the rest of the process may be kept waiting at a time. */
const SLICE_MS = 1;
/** An order passes several turns of the event loop: with a slice in each of them it would wait for all of these slices. */
const PAUSE_MS = 3;

/** Runs work that was cut into steps, a little at a time, and leaves most of the time to whatever else is there to do. */
export async function inSlices<T>(steps: Generator<void, T, void>, clock: Clock): Promise<T> {
  let began = clock.monotonic();
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
    if (clock.monotonic() - began < SLICE_MS) continue;
    await clock.sleep(PAUSE_MS);
    began = clock.monotonic();
  }
}
