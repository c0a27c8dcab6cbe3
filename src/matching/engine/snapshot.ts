import { crc32 } from 'node:zlib';
import type { OrderStatus, TimeInForce } from '../../domain/order.ts';
import { type OrderBook, SnapshotError } from '../order-book.ts';
import { hashText, hashWords } from '../state-hash.ts';
import { ByteReader, ByteWriter } from './bytes.ts';
import { DenseIds } from './dense-ids.ts';
import { EngineOrder } from './engine-order.ts';
import type { GoneSegment } from './gone-orders.ts';
import { KnownOrders } from './known-orders.ts';
import { SymbolEngine, type SymbolState } from './symbol-engine.ts';

/**
 * The snapshot of one symbol, version 1, little-endian (bytes.ts):
 *
 *     magic, version, CRC-32 of the body, length of the body,
 *     body: state as JSON text; dense numbers of orders and of owners (next, free ones);
 *           live orders in order of entry; gone orders, the first to be forgotten in front; the book's own snapshot
 */
const MAGIC = 0x594d_4e53; // "SNMY"
const VERSION = 1;
const HEADER_BYTES = 16;

const TIMES_IN_FORCE: readonly TimeInForce[] = ['GTC', 'DAY', 'IOC', 'FOK'];
const STATUSES: readonly OrderStatus[] = [
  'PENDING',
  'ACCEPTED',
  'PARTIALLY_FILLED',
  'FILLED',
  'CANCELLED',
  'REJECTED',
  'EXPIRED',
];
const IS_BUY = 1;
const POST_ONLY = 2;
const HAS_CLIENT_ID = 4;

export function writeSymbol(engine: SymbolEngine): Uint8Array {
  const writer = new ByteWriter();
  for (let word = 0; word < HEADER_BYTES / 4; word += 1) writer.uint32(0);
  writeState(writer, engine);
  writer.block(engine.book.snapshot());
  const bytes = writer.bytes();
  const body = bytes.subarray(HEADER_BYTES);
  bytes.writeUInt32LE(MAGIC, 0);
  bytes.writeUInt32LE(VERSION, 4);
  bytes.writeUInt32LE(crc32(body), 8);
  bytes.writeUInt32LE(body.length, 12);
  return bytes;
}

/** 64 bits of the state, the book's part by its own hash, so that it does not depend on how a book writes itself down. */
export function symbolStateHash(engine: SymbolEngine): string {
  const writer = new ByteWriter();
  writeState(writer, engine);
  writer.text(engine.book.stateHash());
  const padding = (4 - (writer.bytes().length % 4)) % 4;
  for (let i = 0; i < padding; i += 1) writer.uint8(0);
  const bytes = Uint8Array.from(writer.bytes());
  return hashText(hashWords(new Int32Array(bytes.buffer)));
}

function writeState(writer: ByteWriter, engine: SymbolEngine): void {
  const { state, orders } = engine;
  writer.text(JSON.stringify({ symbol: engine.symbol, ...state }));
  writeDenseIds(writer, orders.bookIds);
  writeDenseIds(writer, orders.ownerNumbers);
  const live = orders.live();
  writer.uint32(live.length);
  for (const order of live) writeLive(writer, order);
  writer.uint32(orders.gone.length);
  for (const segment of orders.gone.segments) writeGone(writer, segment, orders.gone.isFull(segment));
}

function writeDenseIds(writer: ByteWriter, ids: DenseIds): void {
  writer.uint32(ids.next);
  writer.uint32(ids.free.length);
  for (const id of ids.free) writer.uint32(id);
}

/** What live and gone orders have in common. */
function writeOrder(writer: ByteWriter, order: EngineOrder): void {
  const hasClientId = order.clientOrderId !== undefined;
  writer.uint8((order.isBuy ? IS_BUY : 0) | (order.postOnly ? POST_ONLY : 0) | (hasClientId ? HAS_CLIENT_ID : 0));
  writer.uint8(STATUSES.indexOf(order.status));
  writer.uint32(order.filled);
  writer.text(order.orderId);
  writer.text(order.userId);
  if (order.clientOrderId !== undefined) writer.text(order.clientOrderId);
}

/** Tens of thousands of orders that have gone would cost every snapshot more than all the rest: full segments are kept as bytes. */
function writeGone(writer: ByteWriter, segment: GoneSegment, isFull: boolean): void {
  if (segment.bytes !== undefined) {
    writer.raw(segment.bytes);
    return;
  }
  const from = writer.length;
  for (const order of segment.orders) writeOrder(writer, order);
  if (isFull) segment.bytes = Uint8Array.from(writer.bytes().subarray(from));
}

function writeLive(writer: ByteWriter, order: EngineOrder): void {
  writeOrder(writer, order);
  writer.uint8(TIMES_IN_FORCE.indexOf(order.timeInForce));
  writer.uint32(order.makerFeeBps);
  writer.uint32(order.takerFeeBps);
  writer.uint32(order.price);
  writer.uint32(order.open);
  writer.uint32(order.bookId);
  writer.uint32(order.owner?.number ?? 0);
  writer.count(order.entered);
}

/** Builds a symbol from its snapshot around a fresh book. Throws SnapshotError on any damage. */
export function readSymbol(snapshot: Uint8Array, book: OrderBook, window: number): SymbolEngine {
  const reader = new ByteReader(checkedBody(snapshot));
  const { symbol, ...state } = JSON.parse(reader.text()) as SymbolState & { symbol: string }; // under the checksum
  const orders = new KnownOrders(window, readDenseIds(reader), readDenseIds(reader));
  for (let count = reader.uint32(); count > 0; count -= 1) readLive(reader, orders);
  for (let count = reader.uint32(); count > 0; count -= 1) readGone(reader, orders);
  book.restore(reader.block());
  if (!reader.isAtEnd) throw new SnapshotError('The snapshot is longer than it says.');
  const live = orders.live();
  if (live.length !== book.size) throw new SnapshotError('The book of the snapshot holds other orders than its list.');
  for (const order of live) {
    if (book.openQuantity(order.bookId) !== order.open) {
      throw new SnapshotError(`Order ${order.orderId} of the snapshot has another quantity in its book.`);
    }
  }
  return new SymbolEngine(symbol, book, orders, state);
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
  const free: number[] = [];
  for (let count = reader.uint32(); count > 0; count -= 1) free.push(reader.uint32());
  return new DenseIds(next, free);
}

function readLive(reader: ByteReader, orders: KnownOrders): void {
  const common = readOrder(reader);
  const order = new EngineOrder({
    ...common.terms,
    time_in_force: TIMES_IN_FORCE[reader.uint8()]!,
    maker_fee_bps: reader.uint32(),
    taker_fee_bps: reader.uint32(),
    price: reader.uint32(),
    quantity: reader.uint32(),
  });
  order.filled = common.filled;
  order.status = common.status;
  const bookId = reader.uint32();
  const ownerNumber = reader.uint32();
  orders.restoreLive(order, ownerNumber, bookId, reader.count());
}

function readGone(reader: ByteReader, orders: KnownOrders): void {
  const { terms, filled, status } = readOrder(reader);
  const forgotten = { time_in_force: 'GTC', maker_fee_bps: 0, taker_fee_bps: 0, price: 0, quantity: 0 } as const;
  const order = new EngineOrder({ ...terms, ...forgotten });
  order.filled = filled;
  orders.remember(order, status);
}

function readOrder(reader: ByteReader) {
  const flags = reader.uint8();
  const status = STATUSES[reader.uint8()]!;
  const filled = reader.uint32();
  const order_id = reader.text();
  const user_id = reader.text();
  const client_order_id = (flags & HAS_CLIENT_ID) !== 0 ? reader.text() : undefined;
  const terms = {
    order_id,
    user_id,
    client_order_id,
    is_buy: (flags & IS_BUY) !== 0,
    post_only: (flags & POST_ONLY) !== 0,
  };
  return { terms, status, filled };
}
