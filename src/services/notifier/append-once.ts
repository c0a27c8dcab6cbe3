import type { Clock } from '../../ports/clock.ts';
import type { Log } from '../../ports/log.ts';
import { type Stream, StreamWriteError } from '../../ports/stream.ts';

const PAUSE_FIRST_MS = 10;
const PAUSE_MAX_MS = 1_000;

interface Deps {
  stream: Stream;
  topic: string;
  clock: Clock;
  log: Log;
  signal: AbortSignal;
}

/**
 * Appends one record to partition 0 exactly once, as its only writer: where a failure leaves open whether the record was
 * written, it looks before it tries again. Retries until it succeeds, with pauses that double up to a second.
 * @returns the record's offset, or undefined when the signal stopped the retries.
 */
export async function appendOnce(
  { stream, topic, clock, log, signal }: Deps,
  value: Buffer,
  { from, onHealth }: { from: number; onHealth: (healthy: boolean) => void },
): Promise<number | undefined> {
  let pauseMs = PAUSE_FIRST_MS;
  let mayBeWritten = false;
  while (!signal.aborted) {
    try {
      const known = mayBeWritten ? await find(stream, topic, from, value) : undefined;
      if (known !== undefined) {
        onHealth(true);
        return known;
      }
      const [position] = await stream.append(topic, [{ key: topic, value }]);
      onHealth(true);
      return position!.offset;
    } catch (error) {
      onHealth(false);
      if (!(error instanceof StreamWriteError) || error.written !== false) mayBeWritten = true;
      log.error({ topic, error: String(error), pause_ms: pauseMs }, 'private messages wait: their stream refused them');
      await clock.sleep(pauseMs);
      pauseMs = Math.min(pauseMs * 2, PAUSE_MAX_MS);
    }
  }
  return undefined;
}

/** Nobody else writes here, so the record, if it was written, is among those from `from` on. */
async function find(stream: Stream, topic: string, from: number, value: Buffer): Promise<number | undefined> {
  for (let offset = from; ; ) {
    const records = await stream.read(topic, 0, offset, 100);
    for (const record of records) if (value.equals(record.value)) return record.offset;
    const last = records.at(-1);
    if (last === undefined) return undefined;
    offset = last.offset + 1;
  }
}
