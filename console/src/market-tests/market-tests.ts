import type { Text } from '../lib/phrases.ts';
import { failureTexts } from '../lib/refusal.ts';
import { testCandles } from './candles.ts';
import { type Check, Checks, TestFailure } from './checks.ts';
import { clearDesk, closeDesk, type Desk, type DeskOptions, openDesk } from './desk.ts';
import { testCrossing, testImmediate, testPartialFill } from './matching.ts';
import { testRace } from './race.ts';
import { testReconnect } from './reconnect.ts';

export type TestName = 'candles' | 'crossing' | 'partial' | 'immediate' | 'race' | 'reconnect';

/** A test of the live market. It resolves with one line of what was seen, and throws when the market was wrong. */
type Test = (desk: Desk, checks: Checks) => Promise<Text>;

const TESTS: Record<TestName, Test> = {
  candles: testCandles,
  crossing: testCrossing,
  partial: testPartialFill,
  immediate: testImmediate,
  race: testRace,
  reconnect: testReconnect,
};

export const TEST_NAMES: readonly TestName[] = ['candles', 'crossing', 'partial', 'immediate', 'race', 'reconnect'];
/** It waits for a minute to pass, so it runs beside the others, on a market where only its script trades. */
const ALONE: readonly TestName[] = ['candles'];

export interface Outcome {
  state: 'running' | 'passed' | 'failed';
  /** One line: what was seen, or what was wrong. */
  detail: Text | undefined;
  checks: readonly Check[];
  ms: number;
}

/** Runs tests on the live exchange, and tells of every outcome as it forms. Resolves when all have ended. */
export async function runTests(
  names: readonly TestName[],
  options: DeskOptions,
  tell: (name: TestName, outcome: Outcome) => void,
): Promise<void> {
  const alone = names.filter((name) => ALONE.includes(name)).map((name) => runOnDesk([name], options, tell));
  const together = names.filter((name) => !ALONE.includes(name));
  await Promise.all([...alone, ...(together.length === 0 ? [] : [runOnDesk(together, options, tell)])]);
}

/** One market for all of them, one after the other; the last one also answers for its clearing away. */
async function runOnDesk(
  names: readonly TestName[],
  options: DeskOptions,
  tell: (name: TestName, outcome: Outcome) => void,
): Promise<void> {
  const [first, last] = [names[0], names.at(-1)];
  if (first === undefined || last === undefined) return;
  const opened = new Run(first, tell);
  let desk: Desk;
  try {
    desk = await openDesk(options);
  } catch (error) {
    for (const name of names) new Run(name, tell).failed(error);
    return;
  }
  let run = opened;
  for (const name of names) {
    if (name !== first) run = new Run(name, tell);
    await run.on(desk, TESTS[name], name === last);
  }
}

/** One test on its way to its outcome. */
class Run {
  readonly #started = performance.now();
  readonly #tell: (outcome: Omit<Outcome, 'ms' | 'checks'>) => void;
  readonly #checks: Checks;

  constructor(name: TestName, tell: (name: TestName, outcome: Outcome) => void) {
    this.#tell = (outcome) =>
      tell(name, { ...outcome, checks: [...this.#checks.all], ms: performance.now() - this.#started });
    this.#checks = new Checks(() => this.#tell({ state: 'running', detail: undefined }));
    this.#tell({ state: 'running', detail: undefined });
  }

  async on(desk: Desk, test: Test, isLast: boolean): Promise<void> {
    try {
      const detail = await test(desk, this.#checks);
      await clearDesk(desk, this.#checks);
      if (isLast) await closeDesk(desk);
      this.#tell({ state: 'passed', detail });
    } catch (error) {
      this.failed(error);
      if (isLast) await closeDesk(desk).catch(() => {});
    }
  }

  failed(error: unknown): void {
    this.#tell({ state: 'failed', detail: error instanceof TestFailure ? error.text : failureTexts(error) });
  }
}
