import type { Clock } from '../../ports/clock.ts';
import type { Log } from '../../ports/log.ts';
import { type Stream, type StreamAppend, StreamWriteError } from '../../ports/stream.ts';

const RECOVERY_PAUSE_MS = 500;
const PAGE = 1_000;

export interface OrdersLogDeps {
  stream: Pick<Stream, 'append' | 'read' | 'bounds' | 'topics'>;
  topic: string;
  clock: Clock;
  log: Log;
}

/**
 * Appends each record exactly once, for a command that comes twice could take effect twice (a replace of the open quantity
 * after fills). Where the end of an append is unknown, the log is read for what it holds before the rest goes again.
 */
export class OrdersLog {
  readonly #deps: OrdersLogDeps;
  /** By partition: everything that this process appended before now stands before this offset. */
  #next: Promise<number[]> | undefined;
  #closed = false;

  constructor(deps: OrdersLogDeps) {
    this.#deps = deps;
  }

  /** From now on an append that fails is not tried again. */
  close(): void {
    this.#closed = true;
  }

  /**
   * Resolves when every record is in the log, durable. Rejects with a StreamWriteError of `written` false when surely none
   * of them is, whatever was tried; any other rejection leaves it open.
   */
  async append(records: readonly StreamAppend[]): Promise<void> {
    const { stream, topic, clock, log } = this.#deps;
    const from = [...(await this.#known())];
    let rest = records;
    for (let mayBeWritten = false; ; ) {
      try {
        if (mayBeWritten) rest = await this.#missing(rest, from);
        if (rest.length > 0) await this.#note(await stream.append(topic, rest));
        return;
      } catch (error) {
        log.error({ err: error, records: rest.length }, 'the orders stream did not take a batch');
        const surelyNot = error instanceof StreamWriteError && error.written === false;
        if (surelyNot && !mayBeWritten) throw error;
        mayBeWritten = true;
        if (this.#closed) throw new Error('the end of an append is unknown', { cause: error });
        await clock.sleep(RECOVERY_PAUSE_MS);
      }
    }
  }

  async #note(positions: readonly { partition: number; offset: number }[]): Promise<void> {
    const next = await this.#next;
    if (!next) return;
    for (const { partition, offset } of positions) next[partition] = Math.max(next[partition] ?? 0, offset + 1);
  }

  #known(): Promise<number[]> {
    this.#next ??= this.#ends().catch((error) => {
      this.#next = undefined;
      throw error;
    });
    return this.#next;
  }

  async #ends(): Promise<number[]> {
    const { stream, topic } = this.#deps;
    const partitions = (await stream.topics()).find((info) => info.topic === topic)?.partitions ?? 0;
    const bounds = Array.from({ length: partitions }, (_, partition) => stream.bounds(topic, partition));
    return (await Promise.all(bounds)).map(({ end }) => end);
  }

  /** The records that the log does not hold. */
  async #missing(records: readonly StreamAppend[], from: readonly number[]): Promise<readonly StreamAppend[]> {
    const { stream, topic } = this.#deps;
    const held = new Set<string>();
    for (const [partition, start] of from.entries()) {
      for (let offset = start; ; ) {
        const page = await stream.read(topic, partition, offset, PAGE);
        for (const { value } of page) held.add(textOf(value));
        if (page.length === 0) break;
        offset = page.at(-1)!.offset + 1;
      }
    }
    return records.filter(({ value }) => !held.has(textOf(value)));
  }
}

function textOf(value: Uint8Array): string {
  return Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('latin1');
}
