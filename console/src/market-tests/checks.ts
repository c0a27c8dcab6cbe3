/** One comparison of a test: what the market should have done, and what it did. */
export interface Check {
  what: string;
  expected: string;
  actual: string;
  passed: boolean;
}

/** The comparisons of one test in order. One that fails ends the test; it and those before it are kept. */
export class Checks {
  readonly all: Check[] = [];
  readonly #changed: () => void;

  constructor(changed: () => void = () => {}) {
    this.#changed = changed;
  }

  equal(what: string, actual: unknown, expected: unknown): void {
    const [is, should] = [textOf(actual), textOf(expected)];
    this.all.push({ what, expected: should, actual: is, passed: is === should });
    this.#changed();
    if (is !== should) throw new Error(`${what}: expected ${should}, got ${is}`);
  }
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? 'nothing');
}
