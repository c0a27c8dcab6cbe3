import type { Archive } from '../../src/ports/archive.ts';
import type { Cache } from '../../src/ports/cache.ts';
import { type Stream, StreamWriteError } from '../../src/ports/stream.ts';

/** A process that dies at a certain write: from then on nothing it does reaches the world, whatever it still believes. */
export class Mortal {
  #writesLeft: number;
  /** Whether the last write still happens, its answer being lost with the process. */
  readonly #lastOneLands: boolean;
  readonly death: Promise<void>;
  #died: () => void = () => {};

  constructor(writes = Number.POSITIVE_INFINITY, lastOneLands = false) {
    this.#writesLeft = writes;
    this.#lastOneLands = lastOneLands;
    this.death = new Promise((resolve) => {
      this.#died = resolve;
    });
  }

  die(): void {
    this.#writesLeft = 0;
    this.#died();
  }

  get isDead(): boolean {
    return this.#writesLeft <= 0;
  }

  async #write<T>(act: () => Promise<T>): Promise<T> {
    const wasAlive = !this.isDead;
    this.#writesLeft -= 1;
    if (this.isDead) this.#died();
    if (wasAlive && (!this.isDead || this.#lastOneLands)) {
      const result = await act();
      if (!this.isDead) return result;
    }
    throw new StreamWriteError('the process is dead', 'unknown');
  }

  stream(of: Stream): Stream {
    return {
      ensureTopic: (topic, options) => of.ensureTopic(topic, options),
      topics: () => of.topics(),
      deleteTopic: (topic) => of.deleteTopic(topic),
      append: (topic, records) => this.#write(() => of.append(topic, records)),
      read: (topic, partition, offset, max) => of.read(topic, partition, offset, max),
      bounds: (topic, partition) => of.bounds(topic, partition),
      partitionOf: (topic, key) => of.partitionOf(topic, key),
      close: () => of.close(),
      consume: (consumer) =>
        of.consume({
          ...consumer,
          onBatch: async (partition, records) => {
            if (this.isDead) throw new Error('the process is dead');
            await consumer.onBatch(partition, records);
          },
        }),
    };
  }

  archive(of: Archive): Archive {
    return {
      get: (key) => of.get(key),
      list: (prefix) => of.list(prefix),
      put: (key, value) => this.#write(() => of.put(key, value)),
      delete: (key) => this.#write(() => of.delete(key)),
    };
  }

  cache(of: Cache): Cache {
    return new Proxy(of, {
      get: (target, name) => {
        const member: unknown = Reflect.get(target, name, target);
        if (typeof member !== 'function') return member;
        const call = (...args: unknown[]) => Reflect.apply(member, target, args);
        return name === 'get' || name === 'keys'
          ? call
          : (...args: unknown[]) => this.#write(async () => call(...args));
      },
    });
  }
}
