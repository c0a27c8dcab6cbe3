import type { Bar } from '@supernoba/client';

/** The bars of one chart, ascending by time. */
export class Bars {
  #bars: Bar[] = [];

  get all(): readonly Bar[] {
    return this.#bars;
  }

  get first(): Bar | undefined {
    return this.#bars[0];
  }

  get last(): Bar | undefined {
    return this.#bars.at(-1);
  }

  clear(): void {
    this.#bars = [];
  }

  /** The live bar: replaces the last one or follows it. */
  put(bar: Bar): void {
    if (this.last?.time === bar.time) this.#bars[this.#bars.length - 1] = bar;
    else this.#bars.push(bar);
  }

  /** Takes over a page of history; where both have a bar, the page's counts. @returns how many bars are older than before */
  merge(page: readonly Bar[]): number {
    const before = this.first?.time ?? Infinity;
    const byTime = new Map(this.#bars.map((bar) => [bar.time, bar]));
    for (const bar of page) byTime.set(bar.time, bar);
    this.#bars = [...byTime.values()].sort((a, b) => a.time - b.time);
    return page.filter(({ time }) => time < before).length;
  }

  /**
   * Takes over the newest page of history. Bars known before it that do not reach it are forgotten: those between are not
   * known, and are met again on the way to the left.
   * @returns whether bars were forgotten
   */
  renew(page: readonly Bar[]): boolean {
    const start = page[0]?.time;
    const apart = start !== undefined && (this.first?.time ?? Infinity) < start && this.at(start) === undefined;
    if (apart) this.#bars = this.#bars.filter(({ time }) => time > start);
    this.merge(page);
    return apart;
  }

  /** The bar that starts at an epoch second. */
  at(time: number): Bar | undefined {
    let [low, high] = [0, this.#bars.length - 1];
    while (low <= high) {
      const middle = (low + high) >> 1;
      const bar = this.#bars[middle];
      if (bar === undefined || bar.time === time) return bar;
      if (bar.time < time) low = middle + 1;
      else high = middle - 1;
    }
    return undefined;
  }
}
