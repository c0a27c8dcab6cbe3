import { SnapshotError } from '../order-book.ts';

/** Writes little-endian values one after the other into a buffer that grows. */
export class ByteWriter {
  #bytes = Buffer.allocUnsafe(4096);
  #at = 0;

  #room(size: number): number {
    const at = this.#at;
    if (at + size > this.#bytes.length) {
      const larger = Buffer.allocUnsafe(Math.max(this.#bytes.length * 2, at + size));
      this.#bytes.copy(larger, 0, 0, at);
      this.#bytes = larger;
    }
    this.#at = at + size;
    return at;
  }

  uint8(value: number): void {
    const at = this.#room(1);
    this.#bytes[at] = value;
  }

  uint32(value: number): void {
    const at = this.#room(4);
    this.#bytes.writeUInt32LE(value, at);
  }

  /** A whole number up to 2^53 - 1. */
  count(value: number): void {
    const at = this.#room(8);
    this.#bytes.writeDoubleLE(value, at);
  }

  /** UTF-8 behind its length in bytes. */
  text(value: string): void {
    const at = this.#room(4 + value.length * 3);
    const size = this.#bytes.write(value, at + 4);
    this.#bytes.writeUInt32LE(size, at);
    this.#at = at + 4 + size;
  }

  /** Bytes behind their length. */
  block(value: Uint8Array): void {
    this.uint32(value.length);
    this.raw(value);
  }

  raw(value: Uint8Array): void {
    const at = this.#room(value.length);
    this.#bytes.set(value, at);
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
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  #take(size: number): number {
    const at = this.#at;
    if (at + size > this.#bytes.length) throw new SnapshotError('The snapshot ends too early.');
    this.#at = at + size;
    return at;
  }

  uint8(): number {
    return this.#bytes.readUInt8(this.#take(1));
  }

  uint32(): number {
    return this.#bytes.readUInt32LE(this.#take(4));
  }

  count(): number {
    return this.#bytes.readDoubleLE(this.#take(8));
  }

  text(): string {
    const size = this.uint32();
    const at = this.#take(size);
    return this.#bytes.toString('utf8', at, at + size);
  }

  block(): Uint8Array {
    const size = this.uint32();
    const at = this.#take(size);
    return this.#bytes.subarray(at, at + size);
  }

  get isAtEnd(): boolean {
    return this.#at === this.#bytes.length;
  }
}
