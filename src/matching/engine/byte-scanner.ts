import { TextCache } from './text-cache.ts';

const WORD = 8;
const QUOTE = 0x22;
const ZERO = 0x30;
const CLOSE = 0x7d; // }
const MAX_SYMBOL_LENGTH = 10;
/** Numbers of more digits are left to a slower reader: up to here all are exact. */
const MAX_DIGITS = 15;
const FNV_START = 0x811c9dc5 | 0;
const FNV_PRIME = 0x01000193;

/** Bytes to be recognised: 8 or more of ASCII as little-endian doubles, the last of which ends with the text; fewer one by one. */
export interface Pattern {
  readonly words: Float64Array;
  readonly bytes: Uint8Array;
  readonly length: number;
}

export function pattern(text: string): Pattern {
  const bytes = Buffer.from(text);
  const words: number[] = [];
  if (bytes.length >= WORD) {
    for (let at = 0; at + WORD < bytes.length; at += WORD) words.push(bytes.readDoubleLE(at));
    words.push(bytes.readDoubleLE(bytes.length - WORD));
  }
  return { words: Float64Array.from(words), bytes: words.length > 0 ? new Uint8Array(0) : bytes, length: bytes.length };
}

/** 1: stands for itself in a JSON text. Quotes, backslashes, control characters and everything beyond ASCII do not. */
const PLAIN = Uint8Array.from({ length: 256 }, (_, byte) =>
  byte >= 0x20 && byte < 0x7f && byte !== QUOTE && byte !== 0x5c ? 1 : 0,
);
/** 1: A to Z, 0 to 9 (SYMBOL_PATTERN of src/domain/instrument.ts). */
const OF_SYMBOL = Uint8Array.from({ length: 256 }, (_, byte) => (/[A-Z0-9]/.test(String.fromCharCode(byte)) ? 1 : 0));

/** Steps through the bytes of records that are written as expected, eight bytes at a time. */
export class ByteScanner {
  #bytes = Buffer.alloc(1 << 16);
  #view = new DataView(this.#bytes.buffer, this.#bytes.byteOffset, this.#bytes.length);
  readonly #texts = new TextCache();
  #at = 0;
  #end = 0;

  /** Copies the values one behind the other; eight bytes behind the last may be looked at, too. */
  load(values: readonly Uint8Array[]): void {
    let length = WORD;
    for (const value of values) length += value.length;
    if (length > this.#bytes.length) {
      this.#bytes = Buffer.alloc(length * 2);
      this.#view = new DataView(this.#bytes.buffer, this.#bytes.byteOffset, this.#bytes.length);
    }
    let at = 0;
    for (const value of values) {
      this.#bytes.set(value, at);
      at += value.length;
    }
  }

  begin(from: number, to: number): void {
    this.#at = from;
    this.#end = to;
  }

  /** Whether the pattern comes next. */
  isAt({ words, bytes, length }: Pattern): boolean {
    const from = this.#at;
    const last = from + length - WORD;
    if (from + length > this.#end) return false;
    // Equal doubles are equal bytes: no ASCII makes a NaN or a zero.
    for (let i = 0, at = from; i < words.length; i += 1, at += WORD) {
      if (this.#view.getFloat64(at < last ? at : last, true) !== words[i]) return false;
    }
    for (let i = 0; i < bytes.length; i += 1) if (this.#bytes[from + i] !== bytes[i]) return false;
    return true;
  }

  skip(pattern: Pattern): boolean {
    if (!this.isAt(pattern)) return false;
    this.#at += pattern.length;
    return true;
  }

  /** A whole number from 0 on, of up to 15 digits; -1 for anything else. What follows the number is for the next pattern to judge. */
  count(): number {
    const bytes = this.#bytes;
    const from = this.#at;
    const most = Math.min(this.#end, from + MAX_DIGITS);
    let value = 0;
    let at = from;
    for (; at < most; at += 1) {
      const digit = bytes[at]! - ZERO;
      if (digit < 0 || digit > 9) break;
      value = value * 10 + digit;
    }
    this.#at = at;
    const hasLeadingZero = bytes[from] === ZERO && at - from > 1;
    return at === from || hasLeadingZero ? -1 : value;
  }

  /** A text of plain ASCII up to the quote that ends it, which is skipped; undefined for any other, an empty or a longer one. */
  text(maxLength: number): string | undefined {
    const from = this.#at;
    const to = this.#endOfText(maxLength);
    return to < 0 ? undefined : this.#bytes.toString('latin1', from, to);
  }

  /** As text, for one that has probably come before. */
  repeatedText(maxLength: number): string | undefined {
    const from = this.#at;
    const to = this.#endOfText(maxLength);
    if (to < 0) return undefined;
    return this.#texts.text(this.#bytes, from, to, this.#hash);
  }

  symbol(): string | undefined {
    const from = this.#at;
    const to = this.#endOfText(MAX_SYMBOL_LENGTH);
    for (let at = from; at < to; at += 1) if (OF_SYMBOL[this.#bytes[at]!] === 0) return undefined;
    return to < 0 ? undefined : this.#texts.text(this.#bytes, from, to, this.#hash);
  }

  /** Of the text read last. */
  #hash = 0;

  #endOfText(maxLength: number): number {
    const bytes = this.#bytes;
    const from = this.#at;
    let at = from;
    let hash = FNV_START;
    for (; PLAIN[bytes[at]!] === 1; at += 1) hash = Math.imul(hash ^ bytes[at]!, FNV_PRIME);
    if (at === from || at - from > maxLength || at >= this.#end || bytes[at] !== QUOTE) return -1;
    this.#hash = hash;
    this.#at = at + 1;
    return at;
  }

  /** Whether the record ends here, with its closing brace. */
  end(): boolean {
    return this.#at === this.#end - 1 && this.#bytes[this.#at] === CLOSE;
  }
}
