/** How wide a number's text is, in digits: separators are half as wide as a digit. */
export function digitsWide(text: string): number {
  const narrow = text.match(/[.,]/g)?.length ?? 0;
  return text.length - narrow / 2;
}

/**
 * The room that each column of numbers needs, in digits. It only grows while the same market is shown, so that columns do
 * not jump with every digit that comes and goes.
 */
export class ColumnRoom {
  readonly #least: readonly number[];
  #market: string | undefined;
  #digits: number[] = [];

  /** @param least what the columns get at least: their headings stand there too */
  constructor(least: readonly number[]) {
    this.#least = least;
  }

  /** @param rows the texts of each row, a column each; @returns the digits of each column */
  fit(market: string | undefined, rows: readonly (readonly string[])[]): readonly number[] {
    if (market !== this.#market) {
      this.#market = market;
      this.#digits = [...this.#least];
    }
    for (const row of rows) {
      row.forEach((text, column) => {
        this.#digits[column] = Math.max(this.#digits[column] ?? 0, digitsWide(text));
      });
    }
    return this.#digits;
  }
}
