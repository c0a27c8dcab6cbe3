import { said, type Text } from '../lib/phrases.ts';
import { different } from './words.ts';

/** One comparison of a test: what the market should have done, and what it did. */
export interface Check {
  what: Text;
  expected: string;
  actual: string;
  passed: boolean;
}

/** What was wrong with the market, in both languages. */
export class TestFailure extends Error {
  readonly text: Text;

  constructor(text: Text) {
    super(said(text));
    this.name = 'TestFailure';
    this.text = text;
  }
}

/** The comparisons of one test in order. One that fails ends the test; it and those before it are kept. */
export class Checks {
  readonly all: Check[] = [];
  readonly #changed: () => void;

  constructor(changed: () => void = () => {}) {
    this.#changed = changed;
  }

  equal(what: Text, actual: unknown, expected: unknown): void {
    const [is, should] = [textOf(actual), textOf(expected)];
    this.all.push({ what, expected: should, actual: is, passed: is === should });
    this.#changed();
    if (is !== should) throw new TestFailure(different(what, should, is));
  }
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? '–');
}
