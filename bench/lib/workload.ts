import { readFileSync } from 'node:fs';
import { zstdDecompressSync } from 'node:zlib';
import { COMMAND_WORDS, Op } from '../../src/matching/book-host.ts';
import { MAX_ORDER_ID } from '../../src/matching/fast-book.ts';
import { Flag } from '../../src/matching/order-book.ts';
import type { Offsets } from './canonical.ts';

/** Kinds of message in a workload file. */
export const MessageType = { NEW: 0, CANCEL: 1, MODIFY: 2 } as const;
const OPS = [Op.SUBMIT, Op.CANCEL, Op.REQUEUE];

const MAGIC = 0x4d45_4257_5f30_3031n;
const HEADER_BYTES = 16;
const RECORD_BYTES = 40;
const MAX_INT32 = 2 ** 31 - 1;

/** A stream of messages as commands of the book (core/assembly/layout.ts, Command), ready to be matched. */
export interface Workload {
  name: string;
  count: number;
  commands: Int32Array;
  sequences: Float64Array;
  /** Largest id of the commands. */
  maxId: number;
  /** What to add to the book's ids and prices to get those of the file. */
  offsets: Offsets;
}

/** Reads a workload file, plain (.bin) or compressed (.bin.zst). The format: docs/MATCHING.md. */
export function readWorkload(file: string): Workload {
  const raw = readFileSync(file);
  const bytes = file.endsWith('.zst') ? zstdDecompressSync(raw) : raw;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (bytes.length < HEADER_BYTES || view.getBigUint64(0, true) !== MAGIC || view.getUint32(8, true) !== 1) {
    throw new Error(`${file} is no workload file of version 1.`);
  }
  const count = view.getUint32(12, true);
  if (bytes.length !== HEADER_BYTES + count * RECORD_BYTES) throw new Error(`${file} is cut short.`);
  const name = (file.split('/').at(-1) ?? file).replace(/\.bin(\.zst)?$/, '');
  return { name, count, ...toCommands(view, count) };
}

function toCommands(view: DataView, count: number): Omit<Workload, 'name' | 'count'> {
  const offsets = offsetsOf(view, count);
  const commands = new Int32Array(count * COMMAND_WORDS);
  const sequences = new Float64Array(count);
  let maxId = 0;
  for (let i = 0; i < count; i++) {
    const at = HEADER_BYTES + i * RECORD_BYTES;
    const type = view.getUint8(at);
    const op = OPS[type];
    if (op === undefined) throw new Error(`Message ${i} has the unknown type ${type}.`);
    const side = view.getUint8(at + 1);
    if (side > 1) throw new Error(`Message ${i} has the unknown side ${side}.`);
    const id = Number(view.getBigUint64(at + 16, true)) - offsets.id;
    const ioc = view.getUint8(at + 2) === 0 ? 0 : Flag.IOC;
    const price = type === MessageType.CANCEL ? 0 : Number(view.getBigInt64(at + 24, true)) - offsets.price;
    commands.set([op | (ioc << 8), id, price, view.getUint32(at + 4, true), side], i * COMMAND_WORDS);
    sequences[i] = Number(view.getBigUint64(at + 8, true));
    maxId = Math.max(maxId, id);
  }
  return { commands, sequences, maxId, offsets };
}

/** The book takes ids up to MAX_ORDER_ID and prices from 1 to 2^31 - 1: others are moved there, when they are close enough. */
function offsetsOf(view: DataView, count: number): Offsets {
  let [minId, maxId, minPrice, maxPrice] = [Number.MAX_VALUE, 0, Number.MAX_VALUE, -Number.MAX_VALUE];
  for (let at = HEADER_BYTES; at < HEADER_BYTES + count * RECORD_BYTES; at += RECORD_BYTES) {
    const id = Number(view.getBigUint64(at + 16, true));
    minId = Math.min(minId, id);
    maxId = Math.max(maxId, id);
    if (view.getUint8(at) === MessageType.CANCEL) continue;
    const price = Number(view.getBigInt64(at + 24, true));
    minPrice = Math.min(minPrice, price);
    maxPrice = Math.max(maxPrice, price);
  }
  const id = maxId <= MAX_ORDER_ID ? 0 : minId;
  const price = minPrice >= 1 && maxPrice <= MAX_INT32 ? 0 : minPrice - 1;
  if (maxId - id > MAX_ORDER_ID) throw new Error('The order ids of this workload are too far apart.');
  if (maxPrice - price > MAX_INT32) throw new Error('The prices of this workload are more than 2^31 ticks apart.');
  return { id, price: count === 0 || minPrice === Number.MAX_VALUE ? 0 : price };
}
