import type { EngineEvent } from '../../domain/events.ts';
import type { OrderRecord } from '../../domain/records.ts';
import { type OrderBook, SnapshotError } from '../order-book.ts';
import { decodeRecord, Poison, UNSTATED_HOLD } from './decode.ts';
import { decodeRecords } from './decode-batch.ts';
import { permissiveInstrument } from './instrument-check.ts';
import { KnownOrders, RECENT_ORDERS } from './known-orders.ts';
import { readSymbol, symbolStateHash, writeSymbol } from './snapshot.ts';
import { SymbolEngine } from './symbol-engine.ts';

export interface ShardOptions {
  /** A book whose memory is not the collector's has a `close`, which is called when the shard is done with it. */
  createBook: () => OrderBook & { close?(): void };
  /** How many ids of gone orders each symbol remembers. The same for every engine that reads a log. */
  recentOrders?: number;
  /**
   * Without an exchange around it (`supernoba match`): a symbol that no record has defined trades under a permissive
   * instrument, and a REPLACE that does not say what was held for it is not judged for its funding.
   */
  permissive?: boolean;
}

/**
 * The matching engine of a set of symbols. Pure: no clock, no chance, no input but records, so that the same records give
 * byte-identical events (encodeEvent) and the same state hash in every process. It throws only where an invariant is broken.
 */
export class EngineShard {
  readonly #options: ShardOptions;
  readonly #symbols = new Map<string, SymbolEngine>();

  constructor(options: ShardOptions) {
    this.#options = options;
  }

  /** Applies one record as it stands in the log. A record that can never be applied is returned as poison; nothing has changed. */
  applyBytes(value: Uint8Array, emit: (event: EngineEvent) => void): Poison | undefined {
    const record = this.decode(value);
    return record instanceof Poison ? record : this.apply(record, emit);
  }

  decode(value: Uint8Array): OrderRecord | Poison {
    return decodeRecord(value, this.#unstatedHold);
  }

  /** As decode for each of them, in less time. */
  decodeAll(values: readonly Uint8Array[]): (OrderRecord | Poison)[] {
    return decodeRecords(values, this.#unstatedHold);
  }

  get #unstatedHold(): number {
    return this.#options.permissive === true ? UNSTATED_HOLD : 0;
  }

  /** Applies a record whose shape has been checked (decode, or the type checker). */
  apply(record: OrderRecord, emit: (event: EngineEvent) => void): Poison | undefined {
    const known = this.#symbols.get(record.symbol);
    if (known !== undefined) return known.apply(record, emit);
    const fresh = this.#newSymbol(record);
    const poison = fresh.apply(record, emit);
    if (poison === undefined) this.#symbols.set(record.symbol, fresh);
    else closeBook(fresh.book);
    return poison;
  }

  #newSymbol({ symbol, action }: OrderRecord): SymbolEngine {
    const orders = new KnownOrders(this.#options.recentOrders ?? RECENT_ORDERS);
    const engine = new SymbolEngine(symbol, this.#options.createBook(), orders);
    if (this.#options.permissive === true && action !== 'SET_INSTRUMENT') engine.assume(permissiveInstrument(symbol));
    return engine;
  }

  /** In the order of their names. */
  symbols(): string[] {
    return [...this.#symbols.keys()].sort();
  }

  symbol(symbol: string): SymbolEngine | undefined {
    return this.#symbols.get(symbol);
  }

  /** Everything about one symbol (format: snapshot.ts), or undefined where it is not known. */
  snapshot(symbol: string): Uint8Array | undefined {
    const engine = this.#symbols.get(symbol);
    return engine === undefined ? undefined : writeSymbol(engine);
  }

  /** Puts a symbol in the state of a snapshot, whatever it was in. Throws SnapshotError on any damage and then changes nothing. */
  restore(symbol: string, snapshot: Uint8Array): void {
    const window = this.#options.recentOrders ?? RECENT_ORDERS;
    const book = this.#options.createBook();
    try {
      const engine = readSymbol(snapshot, book, window);
      if (engine.symbol !== symbol) throw new SnapshotError(`The snapshot is of ${engine.symbol}, not of ${symbol}.`);
      this.remove(symbol);
      this.#symbols.set(symbol, engine);
    } catch (error) {
      closeBook(book);
      throw error;
    }
  }

  remove(symbol: string): boolean {
    const engine = this.#symbols.get(symbol);
    if (engine === undefined) return false;
    closeBook(engine.book);
    return this.#symbols.delete(symbol);
  }

  /** 64 bits (hex) of everything that decides the future, of one symbol or of all: the same in equal engines with any book. */
  stateHash(symbol?: string): string {
    if (symbol === undefined)
      return this.symbols()
        .map((name) => `${name}:${this.stateHash(name)}`)
        .join(' ');
    const engine = this.#symbols.get(symbol);
    return engine === undefined ? '' : symbolStateHash(engine);
  }
}

function closeBook(book: OrderBook & { close?(): void }): void {
  book.close?.();
}
