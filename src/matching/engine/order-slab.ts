import type { OrderStatus, TimeInForce } from '../../domain/order.ts';
import { SnapshotError } from '../order-book.ts';

/** Words (32 bits) of an order in the slab. */
const WORDS = 32;
/** Orders of a chunk: 128 KiB. The first chunk grows up to that. */
const CHUNK_SHIFT = 10;
const CHUNK_ORDERS = 1 << CHUNK_SHIFT;
const FIRST_ORDERS = 4;

const FLAGS = 0;
/** Maker's fee, and the taker's << 16. */
const FEES = 1;
const PRICE = 2;
const OPEN = 3;
const FILLED = 4;
const USER = 5;
/** Of the same user while the order is live; NEXT then leads from one gone order to the next. Handles + 1, 0: none. */
const PREVIOUS = 6;
const NEXT = 7;
const ENTERED_LOW = 8;
const ENTERED_HIGH = 9;
const HASH = 10;
/** Length of the id, and of the client's own id << 16. */
const LENGTHS = 11;
const TEXT = 12;
const TEXT_BYTES = (WORDS - TEXT) * 4;

const KNOWN = 1;
const IS_LIVE = 2;
const IS_BUY = 4;
const POST_ONLY = 8;
const HAS_CLIENT_ID = 16;
/** Its texts are too long for the slab, or beyond Latin-1. */
const IS_WORDY = 32;
const TIME_IN_FORCE_SHIFT = 8;
const STATUS_SHIFT = 12;

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

interface Chunk {
  readonly words: Int32Array;
  readonly bytes: Buffer;
}

/** The texts of an order that do not fit its record. */
export interface WordyTexts {
  orderId: string;
  clientOrderId: string | undefined;
}

export interface OrderTerms {
  order_id: string;
  client_order_id?: string | undefined;
  is_buy: boolean;
  time_in_force: TimeInForce;
  post_only?: boolean | undefined;
  maker_fee_bps: number;
  taker_fee_bps: number;
  price: number;
  quantity: number;
}

/**
 * What the engine knows about its orders besides their place in the book: 128 bytes each, outside of the collector's heap. An
 * order is a handle, a small whole number, under which the book knows it too. A hundred thousand objects would be
 * copied, marked and moved by the collector while everybody waits; this is three numbers to it.
 */
export class OrderSlab {
  readonly #chunks: Chunk[] = [];
  readonly #wordy = new Map<number, WordyTexts>();
  /** The text made last, and whose it is: an order is often spoken of more than once. */
  #spokenHandle = -1;
  #spokenId = '';

  /** Writes a new order under a handle that is free. `hash` is that of its id. */
  write(handle: number, terms: OrderTerms, hash: number, user: number): void {
    const { words } = this.#chunkFor(handle);
    const at = (handle & (CHUNK_ORDERS - 1)) * WORDS;
    const clientOrderId = terms.client_order_id ?? undefined;
    const tif = TIMES_IN_FORCE.indexOf(terms.time_in_force) << TIME_IN_FORCE_SHIFT;
    const client = clientOrderId === undefined ? 0 : HAS_CLIENT_ID;
    words[at + FLAGS] = KNOWN | (terms.is_buy ? IS_BUY : 0) | (terms.post_only === true ? POST_ONLY : 0) | client | tif;
    words[at + FEES] = terms.maker_fee_bps | (terms.taker_fee_bps << 16);
    words[at + PRICE] = terms.price;
    words[at + OPEN] = terms.quantity;
    words[at + FILLED] = 0;
    words[at + USER] = user;
    words[at + PREVIOUS] = 0;
    words[at + NEXT] = 0;
    words[at + ENTERED_LOW] = 0;
    words[at + ENTERED_HIGH] = 0;
    words[at + HASH] = hash;
    this.#writeTexts(handle, terms.order_id, clientOrderId);
  }

  #writeTexts(handle: number, orderId: string, clientOrderId: string | undefined): void {
    const { words, bytes } = this.#chunkFor(handle);
    const at = (handle & (CHUNK_ORDERS - 1)) * WORDS;
    this.#spokenHandle = handle;
    this.#spokenId = orderId;
    const clientLength = clientOrderId?.length ?? 0;
    const from = (at + TEXT) * 4;
    const fits =
      orderId.length + clientLength <= TEXT_BYTES &&
      writeLatin1(bytes, from, orderId) &&
      (clientOrderId === undefined || writeLatin1(bytes, from + orderId.length, clientOrderId));
    words[at + LENGTHS] = fits ? orderId.length | (clientLength << 16) : 0;
    if (fits) return;
    words[at + FLAGS]! |= IS_WORDY;
    this.#wordy.set(handle, { orderId, clientOrderId });
  }

  #chunkFor(handle: number): Chunk {
    const number = handle >>> CHUNK_SHIFT;
    const chunk = this.#chunks[number];
    if (chunk !== undefined && (handle & (CHUNK_ORDERS - 1)) * WORDS < chunk.words.length) return chunk;
    const larger = newChunk(number > 0 ? CHUNK_ORDERS : Math.max(FIRST_ORDERS, powerAbove(handle)));
    if (chunk !== undefined) larger.words.set(chunk.words);
    this.#chunks[number] = larger;
    return larger;
  }

  /** The handle is free again. */
  forget(handle: number): void {
    if ((this.#get(handle, FLAGS) & IS_WORDY) !== 0) this.#wordy.delete(handle);
    if (this.#spokenHandle === handle) this.#spokenHandle = -1;
    this.#set(handle, FLAGS, 0);
  }

  #get(handle: number, word: number): number {
    return this.#chunks[handle >>> CHUNK_SHIFT]!.words[(handle & (CHUNK_ORDERS - 1)) * WORDS + word]!;
  }

  #set(handle: number, word: number, value: number): void {
    this.#chunks[handle >>> CHUNK_SHIFT]!.words[(handle & (CHUNK_ORDERS - 1)) * WORDS + word] = value;
  }

  #has(handle: number, flag: number): boolean {
    return (this.#get(handle, FLAGS) & flag) !== 0;
  }

  /** Whether there is an order of this handle; any number may be asked for. */
  isKnown(handle: number): boolean {
    const chunk = this.#chunks[handle >>> CHUNK_SHIFT];
    return chunk !== undefined && ((chunk.words[(handle & (CHUNK_ORDERS - 1)) * WORDS + FLAGS] ?? 0) & KNOWN) !== 0;
  }

  isLive(handle: number): boolean {
    return this.#has(handle, IS_LIVE);
  }

  isBuy(handle: number): boolean {
    return this.#has(handle, IS_BUY);
  }

  isDay(handle: number): boolean {
    return ((this.#get(handle, FLAGS) >> TIME_IN_FORCE_SHIFT) & 3) === TIMES_IN_FORCE.indexOf('DAY');
  }

  status(handle: number): OrderStatus {
    return STATUSES[(this.#get(handle, FLAGS) >> STATUS_SHIFT) & 7]!;
  }

  setStatus(handle: number, status: OrderStatus, isLive: boolean): void {
    const rest = this.#get(handle, FLAGS) & ~((7 << STATUS_SHIFT) | IS_LIVE);
    this.#set(handle, FLAGS, rest | (STATUSES.indexOf(status) << STATUS_SHIFT) | (isLive ? IS_LIVE : 0));
  }

  makerFeeBps(handle: number): number {
    return this.#get(handle, FEES) & 0xffff;
  }

  takerFeeBps(handle: number): number {
    return this.#get(handle, FEES) >>> 16;
  }

  price(handle: number): number {
    return this.#get(handle, PRICE);
  }

  /** Open quantity; 0 once the order is final. */
  open(handle: number): number {
    return this.#get(handle, OPEN);
  }

  filled(handle: number): number {
    return this.#get(handle, FILLED);
  }

  setTerms(handle: number, price: number, open: number): void {
    this.#set(handle, PRICE, price);
    this.#set(handle, OPEN, open);
  }

  setOpen(handle: number, open: number): void {
    this.#set(handle, OPEN, open);
  }

  /** Takes a trade's quantity from the open one; gives what is left, below 0 when there was too little. */
  fill(handle: number, quantity: number): number {
    const { words } = this.#chunks[handle >>> CHUNK_SHIFT]!;
    const at = (handle & (CHUNK_ORDERS - 1)) * WORDS;
    const open = words[at + OPEN]! - quantity;
    words[at + OPEN] = open;
    words[at + FILLED]! += quantity;
    const partly = STATUSES.indexOf('PARTIALLY_FILLED') << STATUS_SHIFT;
    words[at + FLAGS] = (words[at + FLAGS]! & ~(7 << STATUS_SHIFT)) | partly;
    return open;
  }

  /** The number of its user. */
  user(handle: number): number {
    return this.#get(handle, USER);
  }

  hash(handle: number): number {
    return this.#get(handle, HASH);
  }

  /** The order before and behind it in its list, or -1. */
  previous(handle: number): number {
    return this.#get(handle, PREVIOUS) - 1;
  }

  next(handle: number): number {
    return this.#get(handle, NEXT) - 1;
  }

  setPrevious(handle: number, previous: number): void {
    this.#set(handle, PREVIOUS, previous + 1);
  }

  setNext(handle: number, next: number): void {
    this.#set(handle, NEXT, next + 1);
  }

  /** `seq` of its ACCEPTED event: the order of entry. */
  entered(handle: number): number {
    return this.#get(handle, ENTERED_HIGH) * 2 ** 32 + (this.#get(handle, ENTERED_LOW) >>> 0);
  }

  setEntered(handle: number, seq: number): void {
    this.#set(handle, ENTERED_LOW, seq | 0);
    this.#set(handle, ENTERED_HIGH, Math.floor(seq / 2 ** 32));
  }

  orderId(handle: number): string {
    if (this.#spokenHandle === handle) return this.#spokenId;
    if (this.#has(handle, IS_WORDY)) return this.#wordy.get(handle)!.orderId;
    const from = this.#textAt(handle);
    return this.#bytesOf(handle).toString('latin1', from, from + (this.#get(handle, LENGTHS) & 0xffff));
  }

  clientOrderId(handle: number): string | undefined {
    if (!this.#has(handle, HAS_CLIENT_ID)) return undefined;
    if (this.#has(handle, IS_WORDY)) return this.#wordy.get(handle)!.clientOrderId;
    const lengths = this.#get(handle, LENGTHS);
    const from = this.#textAt(handle) + (lengths & 0xffff);
    return this.#bytesOf(handle).toString('latin1', from, from + (lengths >>> 16));
  }

  #bytesOf(handle: number): Buffer {
    return this.#chunks[handle >>> CHUNK_SHIFT]!.bytes;
  }

  #textAt(handle: number): number {
    return ((handle & (CHUNK_ORDERS - 1)) * WORDS + TEXT) * 4;
  }

  /** Whether the order has this id. */
  isNamed(handle: number, orderId: string): boolean {
    if (this.#has(handle, IS_WORDY)) return this.#wordy.get(handle)!.orderId === orderId;
    if ((this.#get(handle, LENGTHS) & 0xffff) !== orderId.length) return false;
    const bytes = this.#bytesOf(handle);
    const from = this.#textAt(handle);
    for (let i = 0; i < orderId.length; i += 1) if (bytes[from + i] !== orderId.charCodeAt(i)) return false;
    return true;
  }

  /** A copy of the orders below `end` as they stand, chunk by chunk: for packRecords. */
  image(end: number): Int32Array[] {
    const chunks: Int32Array[] = [];
    for (let first = 0; first < end; first += CHUNK_ORDERS) {
      chunks.push(this.#chunks[first >>> CHUNK_SHIFT]!.words.slice(0, (end - first) * WORDS));
    }
    return chunks;
  }

  /** The texts that stand outside of the records. */
  wordyTexts(): [handle: number, texts: WordyTexts][] {
    return [...this.#wordy];
  }

  restoreWordy(handle: number, texts: WordyTexts): void {
    this.#wordy.set(handle, texts);
  }

  /** Makes room for handles below `end`. */
  reserve(end: number): void {
    for (let first = 0; first < end; first += CHUNK_ORDERS) this.#chunkFor(Math.min(end, first + CHUNK_ORDERS) - 1);
  }

  /** Puts back the record that packRecords wrote to `from`; gives its handle. The next one starts packedWords behind it. */
  unpack(packed: Int32Array, from: number): number {
    const handle = packed[from]!;
    const size = packedWords(packed, from) - 1;
    const chunk = this.#chunks[handle >>> CHUNK_SHIFT];
    const at = (handle & (CHUNK_ORDERS - 1)) * WORDS;
    if (chunk === undefined || at >= chunk.words.length || size > WORDS || chunk.words[at + FLAGS] !== 0) {
      throw new SnapshotError('An order of the snapshot is broken.');
    }
    for (let word = 0; word < size; word += 1) chunk.words[at + word] = packed[from + 1 + word]!;
    return handle;
  }
}

/** Words that the texts of a record take, of the given lengths. */
function textWords(lengths: number): number {
  return ((lengths & 0xffff) + (lengths >>> 16) + 3) >> 2;
}

/** The fewest words of a packed record. */
export const LEAST_PACKED_WORDS = 1 + TEXT;

/** Words of the packed record at `from`. */
export function packedWords(packed: Int32Array, from: number): number {
  return 1 + TEXT + textWords(packed[from + 1 + LENGTHS]!);
}

/** Words that the known orders of a chunk take when they are packed, and how many they are. */
export function measureRecords(chunk: Int32Array): { words: number; orders: number } {
  let words = 0;
  let orders = 0;
  for (let at = 0; at < chunk.length; at += WORDS) {
    if (chunk[at + FLAGS] === 0) continue;
    orders += 1;
    words += 1 + TEXT + textWords(chunk[at + LENGTHS]!);
  }
  return { words, orders };
}

/** Writes the known orders of chunk `number` behind one another, each as its handle, its words and its texts. Gives the end. */
export function packRecords(chunk: Int32Array, number: number, out: Int32Array, from: number): number {
  let to = from;
  for (let at = 0, handle = number * CHUNK_ORDERS; at < chunk.length; at += WORDS, handle += 1) {
    if (chunk[at + FLAGS] === 0) continue;
    out[to++] = handle;
    const lengths = chunk[at + LENGTHS]!;
    const texts = textWords(lengths);
    const end = at + TEXT + texts;
    for (let word = at; word < end; word += 1) out[to++] = chunk[word]!;
    // What an earlier order left behind the texts is nobody's state.
    const unused = (texts << 2) - (lengths & 0xffff) - (lengths >>> 16);
    if (unused > 0) out[to - 1]! &= -1 >>> (unused << 3);
  }
  return to;
}

/** The least power of two above a number below 2^30. */
function powerAbove(value: number): number {
  return 1 << (32 - Math.clz32(value));
}

function newChunk(orders: number): Chunk {
  const words = new Int32Array(orders * WORDS);
  return { words, bytes: Buffer.from(words.buffer) };
}

/** Whether all of the text is Latin-1; if so, it stands at `from` now. */
function writeLatin1(bytes: Uint8Array, from: number, text: string): boolean {
  let units = 0;
  for (let i = 0; i < text.length; i += 1) {
    const unit = text.charCodeAt(i);
    units |= unit;
    bytes[from + i] = unit;
  }
  return units <= 0xff;
}
