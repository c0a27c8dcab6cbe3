import { SeededChance, SimulatedClock } from '../../src/adapters/clock/simulated.ts';
import { EmbeddedStream, type EmbeddedStreamOptions } from '../../src/adapters/stream/embedded/stream.ts';
import type { Stream } from '../../src/ports/stream.ts';
import type { FaultyDisk } from './faulty-disk.ts';

export const FOLDER = '/log';
export const TOPIC = 'orders';
export const PARTITIONS = 2;

/** Opens the log on a faulty disk, as one life of a program does. */
export async function openLog(disk: FaultyDisk, options: Partial<EmbeddedStreamOptions> = {}): Promise<EmbeddedStream> {
  const clock = options.clock ?? new SimulatedClock();
  const stream = await EmbeddedStream.open({
    folder: FOLDER,
    disk: disk.mount(),
    clock,
    chance: new SeededChance(1, clock),
    ...options,
  });
  await stream.ensureTopic(TOPIC, { partitions: PARTITIONS });
  return stream;
}

export function append(stream: Stream, ...values: string[]): Promise<unknown> {
  return stream.append(
    TOPIC,
    values.map((value) => ({ key: value.slice(0, 1), value: Buffer.from(value) })),
  );
}

/** Values of everything in the log, partition by partition. Checks that offsets go on without a gap. */
export async function valuesOf(stream: Stream, topic = TOPIC): Promise<string[]> {
  const values: string[] = [];
  for (let partition = 0; partition < PARTITIONS; partition++) {
    const { begin, end } = await stream.bounds(topic, partition);
    for (let next = begin; next < end; ) {
      const records = await stream.read(topic, partition, next, 10);
      for (const record of records) {
        if (record.offset !== next++) throw new Error(`offset ${record.offset} instead of ${next - 1}`);
        values.push(Buffer.from(record.value).toString());
      }
    }
  }
  return values;
}

/** Path of a segment: 0 is the oldest. */
export function segmentPath(disk: FaultyDisk, index = 0): string {
  const path = disk.paths().filter((name) => name.endsWith('.seg'))[index];
  if (!path) throw new Error(`no segment ${index}`);
  return path;
}
