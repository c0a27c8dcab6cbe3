const FIRST_BYTES = 64 * 1024;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const ZERO = 0x30;
const WORD = 8;

/**
 * Free bytes that there are at the start of every event and behind every text: whatever stands between two texts (fragments and
 * numbers) is shorter, so that it is written without looking.
 */
const SPARE = 1_024;

const utf8 = new TextEncoder();

/** Text of plain ASCII that is copied as it is: made once, at the start. */
export interface Fragment {
  /** Its bytes as little-endian doubles, the last one filled up with zeros: a store each. No ASCII makes a NaN. */
  readonly words: Float64Array;
  readonly length: number;
}

export function fragment(text: string): Fragment {
  const { length } = text;
  const bytes = Buffer.alloc(Math.ceil(length / WORD) * WORD);
  if (bytes.write(text, 'ascii') !== length || bytes.toString('ascii', 0, length) !== text || length > SPARE / 4) {
    throw new Error(`not a short text of ASCII: ${text}`);
  }
  return { words: Float64Array.from({ length: bytes.length / WORD }, (_, i) => bytes.readDoubleLE(i * WORD)), length };
}

/** 1 for the ASCII characters that JSON does not write as they are. */
const ESCAPED = Uint8Array.from({ length: 128 }, (_, unit) =>
  unit < 0x20 || unit === QUOTE || unit === BACKSLASH || unit === 0x7f ? 1 : 0,
);

/** The two digits of 0 to 99, as little-endian 16-bit words. */
const PAIRS = Uint16Array.from({ length: 100 }, (_, n) => ZERO + Math.floor(n / 10) + ((ZERO + (n % 10)) << 8));

/** Writes JSON as bytes, without a string in between. The buffer is used again for every batch. */
export class JsonBytes {
  #bytes = new Uint8Array(FIRST_BYTES);
  #view = new DataView(this.#bytes.buffer);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  clear(): void {
    this.#length = 0;
  }

  /** A copy of everything since clear. */
  copy(): Buffer {
    return Buffer.from(this.#bytes.subarray(0, this.#length));
  }

  /** Room for `size` bytes and the SPARE behind them. */
  room(size: number): void {
    const needed = this.#length + size + SPARE;
    if (needed <= this.#bytes.length) return;
    const larger = new Uint8Array(Math.max(this.#bytes.length * 2, needed));
    larger.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = larger;
    this.#view = new DataView(larger.buffer);
  }

  /** Any bytes. */
  raw(part: Uint8Array): void {
    this.room(part.length);
    this.#bytes.set(part, this.#length);
    this.#length += part.length;
  }

  fragment({ words, length }: Fragment): void {
    const view = this.#view;
    let at = this.#length;
    this.#length = at + length;
    for (let i = 0; i < words.length; i += 1) {
      view.setFloat64(at, words[i]!, true);
      at += WORD;
    }
  }

  /** A code, symbol or other short text of plain ASCII that needs no quoting. */
  plain(text: string): void {
    const bytes = this.#bytes;
    let at = this.#length;
    for (let i = 0; i < text.length; i += 1) bytes[at++] = text.charCodeAt(i);
    this.#length = at;
  }

  /** Any text, in quotes. */
  text(text: string): void {
    this.room(text.length + 2);
    const bytes = this.#bytes;
    let at = this.#length;
    bytes[at++] = QUOTE;
    let special = 0;
    for (let i = 0; i < text.length; i += 1) {
      const unit = text.charCodeAt(i);
      special |= ESCAPED[unit & 0x7f]! | (unit >> 7);
      bytes[at++] = unit;
    }
    bytes[at++] = QUOTE;
    // What was written does not count until #length moves.
    if (special === 0) this.#length = at;
    else this.raw(utf8.encode(JSON.stringify(text)));
  }

  /** A whole number from 0 to 2^53 - 1. */
  count(value: number): void {
    if (value < 1e9) {
      this.#digits(value | 0, digitsOf(value));
      return;
    }
    const high = Math.floor(value / 1e9);
    this.#digits(high | 0, digitsOf(high));
    this.#digits((value - high * 1e9) | 0, 9);
  }

  /** The last `digits` decimal digits of a number below 10^9. */
  #digits(value: number, digits: number): void {
    const view = this.#view;
    let at = this.#length + digits;
    this.#length = at;
    let rest = value;
    let left = digits;
    for (; left > 1; left -= 2) {
      const hundredth = (rest / 100) | 0;
      at -= 2;
      view.setUint16(at, PAIRS[rest - hundredth * 100]!, true);
      rest = hundredth;
    }
    if (left === 1) view.setUint8(at - 1, ZERO + rest);
  }
}

function digitsOf(value: number): number {
  if (value < 1e3) return value < 10 ? 1 : value < 100 ? 2 : 3;
  if (value < 1e6) return value < 1e4 ? 4 : value < 1e5 ? 5 : 6;
  return value < 1e7 ? 7 : value < 1e8 ? 8 : 9;
}
