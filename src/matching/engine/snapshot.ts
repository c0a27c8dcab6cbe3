import { crc32 } from 'node:zlib';
import { type OrderBook, SnapshotError } from '../order-book.ts';
import { hashText, hashWords } from '../state-hash.ts';
import { ByteReader, ByteWriter } from './bytes.ts';
import { DenseIds } from './dense-ids.ts';
import { KnownOrders } from './known-orders.ts';
import { measureRecords, packRecords, type WordyTexts } from './order-slab.ts';
import { finish } from './steps.ts';
import { SymbolEngine, type SymbolState } from './symbol-engine.ts';
import { Users } from './users.ts';

/**
 * The snapshot of one symbol, version 2, little-endian 32-bit words (bytes.ts):
 *
 *     magic, version, CRC-32 of the body, length of the body,
 *     body: state as JSON text; handles (next, free ones); user numbers likewise, and the users; the gone list; texts that do not fit an order's record; recent requests; the book's own snapshot;
 *           orders by handle: handle, words of the slab, id and client's id
 */
const MAGIC = 0x594d_4e53; // "SNMY"
const VERSION = 2;
const HEADER_BYTES = 16;
/** Bytes that are copied or summed up at a time: well under a millisecond. */
const STEP_BYTES = 1 << 19;

/**
 * A symbol as it stood at one moment, apart from the engine: it can be written down while the engine goes on, in another thread if
 * need be, for it is memory and nothing else.
 */
export interface SymbolImage {
  /** Everything but the book and the orders, which are most of it. */
  head: Uint8Array;
  book: Uint8Array;
  chunks: readonly Int32Array[];
}

export function imageOf(engine: SymbolEngine): SymbolImage {
  return {
    head: headOf(engine).bytes(),
    book: engine.book.snapshot(),
    chunks: engine.orders.slab.image(engine.orders.handles.next),
  };
}

/** Writes the snapshot in steps of about a millisecond: each turn of the generator is one. */
export function* writeImage({ head, book, chunks }: SymbolImage): Generator<void, Buffer, void> {
  let words = 0;
  let orders = 0;
  for (const chunk of chunks) {
    const measured = measureRecords(chunk);
    words += measured.words;
    orders += measured.orders;
    yield;
  }
  const writer = new ByteWriter(HEADER_BYTES + head.length + book.length + words * 4 + 16);
  for (let word = 0; word < HEADER_BYTES / 4; word += 1) writer.uint32(0);
  writer.append(head);
  writer.uint32(book.length); // whole words: as a block
  for (let at = 0; at < book.length; at += STEP_BYTES) {
    writer.append(book.subarray(at, at + STEP_BYTES));
    yield;
  }
  writer.uint32(orders);
  for (const [number, chunk] of chunks.entries()) {
    writer.fill(measureRecords(chunk).words, (out, from) => packRecords(chunk, number, out, from));
    yield;
  }
  const bytes = writer.bytes();
  const body = bytes.subarray(HEADER_BYTES);
  let crc = 0;
  for (let at = 0; at < body.length; at += STEP_BYTES) {
    crc = crc32(body.subarray(at, at + STEP_BYTES), crc);
    yield;
  }
  bytes.writeUInt32LE(MAGIC, 0);
  bytes.writeUInt32LE(VERSION, 4);
  bytes.writeUInt32LE(crc, 8);
  bytes.writeUInt32LE(body.length, 12);
  return bytes;
}

export function writeSymbol(engine: SymbolEngine): Buffer {
  return finish(writeImage(imageOf(engine)));
}

/** 64 bits of the state, the book's part by its own hash, so that it does not depend on how a book writes itself down. */
export function symbolStateHash(engine: SymbolEngine): string {
  const writer = new ByteWriter();
  writer.append(headOf(engine).bytes());
  const chunks = engine.orders.slab.image(engine.orders.handles.next);
  for (const [number, chunk] of chunks.entries()) {
    writer.fill(measureRecords(chunk).words, (out, from) => packRecords(chunk, number, out, from));
  }
  writer.text(engine.book.stateHash());
  const bytes = writer.bytes();
  return hashText(hashWords(new Int32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4)));
}

function headOf({ symbol, state, orders, requests }: SymbolEngine): ByteWriter {
  const { handles, users, gone, slab } = orders;
  const writer = new ByteWriter();
  writer.text(JSON.stringify({ symbol, ...state }));
  writeDenseIds(writer, handles);
  writeDenseIds(writer, users.numbers);
  const known = users.image();
  writer.uint32(known.length);
  for (const { number, userId, orders: held, first, last } of known) {
    writer.words([number, held, first, last]);
    writer.text(userId);
  }
  writer.words([gone.oldest, gone.newest, gone.length]);
  const wordy = slab.wordyTexts();
  writer.uint32(wordy.length);
  for (const [handle, texts] of wordy) {
    writer.uint32(handle);
    writer.text(JSON.stringify(texts));
  }
  writer.words(requests.image());
  return writer;
}

function writeDenseIds(writer: ByteWriter, ids: DenseIds): void {
  writer.uint32(ids.next);
  writer.words(ids.free);
}

/**
 * Builds a symbol from its snapshot around a fresh book. `window`: how many gone orders it goes on remembering. Throws
 * SnapshotError on any damage.
 */
export function readSymbol(snapshot: Uint8Array, book: OrderBook, window: number): SymbolEngine {
  const reader = new ByteReader(checkedBody(snapshot));
  const { symbol, ...state } = JSON.parse(reader.text()) as SymbolState & { symbol: string }; // under the checksum
  const orders = new KnownOrders(window, readDenseIds(reader), readUsers(reader));
  const [oldest, newest, length] = reader.words();
  orders.gone.oldest = oldest!;
  orders.gone.newest = newest!;
  orders.gone.length = length!;
  for (let count = reader.uint32(); count > 0; count -= 1) {
    const handle = reader.uint32();
    orders.slab.restoreWordy(handle, JSON.parse(reader.text()) as WordyTexts); // under the checksum
  }
  const requests = reader.words();
  book.restore(reader.block());
  const count = reader.uint32();
  reader.consume((words, from) => orders.restore(words, from, count));
  if (!reader.isAtEnd) throw new SnapshotError('The snapshot is longer than it says.');
  checkLists(orders);
  checkBook(book, orders);
  const engine = new SymbolEngine(symbol, book, orders, state);
  engine.requests.restore(requests);
  return engine;
}

function checkedBody(snapshot: Uint8Array): Uint8Array {
  const bytes = Buffer.from(snapshot.buffer, snapshot.byteOffset, snapshot.length);
  if (bytes.length < HEADER_BYTES || bytes.readUInt32LE(0) !== MAGIC) {
    throw new SnapshotError('This is no snapshot of a symbol.');
  }
  const version = bytes.readUInt32LE(4);
  if (version !== VERSION) throw new SnapshotError(`Snapshot version ${version} is not known.`);
  const body = bytes.subarray(HEADER_BYTES);
  if (bytes.readUInt32LE(12) !== body.length) throw new SnapshotError('The snapshot has the wrong length.');
  if (bytes.readUInt32LE(8) !== crc32(body)) throw new SnapshotError('The snapshot is damaged.');
  return body;
}

function readDenseIds(reader: ByteReader): DenseIds {
  const next = reader.uint32();
  return new DenseIds(next, Array.from(reader.words()));
}

function readUsers(reader: ByteReader): Users {
  const numbers = readDenseIds(reader);
  const count = reader.uint32();
  if (numbers.next !== numbers.free.length + count) throw new SnapshotError('Numbers of users are missing.');
  const users = new Users(numbers);
  for (let i = 0; i < count; i += 1) {
    const [number, orders, first, last] = reader.words();
    users.restore({ number: number!, orders: orders!, first: first!, last: last!, userId: reader.text() });
  }
  return users;
}

/** Book and orders must speak of the same quantities. */
function checkBook(book: OrderBook, { slab, handles, liveCount }: KnownOrders): void {
  let isSame = book.size === liveCount;
  for (let handle = 0; handle < handles.next; handle += 1) {
    if (slab.isLive(handle)) isSame &&= book.openQuantity(handle) === slab.open(handle);
  }
  if (!isSame) throw new SnapshotError('The book of the snapshot holds other orders than its list.');
}

/**
 * Following a list must come to its end. Where whoever stands behind an order has that order before it, and the first of a
 * list has nobody, there is no way back into the list.
 */
function checkLists({ slab, users, gone, handles }: KnownOrders): void {
  const check = (holds: boolean) => {
    if (!holds) throw new SnapshotError('A list of orders in the snapshot is broken.');
  };
  const isLiveOf = (handle: number, user: number) =>
    slab.isKnown(handle) && slab.isLive(handle) && slab.user(handle) === user;
  for (const { number, first, last } of users.image()) {
    check(first < 0 ? last < 0 : isLiveOf(first, number) && slab.previous(first) === -1);
    check(last < 0 ? first < 0 : isLiveOf(last, number) && slab.next(last) === -1);
  }
  for (let handle = 0; handle < handles.next; handle += 1) {
    const next = slab.isLive(handle) ? slab.next(handle) : -1;
    if (next !== -1) check(isLiveOf(next, slab.user(handle)) && slab.previous(next) === handle);
  }
  let newest = -1;
  let handle = gone.oldest;
  for (let i = 0; i < gone.length; i += 1, handle = slab.next(handle)) {
    check(slab.isKnown(handle) && !slab.isLive(handle));
    newest = handle;
  }
  check(handle === -1 && newest === gone.newest);
}
