// Where reports go. One command at a time: into a buffer that starts anew with each command and grows when one command has
// more to say. In batches: into a ring that another thread drains. Both are a next address and a limit; only at the limit
// does it matter which it is.
import { Kind, REPORT_BYTES, RING_HEAD, RING_TAIL, Why } from './layout';
import { blockBytes, freeBlock, takeBlock } from './memory';

const FIRST_BUFFER: u32 = 1024 * REPORT_BYTES;
/** Empty looks at the reader's position before the writer sleeps a little. */
const SPINS: i32 = 2000;
const NAP_NS: i64 = 20_000;

let next: u32 = 0;
let limit: u32 = 0;
let buffer: u32 = 0;
let bufferEnd: u32 = 0;
let ring: u32 = 0;
let ringEnd: u32 = 0;
/** `next` and `limit` while commands run outside the ring. */
let ringNext: u32 = 0;
let ringLimit: u32 = 0;
/** Reports written in the ring's earlier rounds. */
let rounds: u32 = 0;
let inRing: bool = false;

// @ts-ignore: decorator
@inline
export function report(
  kind: u32, id: u32, side: u32, price: u32, quantity: u32, maker: u32, makerRemaining: u32, why: u32,
): void {
  if (next == limit) makeRoom();
  const at = next;
  store<u64>(at, <u64>kind | (<u64>id << 32), 0);
  store<u64>(at, <u64>side | (<u64>price << 32), 8);
  store<u64>(at, <u64>quantity | (<u64>maker << 32), 16);
  store<u64>(at, <u64>makerRemaining | (<u64>why << 32), 24);
  next = at + REPORT_BYTES;
}

export function refuse(id: u32, why: u32): void {
  report(Kind.REFUSED, id, 0, 0, 0, 0, 0, why);
}

/** Starts a command outside a batch: its reports go to the front of the buffer. */
// @ts-ignore: decorator
@inline
export function begin(): void {
  next = buffer;
}

/** How many reports the command has written. */
// @ts-ignore: decorator
@inline
export function written(): u32 {
  return (next - buffer) / REPORT_BYTES;
}

/** Address and capacity (in reports) of the buffer; both change when it grows. */
export function reportsAddress(): u32 {
  return buffer;
}

export function reportsCapacity(): u32 {
  return (bufferEnd - buffer) / REPORT_BYTES;
}

export function openBuffer(): void {
  buffer = takeBlock(FIRST_BUFFER);
  bufferEnd = buffer + FIRST_BUFFER;
  next = buffer;
  limit = bufferEnd;
}

/** Makes a ring of `reports` (a power of two) and returns its address. A host has one. */
export function openRing(reports: u32): u32 {
  ring = takeBlock(reports * REPORT_BYTES);
  ringEnd = ring + reports * REPORT_BYTES;
  ringNext = ring;
  ringLimit = ringEnd;
  return ring;
}

/** Until leaveRing, reports go to the ring. It goes on where it stopped. */
export function enterRing(): void {
  inRing = true;
  next = ringNext;
  limit = ringLimit;
}

export function leaveRing(): void {
  inRing = false;
  ringNext = next;
  ringLimit = limit;
  next = buffer;
  limit = bufferEnd;
}

/** Shows the reader everything written so far. */
// @ts-ignore: decorator
@inline
export function publish(): void {
  atomic.store<u32>(RING_TAIL, rounds + (next - ring) / REPORT_BYTES);
}

function makeRoom(): void {
  if (inRing) awaitReader();
  else growBuffer();
}

function growBuffer(): void {
  const bytes = bufferEnd - buffer;
  const larger = takeBlock(bytes * 2);
  memory.copy(larger, buffer, bytes);
  freeBlock(buffer, bytes);
  buffer = larger;
  next = larger + bytes;
  bufferEnd = larger + blockBytes(bytes * 2);
  limit = bufferEnd;
}

/** Moves the limit as far as the reader allows, waiting for it when the ring is full. */
function awaitReader(): void {
  const capacity = (ringEnd - ring) / REPORT_BYTES;
  if (next == ringEnd) {
    rounds += capacity;
    next = ring;
  }
  publish();
  const tail = rounds + (next - ring) / REPORT_BYTES;
  let head = atomic.load<u32>(RING_HEAD);
  for (let spins = 0; tail - head == capacity; spins++) {
    if (spins >= SPINS) atomic.wait<i32>(RING_HEAD, head, NAP_NS);
    head = atomic.load<u32>(RING_HEAD);
  }
  limit = next + min<u32>(capacity - (tail - head), (ringEnd - next) / REPORT_BYTES) * REPORT_BYTES;
}
