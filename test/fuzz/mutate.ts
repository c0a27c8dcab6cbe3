import type { SeededChance } from '../../src/adapters/clock/simulated.ts';

/** Texts that programs stumble over: edges of integers and doubles, names of prototypes, what is no UTF-8 text, SQL, paths. */
export const NASTY: readonly unknown[] = [
  null,
  true,
  false,
  0,
  -1,
  1,
  0.5,
  1e-9,
  1e21,
  1e308,
  2 ** 31 - 1,
  2 ** 31,
  2 ** 32,
  2 ** 53 - 1,
  2 ** 53,
  -(2 ** 53),
  '',
  ' ',
  '0',
  '-1',
  '1e400',
  '0x10',
  'NaN',
  '9'.repeat(200),
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  '\u0000',
  'a\u0000b',
  '\ud800',
  '\u202e',
  '𝕏'.repeat(40),
  "'; DROP TABLE wallet; --",
  '../../etc/passwd',
  [],
  {},
  [[]],
  { a: 1 },
];

const NUMBERS = ['0', '-1', '1', '2147483647', '2147483648', '9007199254740991', '9007199254740993', '1e308', '0.1'];
const BYTES = [0x00, 0x01, 0x0a, 0x0d, 0x20, 0x22, 0x2c, 0x30, 0x5c, 0x7b, 0x7d, 0x7f, 0x80, 0xc0, 0xed, 0xfe, 0xff];
const MOST_CHANGES = 4;
const LONGEST_REPEAT = 2_000;

export function pick<T>(chance: SeededChance, values: readonly T[]): T {
  const value = values[Math.floor(chance.random() * values.length)];
  if (value === undefined) throw new Error('there is nothing to pick from');
  return value;
}

/** Some changes to a valid input, as a broken or malicious sender or disk would make them. `others` lend parts. */
export function mutate(input: Uint8Array, chance: SeededChance, others: readonly Uint8Array[] = []): Buffer {
  let bytes: Buffer = Buffer.from(input);
  const changes = 1 + Math.floor(chance.random() ** 2 * MOST_CHANGES);
  for (let i = 0; i < changes; i += 1) bytes = pick(chance, OPERATORS)(bytes, chance, others);
  return bytes;
}

type Operator = (bytes: Buffer, chance: SeededChance, others: readonly Uint8Array[]) => Buffer;

const at = (bytes: Uint8Array, chance: SeededChance) => Math.floor(chance.random() * (bytes.length + 1));

function replaced(bytes: Buffer, from: number, to: number, by: Uint8Array): Buffer {
  return Buffer.concat([bytes.subarray(0, from), by, bytes.subarray(to)]);
}

const flipBit: Operator = (bytes, chance) => {
  const position = at(bytes, chance);
  if (position < bytes.length) bytes[position] = bytes[position]! ^ (1 << Math.floor(chance.random() * 8));
  return bytes;
};

const setByte: Operator = (bytes, chance) => {
  const position = at(bytes, chance);
  return replaced(bytes, position, position + 1, Buffer.of(pick(chance, BYTES)));
};

const cutOut: Operator = (bytes, chance) => {
  const from = at(bytes, chance);
  return replaced(bytes, from, from + 1 + Math.floor(chance.random() ** 2 * bytes.length), Buffer.alloc(0));
};

const truncate: Operator = (bytes, chance) => bytes.subarray(0, at(bytes, chance));

const insert: Operator = (bytes, chance) => {
  const position = at(bytes, chance);
  const value = pick(chance, NASTY);
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return replaced(bytes, position, position, Buffer.from(text));
};

const repeat: Operator = (bytes, chance) => {
  const from = at(bytes, chance);
  const part = bytes.subarray(from, from + 1 + Math.floor(chance.random() * 40));
  const times = 1 + Math.floor(chance.random() ** 3 * LONGEST_REPEAT);
  return replaced(bytes, from, from, Buffer.concat(Array.from({ length: times }, () => part)));
};

const splice: Operator = (bytes, chance, others) => {
  if (others.length === 0) return bytes;
  const other = Buffer.from(pick(chance, others));
  return Buffer.concat([bytes.subarray(0, at(bytes, chance)), other.subarray(at(other, chance))]);
};

const changeNumber: Operator = (bytes, chance) => {
  const found = [...bytes.toString('latin1').matchAll(/\d+/g)];
  if (found.length === 0) return bytes;
  const match = pick(chance, found);
  return replaced(bytes, match.index, match.index + match[0].length, Buffer.from(pick(chance, NUMBERS)));
};

/** Changes a node of the first JSON object in the input, so that it stays JSON. */
const changeJson: Operator = (bytes, chance) => {
  const text = bytes.toString();
  const [from, to] = [text.indexOf('{'), text.lastIndexOf('}') + 1];
  try {
    const value: unknown = JSON.parse(text.slice(from, to));
    changeNode(value, chance);
    return Buffer.from(text.slice(0, from) + JSON.stringify(value) + text.slice(to));
  } catch {
    return bytes;
  }
};

function changeNode(node: unknown, chance: SeededChance): void {
  if (typeof node !== 'object' || node === null) return;
  const fields = node as Record<string, unknown>; // an array's indices are keys as well
  const keys = Object.keys(fields);
  const key = keys.length > 0 ? pick(chance, keys) : 'x';
  const dice = chance.random();
  if (typeof fields[key] === 'object' && fields[key] !== null && dice < 0.7) changeNode(fields[key], chance);
  else if (dice < 0.15) delete fields[key];
  else if (dice < 0.25) fields[pick(chance, ['x', 'constructor', 'toJSON', 'length', key.toUpperCase()])] = 1;
  else fields[key] = pick(chance, NASTY);
}

const OPERATORS: readonly Operator[] = [
  flipBit,
  setByte,
  cutOut,
  truncate,
  insert,
  repeat,
  splice,
  changeNumber,
  changeJson,
  changeJson,
  changeJson,
];
