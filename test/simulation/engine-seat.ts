import type { MatchingEngineService } from '../../src/services/matching-engine/service.ts';

/** The place of the engine in a process, where one engine may follow another: shards are given up here and taken over there. */
export class EngineSeat {
  engine: MatchingEngineService;
  readonly #make: () => MatchingEngineService;
  #left: MatchingEngineService[] = [];
  #move: Promise<void> = Promise.resolve();

  constructor(make: () => MatchingEngineService) {
    this.#make = make;
    this.engine = make();
  }

  /** The engine stops, with its snapshots written, and another takes all its shards over. */
  change(): Promise<void> {
    return this.#alone(async () => {
      const old = this.engine;
      await old.stop();
      this.#left.push(old);
      this.engine = this.#make();
      await this.engine.start();
    });
  }

  /** Everything in memory is forgotten and comes back from snapshots and log. */
  restore(): Promise<void> {
    return this.#alone(() => this.engine.restoreSnapshot());
  }

  /** A symbol is taken away and comes back as it was then; its records meanwhile are caught up on. */
  moveSymbol(symbol: string, data: Uint8Array, pause: () => Promise<void>): Promise<void> {
    return this.#alone(async () => {
      await this.engine.removeOrderBook(symbol);
      await pause();
      await this.engine.restoreOrderBook(symbol, data);
    });
  }

  /** Resolves when no move is under way. */
  still(): Promise<void> {
    return this.#move;
  }

  /** Partitions that stand still, of all engines that sat here. */
  failures(): { partition: number; error: Error }[] {
    return [...this.#left, this.engine].flatMap(({ failures }) => failures);
  }

  #alone(work: () => Promise<void>): Promise<void> {
    const done = this.#move.then(work);
    this.#move = done.catch(() => {});
    return done;
  }
}
