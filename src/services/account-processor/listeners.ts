/** Those who want to know. A listener that throws hurts nobody but itself: it is told nothing more. */
export class Listeners<T> {
  readonly #listeners = new Set<(told: T) => void>();

  /** @returns a function that ends the listening */
  add(listener: (told: T) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  tell(told: T): void {
    for (const listener of this.#listeners) {
      try {
        listener(told);
      } catch {
        this.#listeners.delete(listener);
      }
    }
  }
}
