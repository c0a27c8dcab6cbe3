import type { EngineEvent } from '../../domain/events.ts';
import type { Log } from '../../ports/log.ts';
import type { Stream, StreamRecord, StreamSubscription } from '../../ports/stream.ts';
import type { Notifier } from './notifier.ts';

const SEQ = Buffer.from('"seq":');
const ZERO = 0x30;

/**
 * The notifier's second source: the fills stream, which tells every event in order and until it is taken. What the engine
 * told already is skipped by a look at the record's bytes, so following costs next to nothing.
 */
export async function startFillsFeeder(deps: {
  stream: Stream;
  topic: string;
  notifier: Notifier;
  log: Log;
  group?: string;
}): Promise<StreamSubscription> {
  const { stream, topic, notifier, log } = deps;
  return stream.consume({
    topic,
    group: deps.group ?? 'notifier',
    async position(partition) {
      const { begin } = await stream.bounds(topic, partition);
      return Math.max(begin, notifier.fillsPosition(partition) ?? begin);
    },
    async onBatch(partition, records) {
      const fresh: EngineEvent[] = [];
      for (const record of records) {
        if (seqOf(record) <= notifier.knownSeq(record.key)) continue;
        const event = parse(record, log);
        if (event) fresh.push(event);
      }
      await notifier.onStream(fresh);
      const last = records.at(-1);
      if (last) notifier.fillsDone(partition, last.offset + 1);
    },
  });
}

/** The event's seq, read from the bytes. Quotes in a client's own text are escaped, so the first match is the field. */
export function seqOf({ value }: Pick<StreamRecord, 'value'>): number {
  const bytes = Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  let at = bytes.indexOf(SEQ);
  if (at === -1) return Number.POSITIVE_INFINITY;
  at += SEQ.length;
  let seq = 0;
  for (let digit = bytes[at]! - ZERO; digit >= 0 && digit <= 9; digit = bytes[++at]! - ZERO) seq = seq * 10 + digit;
  return seq;
}

/** A record that is no event would come again for ever; fill-processor puts it into the dead-letter stream, here it is passed. */
function parse(record: StreamRecord, log: Log): EngineEvent | undefined {
  try {
    const event = JSON.parse(Buffer.from(record.value).toString()) as EngineEvent;
    if (typeof event.symbol === 'string' && Number.isSafeInteger(event.seq)) return event;
  } catch {
    // Reported below, like a record of another shape.
  }
  log.error({ partition: record.partition, offset: record.offset }, 'a record of the fills stream is no event');
  return undefined;
}
