import type { EngineEvent } from '../../domain/events.ts';
import { encodeEvent } from './encode.ts';
import { EngineShard, type ShardOptions } from './shard.ts';

/** A line of input that is no record. */
export interface BadLine {
  /** From 1. */
  line: number;
  reason: string;
}

/**
 * The engine alone (`supernoba match`): contract order records in, one JSON text a line; events out, one JSON text a line.
 * Symbols that no SET_INSTRUMENT has defined trade under a permissive instrument. Empty lines are skipped; a line that is no record is told
 * to `onBadLine` and changes nothing.
 */
export class LineMatcher {
  readonly shard: EngineShard;
  readonly #onBadLine: (bad: BadLine) => void;
  readonly #encoder = new TextEncoder();
  #line = 0;

  constructor(options: Pick<ShardOptions, 'createBook' | 'recentOrders'>, onBadLine: (bad: BadLine) => void) {
    this.shard = new EngineShard({ ...options, permissive: true });
    this.#onBadLine = onBadLine;
  }

  /** The events of one line, each with its line feed; the empty text when there are none. */
  match(line: string): string {
    this.#line += 1;
    if (line.trim() === '') return '';
    let out = '';
    const emit = (event: EngineEvent) => {
      out += `${encodeEvent(event)}\n`;
    };
    const poison = this.shard.applyBytes(this.#encoder.encode(line), emit);
    if (poison !== undefined) this.#onBadLine({ line: this.#line, reason: poison.reason });
    return out;
  }
}
