/** Collects what is wrong: every difference is counted, the first ones are kept as readable lines. */
export class Findings {
  static readonly KEPT = 20;
  count = 0;
  readonly first: string[] = [];

  add(line: string): void {
    this.count += 1;
    if (this.first.length < Findings.KEPT) this.first.push(line);
  }

  /** A finding unless the two are the same. */
  expect(what: string, actual: unknown, expected: unknown): void {
    if (actual !== expected) this.add(`${what} is ${String(actual)}, the log says ${String(expected)}`);
  }
}
