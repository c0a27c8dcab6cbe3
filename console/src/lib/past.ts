/** What is over, newest first: orders that have ended, fills. Rows never change once they are here. */
export class Past<T> {
  readonly #key: (row: T) => string;
  readonly #time: (row: T) => number;
  readonly #newestKept: number;
  #newest = new Map<string, T>();
  readonly #older = new Map<string, T>();

  /** @param newestKept how many rows stay of those that came by themselves; pages that were asked for stay all */
  constructor(key: (row: T) => string, time: (row: T) => number, newestKept: number) {
    this.#key = key;
    this.#time = time;
    this.#newestKept = newestKept;
  }

  /** Rows that came by themselves: the newest as they are read. A row that is no longer among them stays. */
  add(rows: readonly T[]): void {
    for (const row of rows) this.#newest.set(this.#key(row), row);
    if (this.#newest.size <= this.#newestKept) return;
    const kept = [...this.#newest].sort(([, a], [, b]) => this.#time(b) - this.#time(a)).slice(0, this.#newestKept);
    this.#newest = new Map(kept);
  }

  /** A page that was asked for. */
  addOlder(rows: readonly T[]): void {
    for (const row of rows) this.#older.set(this.#key(row), row);
  }

  clear(): void {
    this.#newest.clear();
    this.#older.clear();
  }

  get all(): T[] {
    return [...new Map([...this.#older, ...this.#newest]).values()].sort((a, b) => this.#time(b) - this.#time(a));
  }
}
