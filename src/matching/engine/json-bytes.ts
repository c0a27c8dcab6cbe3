const FIRST_BYTES = 64 * 1024;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const ZERO = 0x30;
const LAST_ASCII = 0x7e;

const utf8 = new TextEncoder();

/** Text that is copied as it is: made once, at the start. */
export function fragment(text: string): Uint8Array {
  return utf8.encode(text);
}

/** Writes JSON as bytes, without a string in between. The buffer is used again for every batch. */
export class JsonBytes {
  #bytes = new Uint8Array(FIRST_BYTES);
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

  /** Bytes from #length on that may be written to; callers advance #length themselves. */
  #room(size: number): Uint8Array {
    if (this.#length + size > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(this.#bytes.length * 2, this.#length + size));
      larger.set(this.#bytes.subarray(0, this.#length));
      this.#bytes = larger;
    }
    return this.#bytes;
  }

  raw(part: Uint8Array): void {
    this.#room(part.length).set(part, this.#length);
    this.#length += part.length;
  }

  /** A code, symbol or other text of plain ASCII that needs no quoting. */
  plain(text: string): void {
    const bytes = this.#room(text.length);
    let at = this.#length;
    for (let i = 0; i < text.length; i += 1) bytes[at++] = text.charCodeAt(i);
    this.#length = at;
  }

  /** Any text, in quotes. */
  text(text: string): void {
    const bytes = this.#room(text.length + 2);
    let at = this.#length;
    bytes[at++] = QUOTE;
    for (let i = 0; i < text.length; i += 1) {
      const unit = text.charCodeAt(i);
      if (unit < 0x20 || unit > LAST_ASCII || unit === QUOTE || unit === BACKSLASH) {
        this.raw(utf8.encode(JSON.stringify(text))); // starts again: nothing written here counts until #length moves
        return;
      }
      bytes[at++] = unit;
    }
    bytes[at++] = QUOTE;
    this.#length = at;
  }

  /** A whole number from 0 to 2^53 - 1. */
  count(value: number): void {
    if (value < 1e9) {
      this.#digits(value, digitsOf(value));
      return;
    }
    const high = Math.floor(value / 1e9);
    this.count(high);
    this.#digits(value - high * 1e9, 9);
  }

  /** The last `digits` decimal digits of a number below 10^9. */
  #digits(value: number, digits: number): void {
    const bytes = this.#room(digits);
    let rest = value | 0;
    for (let at = this.#length + digits - 1; at >= this.#length; at -= 1) {
      const tenth = (rest / 10) | 0;
      bytes[at] = ZERO + rest - tenth * 10;
      rest = tenth;
    }
    this.#length += digits;
  }
}

function digitsOf(value: number): number {
  if (value < 1e3) return value < 10 ? 1 : value < 100 ? 2 : 3;
  if (value < 1e6) return value < 1e4 ? 4 : value < 1e5 ? 5 : 6;
  return value < 1e7 ? 7 : value < 1e8 ? 8 : 9;
}
