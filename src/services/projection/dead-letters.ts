import type { Clock } from '../../ports/clock.ts';
import type { Stream, StreamRecord } from '../../ports/stream.ts';

/** A record of the dead-letter stream: what could not be used, where it stood, who could not use it and why. */
export interface DeadLetter {
  v: 1;
  topic: string;
  partition: number;
  offset: number;
  key: string;
  consumer: string;
  reason: string;
  /** Epoch ms at which it was set aside. */
  timestamp: number;
  /** The record's bytes. */
  value_base64: string;
}

/**
 * Sets records aside, durably, before the consumer passes them. A crash in between sets them aside again: readers tell them
 * apart by topic, partition and offset.
 */
export async function setAside(
  deps: { stream: Pick<Stream, 'append'>; deadLetters: string; clock: Pick<Clock, 'now'> },
  source: { topic: string; consumer: string },
  poison: readonly { record: StreamRecord; reason: string }[],
): Promise<void> {
  const letters = poison.map(
    ({ record, reason }): DeadLetter => ({
      v: 1,
      topic: source.topic,
      partition: record.partition,
      offset: record.offset,
      key: record.key,
      consumer: source.consumer,
      reason,
      timestamp: deps.clock.now(),
      value_base64: Buffer.from(record.value).toString('base64'),
    }),
  );
  const appends = letters.map((letter) => ({
    key: letter.key,
    value: new TextEncoder().encode(JSON.stringify(letter)),
  }));
  await deps.stream.append(deps.deadLetters, appends);
}
