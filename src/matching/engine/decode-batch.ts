import type { OrderRecord } from '../../domain/records.ts';
import { CanonicalReader } from './canonical-reader.ts';
import { decodeRecord, type Poison } from './decode.ts';

const reader = new CanonicalReader();

/** As decodeRecord for each of the values, in less time where they are written as the router writes them. */
export function decodeRecords(values: readonly Uint8Array[], unstatedHold = 0): (OrderRecord | Poison)[] {
  reader.load(values);
  let from = 0;
  return values.map((value) => {
    const to = from + value.length;
    const record = reader.read(from, to) ?? decodeRecord(value, unstatedHold);
    from = to;
    return record;
  });
}
