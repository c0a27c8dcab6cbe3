import { SnapshotError } from '../order-book.ts';

/** Writes little-endian values one after the other into a buffer that grows. Every value starts at a multiple of 4. */
export class ByteWriter {
  #bytes: Buffer;
  #words: Int32Array;
  #at = 0;

  /** @param expected how many bytes there will be, so that the buffer need not grow */
  constructor(expected = 4_096) {
    this.#bytes = Buffer.alloc(0);
    this.#words = new Int32Array(0);
    this.#resize(expected);
  }

  #resize(size: number): void {
    const memory = new ArrayBuffer((size + 7) & ~7);
    const larger = Buffer.from(memory);
    this.#bytes.copy(larger, 0, 0, this.#at);
    this.#bytes = larger;
    this.#words = new Int32Array(memory);
  }

  #room(size: number): number {
    const at = this.#at;
    if (at + size > this.#bytes.length) this.#resize(Math.max(this.#bytes.length * 2, at + size));
    this.#at = at + size;
    return at;
  }

  uint32(value: number): void {
    const at = this.#room(4);
    this.#words[at >> 2] = value;
  }

  /** UTF-8 behind its length in bytes. */
  text(value: string): void {
    this.block(Buffer.from(value));
  }

  /** Bytes behind their length. */
  block(value: Uint8Array): void {
    this.uint32(value.length);
    const at = this.#room((value.length + 3) & ~3);
    this.#bytes.set(value, at);
    this.#bytes.fill(0, at + value.length, this.#at);
  }

  /** Bytes without their length, which is a multiple of 4. */
  append(value: Uint8Array): void {
    const at = this.#room(value.length);
    this.#bytes.set(value, at);
  }

  /** Words behind their number. */
  words(values: ArrayLike<number>): void {
    this.uint32(values.length);
    const at = this.#room(values.length * 4);
    this.#words.set(values, at >> 2);
  }

  /** Lets `write` put up to `most` words where it is told to; it gives the end of what it wrote. */
  fill(most: number, write: (out: Int32Array, from: number) => number): void {
    const from = this.#room(most * 4) >> 2;
    this.#at = write(this.#words, from) * 4;
  }

  get length(): number {
    return this.#at;
  }

  bytes(): Buffer {
    return this.#bytes.subarray(0, this.#at);
  }
}

/** Reads what a ByteWriter wrote. Throws SnapshotError at the end of the bytes. */
export class ByteReader {
  readonly #bytes: Buffer;
  /** All whole words, for reading many at a time. */
  readonly #words: Int32Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    const isAligned = bytes.byteOffset % 4 === 0;
    const aligned = isAligned ? bytes : Uint8Array.from(bytes);
    this.#bytes = Buffer.from(aligned.buffer, aligned.byteOffset, aligned.length);
    this.#words = new Int32Array(aligned.buffer, aligned.byteOffset, aligned.length >> 2);
  }

  #take(size: number): number {
    const at = this.#at;
    if (at + size > this.#bytes.length) throw new SnapshotError('The snapshot ends too early.');
    this.#at = at + size;
    return at;
  }

  uint32(): number {
    return this.#words[this.#take(4) >> 2]! >>> 0;
  }

  text(): string {
    return this.block().toString('utf8');
  }

  block(): Buffer {
    const size = this.uint32();
    const at = this.#take((size + 3) & ~3);
    return this.#bytes.subarray(at, at + size);
  }

  words(): Int32Array {
    const count = this.uint32();
    const at = this.#take(count * 4) >> 2;
    return this.#words.subarray(at, at + count);
  }

  /** Lets `read` take words from where it is told to; it gives the end of what it took. */
  consume(read: (words: Int32Array, from: number) => number): void {
    this.#at = read(this.#words, this.#at >> 2) * 4;
    this.#take(0);
  }

  get isAtEnd(): boolean {
    return this.#at === this.#bytes.length;
  }
}
