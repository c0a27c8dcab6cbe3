import type { OrderRecord } from '../../domain/records.ts';
import { checkRecord, decodeRecord, type Poison } from './decode.ts';

const OPEN = 0x5b; // [
const CLOSE = 0x5d; // ]
const COMMA = 0x2c;
const LINE_FEED = 0x0a;
const BRACE = 0x7b; // {
const FEWEST = 4;

const utf8 = new TextDecoder('utf-8', { fatal: true });
let scratch = new Uint8Array(1 << 16);

/**
 * As decodeRecord for each of the values, in a quarter less time: the records are joined to one JSON array and parsed at once.
 *
 * That it is the same rests on this. Each joined record starts with its only `{` and ends with its only `}`, and the
 * separators hold a line feed, which no JSON string may hold. So when the whole parses, no string reaches beyond its record,
 * and the `}` of each closes its own `{`: each record is one complete object. Whatever does not fit is decoded one by one.
 */
export function decodeRecords(values: readonly Uint8Array[], unstatedHold = 0): (OrderRecord | Poison)[] {
  const parsed = values.length < FEWEST ? undefined : parseJoined(values);
  if (parsed === undefined) return values.map((value) => decodeRecord(value, unstatedHold));
  return parsed.map((json) => checkRecord(json, unstatedHold));
}

function parseJoined(values: readonly Uint8Array[]): unknown[] | undefined {
  const length = join(values);
  try {
    const text = utf8.decode(scratch.subarray(0, length));
    // Bytes are characters only in ASCII.
    if (text.length !== length || !areFlatObjects(text, values)) return undefined;
    return JSON.parse(text) as unknown[]; // the text starts with [ and ends with ]
  } catch {
    return undefined;
  }
}

/** Puts the records into the scratch buffer as a JSON array; gives its length. */
function join(values: readonly Uint8Array[]): number {
  let length = 1;
  for (const value of values) length += value.length + 2;
  if (length > scratch.length) scratch = new Uint8Array(length * 2);
  let at = 0;
  scratch[at++] = OPEN;
  for (let i = 0; i < values.length; i += 1) {
    if (i > 0) {
      scratch[at++] = COMMA;
      scratch[at++] = LINE_FEED;
    }
    scratch.set(values[i]!, at);
    at += values[i]!.length;
  }
  scratch[at++] = CLOSE;
  return at;
}

/** Whether each record has one `{`, at its start, and one `}`, at its end. */
function areFlatObjects(text: string, values: readonly Uint8Array[]): boolean {
  let start = 1;
  for (let i = 0; i < values.length; i += 1) {
    const end = start + values[i]!.length;
    const next = i === values.length - 1 ? -1 : end + 2;
    if (text.charCodeAt(start) !== BRACE || text.indexOf('}', start) !== end - 1) return false;
    if (text.indexOf('{', start + 1) !== next) return false;
    start = end + 2;
  }
  return true;
}
