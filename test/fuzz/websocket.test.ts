import assert from 'node:assert/strict';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { SeededChance } from '../../src/adapters/clock/simulated.ts';
import { Edge } from './edge.ts';
import { pick } from './mutate.ts';
import { hold, type Inputs, surface } from './surface.ts';

/** Frames of one connection: below the rate at which a client is told that it is too fast. */
const FRAMES = 60;
const PATIENCE_MS = 120_000;

const Opcode = { CONTINUATION: 0, TEXT: 1, BINARY: 2, CLOSE: 8, PING: 9, PONG: 10 } as const;
const OPCODES = [...Object.values(Opcode), 3, 11, 15];
/** Control frames of at most this many bytes; longer ones are a fault of the sender's. */
const LENGTHS = [0, 125, 126, 127, 65_535, 65_536, 65_537, 2 ** 31, 2 ** 32 + 1, 2 ** 53];

surface({
  name: 'websocket',
  borrows: ['ws'],
  async run(inputs) {
    const edge = await Edge.open();
    try {
      const all = inputs.all();
      for (let done = false; !done; ) done = await talk(edge, inputs, all);
      await sleep(50);
      await edge.finish();
    } finally {
      await edge.close();
    }
  },
});

/** One connection that says sixty strange things (or until it is hung up on). @returns whether the inputs have ended */
async function talk(edge: Edge, inputs: Inputs, all: Generator<Buffer>): Promise<boolean> {
  const { chance } = inputs;
  const who = pick(chance, [
    '',
    '?testMode=true&userId=fuzz1',
    '?testMode=true&userId=fuzz2',
    '?token=a.b.c',
    '?x=%00',
  ]);
  const socket = await shakeHands(edge.port, who);
  const said: Buffer[] = [];
  let ended = false;
  for (let i = 0; i < FRAMES && !socket.destroyed; i += 1) {
    const { done, value } = all.next();
    if (done === true) {
      ended = true;
      break;
    }
    // What breaks the protocol ends the connection, so it comes last.
    const frames = i < FRAMES - 1 ? soundFrames(value, chance) : strangeFrames(value, chance);
    said.push(value);
    for (const frame of frames) if (socket.writable) socket.write(frame);
  }
  await hold(inputs, Buffer.concat(said.flatMap((one) => [one, Buffer.of(10)])), async () => {
    await goodbye(socket);
    await stillServes(edge.port);
    edge.assertWell();
  });
  return ended;
}

/** A plain upgrade; a refused one is a closed socket. */
async function shakeHands(port: number, query: string): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => {});
  socket.on('data', () => {});
  socket.write(
    `GET /ws${query} HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
      'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n',
  );
  await new Promise<void>((resolve) => {
    socket.once('data', () => resolve());
    socket.once('close', () => resolve());
  });
  return socket;
}

/** Ends the conversation as a client may; the server closes it from its side too. */
async function goodbye(socket: Socket): Promise<void> {
  if (socket.destroyed) return;
  const closed = new Promise<boolean>((resolve) => socket.once('close', () => resolve(true)));
  socket.end(frame(Opcode.CLOSE, Buffer.of(3, 0xe8), {}));
  const patience = new AbortController();
  const isClosed = await Promise.race([closed, sleep(PATIENCE_MS, false, { signal: patience.signal })]);
  patience.abort();
  socket.destroy();
  assert.ok(isClosed, 'the server did not close the connection');
}

/** Somebody else is served meanwhile. */
async function stillServes(port: number): Promise<void> {
  const socket = await shakeHands(port, '');
  let heard = '';
  socket.on('data', (data) => {
    heard += String(data);
  });
  socket.write(frame(Opcode.TEXT, Buffer.from('{"action":"ping","id":"well"}'), {}));
  const patience = performance.now() + PATIENCE_MS;
  while (!/"PONG".*"well"/.test(heard) && performance.now() < patience) await sleep(2);
  socket.destroy();
  assert.match(heard, /"PONG".*"well"/, 'somebody else is not served any more');
}

/** An input as one message, in one frame or in several, with a ping in between. */
function soundFrames(input: Buffer, chance: SeededChance): Buffer[] {
  const dice = chance.random();
  if (dice < 0.7) return [frame(Opcode.TEXT, validText(input), {})];
  if (dice < 0.8) return [frame(Opcode.BINARY, input, {})];
  if (dice < 0.85) return [frame(pick(chance, [Opcode.PING, Opcode.PONG]), input.subarray(0, 125), {})];
  return fragments(validText(input), chance);
}

/** A text that is no UTF-8 is a fault of the protocol; these are faults of what is said. */
function validText(input: Buffer): Buffer {
  return Buffer.from(input.toString());
}

/** What no client library would write. */
function strangeFrames(input: Buffer, chance: SeededChance): Buffer[] {
  const strange = {
    fin: chance.random() < 0.7,
    rsv: chance.random() < 0.8 ? 0 : Math.floor(chance.random() * 8),
    masked: chance.random() < 0.9,
    ...(chance.random() < 0.6 ? {} : { length: pick(chance, LENGTHS) }),
  };
  return pick(chance, [
    () => [input],
    () => [frame(Opcode.TEXT, input, {}), input],
    () => Array.from({ length: 80 }, () => frame(Opcode.TEXT, input, { fin: false })),
    () => [frame(pick(chance, OPCODES), input, strange)],
  ])();
}

function fragments(input: Buffer, chance: SeededChance): Buffer[] {
  const count = 1 + Math.floor(chance.random() * 60);
  const size = Math.max(1, Math.ceil(input.length / count));
  return Array.from({ length: count }, (_, i) => {
    const part = input.subarray(i * size, (i + 1) * size);
    return frame(i === 0 ? Opcode.TEXT : Opcode.CONTINUATION, part, { fin: i === count - 1 });
  });
}

interface Strange {
  fin?: boolean;
  rsv?: number;
  masked?: boolean;
  /** What the header says, whatever follows. */
  length?: number;
}

function frame(opcode: number, payload: Buffer, { fin = true, rsv = 0, masked = true, length }: Strange): Buffer {
  const says = length ?? payload.length;
  const head = [(fin ? 0x80 : 0) | (rsv << 4) | opcode];
  const mask = masked ? 0x80 : 0;
  const extended = Buffer.alloc(says < 126 ? 0 : says < 65_536 ? 2 : 8);
  if (extended.length === 2) extended.writeUInt16BE(says);
  if (extended.length === 8) extended.writeBigUInt64BE(BigInt(says));
  head.push(mask | (extended.length === 0 ? says : extended.length === 2 ? 126 : 127));
  const key = Buffer.of(0x12, 0x34, 0x56, 0x78);
  const body = masked ? Buffer.from(payload.map((byte, i) => byte ^ key[i % 4]!)) : payload;
  return Buffer.concat([Buffer.from(head), extended, masked ? key : Buffer.alloc(0), body]);
}
