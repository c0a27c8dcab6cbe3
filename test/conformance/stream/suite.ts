import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { partitionOf } from '../../../src/domain/partition.ts';
import type { Stream, StreamAppend, StreamRecord } from '../../../src/ports/stream.ts';

/** What an adapter brings to the suite. Topic names are new for every test, so one stream serves them all. */
export interface StreamUnderTest {
  name: string;
  open(): Promise<Stream>;
  /** Closes the stream and opens the same one again, as a restarted program would. */
  reopen(stream: Stream): Promise<Stream>;
  cleanUp(): Promise<void>;
}

/** The promises of src/ports/stream.ts, the same for every adapter. */
export function streamSuite(subject: StreamUnderTest): void {
  describe(`stream: ${subject.name}`, () => {
    let stream: Stream;
    let topics = 0;
    const newTopic = async (partitions = 1): Promise<string> => {
      const topic = `conformance-${Date.now().toString(36)}-${topics++}`;
      await stream.ensureTopic(topic, { partitions });
      return topic;
    };
    before(async () => {
      stream = await subject.open();
    });
    after(async () => {
      await stream.close();
      await subject.cleanUp();
    });

    test('a topic is made once, is listed, and keeps its partitions', async () => {
      const topic = await newTopic(3);
      await stream.ensureTopic(topic, { partitions: 3 });
      await assert.rejects(stream.ensureTopic(topic, { partitions: 4 }));
      assert.ok((await stream.topics()).some((info) => info.topic === topic && info.partitions === 3));
      await stream.deleteTopic(topic);
      assert.ok(!(await stream.topics()).some((info) => info.topic === topic));
    });

    test('records come back with key, value, partition and offset', async () => {
      const topic = await newTopic();
      const values = [
        new Uint8Array(0),
        text('한국거래소'),
        new Uint8Array([0, 255, 1, 254]),
        new Uint8Array(300_000).fill(7),
      ];
      const positions = await stream.append(topic, records('K', ...values));
      assert.deepEqual(
        positions.map(({ offset }) => offset - positions[0]!.offset),
        [0, 1, 2, 3],
      );
      const read = await readAll(stream, topic, 0);
      assert.deepEqual(
        read.map(plain),
        values.map((value, i) => plain({ ...positions[i]!, key: 'K', value })),
      );
    });

    test('a key goes to the partition of murmur2, whoever asks', async () => {
      const topic = await newTopic(4);
      for (const key of ['TEST', 'A', '삼성', '']) {
        const [position] = await stream.append(topic, [{ key, value: text('x') }]);
        assert.equal(position!.partition, partitionOf(key, 4));
        assert.equal(stream.partitionOf(topic, key), partitionOf(key, 4));
      }
    });

    test('concurrent appends keep their order in each partition, and offsets ascend without a gap', async () => {
      const topic = await newTopic(2);
      const calls: Promise<unknown>[] = [];
      for (let i = 0; i < 300; i++) calls.push(stream.append(topic, records(`K${i % 7}`, text(`${i}`), text(`${i}+`))));
      await Promise.all(calls);
      let count = 0;
      for (const partition of [0, 1]) {
        const read = await readAll(stream, topic, partition);
        count += read.length;
        const numbers = read.map(({ value }) => Number.parseFloat(Buffer.from(value).toString()));
        for (let i = 1; i < read.length; i++) {
          assert.equal(read[i]!.offset, read[i - 1]!.offset + 1);
          assert.ok(numbers[i]! >= numbers[i - 1]!, 'in the order of the calls');
        }
      }
      assert.equal(count, 600);
    });

    test('read gives at most what was asked for, and nothing to a reader that has caught up', async () => {
      const topic = await newTopic();
      await stream.append(topic, records('K', ...Array.from({ length: 10 }, (_, i) => text(`${i}`))));
      const { begin, end } = await stream.bounds(topic, 0);
      assert.equal(end - begin, 10);
      const some = await stream.read(topic, 0, begin + 4, 3);
      assert.deepEqual(
        some.map(({ offset }) => offset),
        [begin + 4, begin + 5, begin + 6],
      );
      assert.deepEqual(await stream.read(topic, 0, end, 10), []);
      await assert.rejects(stream.read(topic, 0, end + 1, 10));
    });

    test('an empty append and a missing topic: nothing, and an error', async () => {
      const topic = await newTopic();
      assert.deepEqual(await stream.append(topic, []), []);
      await assert.rejects(stream.append(`${topic}-missing`, records('K', text('x'))));
      await assert.rejects(stream.read(topic, 1, 0, 1));
    });

    test('records, bounds and topics survive a restart, and offsets go on', async () => {
      const topic = await newTopic(2);
      await stream.append(topic, records('A', text('1'), text('2')));
      const before = await stream.bounds(topic, stream.partitionOf(topic, 'A'));
      stream = await subject.reopen(stream);
      const partition = stream.partitionOf(topic, 'A');
      assert.deepEqual(await stream.bounds(topic, partition), before);
      const [position] = await stream.append(topic, records('A', text('3')));
      assert.equal(position!.offset, before.end);
      const read = await readAll(stream, topic, partition);
      assert.deepEqual(
        read.map(({ value }) => Buffer.from(value).toString()),
        ['1', '2', '3'],
      );
    });

    test('a consumer gets what was there and what comes, in order, one batch at a time', async () => {
      const topic = await newTopic();
      await stream.append(topic, records('K', text('0'), text('1'), text('2')));
      const seen: string[] = [];
      let busy = 0;
      const subscription = await stream.consume({
        topic,
        group: 'reader',
        maxRecords: 2,
        position: async () => (await stream.bounds(topic, 0)).begin + 1,
        onBatch: async (_partition, batch) => {
          assert.equal(++busy, 1);
          assert.ok(batch.length <= 2);
          await new Promise((resolve) => setTimeout(resolve, 1));
          for (const { value } of batch) seen.push(Buffer.from(value).toString());
          busy--;
        },
      });
      for (let i = 3; i < 20; i++) await stream.append(topic, records('K', text(`${i}`)));
      await until(async () => (await subscription.lag()) === 0);
      assert.deepEqual(
        seen,
        Array.from({ length: 19 }, (_, i) => `${i + 1}`),
      );
      await subscription.close();
      await stream.append(topic, records('K', text('after')));
      assert.equal(seen.length, 19);
    });

    test('a batch that its consumer refuses comes again, and errors are told', async () => {
      const topic = await newTopic();
      await stream.append(topic, records('K', text('a'), text('b')));
      const tries: string[] = [];
      const errors: string[] = [];
      const subscription = await stream.consume({
        topic,
        group: 'stumbler',
        position: async () => (await stream.bounds(topic, 0)).begin,
        onBatch: async (_partition, batch) => {
          tries.push(batch.map(({ value }) => Buffer.from(value).toString()).join(''));
          if (tries.length < 3) throw new Error('not yet');
        },
        onError: (_partition, error) => errors.push(error.message),
      });
      await until(async () => (await subscription.lag()) === 0);
      await subscription.close();
      assert.deepEqual(tries, ['ab', 'ab', 'ab']);
      assert.deepEqual(errors, ['not yet', 'not yet']);
    });

    test('lag counts what is durable and not handled', async () => {
      const topic = await newTopic(2);
      let release = () => {};
      const held = new Promise<void>((resolve) => {
        release = resolve;
      });
      const subscription = await stream.consume({
        topic,
        group: 'slow',
        position: async () => 0,
        onBatch: () => held,
      });
      await stream.append(topic, [...records('A', text('1'), text('2')), ...records('B', text('3'))]);
      assert.equal(await subscription.lag(), 3);
      release();
      await until(async () => (await subscription.lag()) === 0);
      await subscription.close();
    });

    test('every reader reads for itself', async () => {
      const topic = await newTopic();
      const totals = [0, 0];
      const subscriptions = await Promise.all(
        totals.map((_, i) =>
          stream.consume({
            topic,
            group: `reader-${i}`,
            position: async () => 0,
            onBatch: async (_partition, batch) => {
              totals[i]! += batch.length;
            },
          }),
        ),
      );
      for (let i = 0; i < 50; i++) await stream.append(topic, records('K', text(`${i}`)));
      await until(async () => totals.every((total) => total === 50));
      await Promise.all(subscriptions.map((subscription) => subscription.close()));
    });
  });
}

function text(value: string): Uint8Array {
  return Buffer.from(value, 'utf8');
}

function records(key: string, ...values: Uint8Array[]): StreamAppend[] {
  return values.map((value) => ({ key, value }));
}

function plain({ partition, offset, key, value }: StreamRecord) {
  return { partition, offset, key, value: Buffer.from(value).toString('base64') };
}

/** Everything of a partition, in small reads. */
export async function readAll(stream: Stream, topic: string, partition: number): Promise<StreamRecord[]> {
  const all: StreamRecord[] = [];
  let { begin: next } = await stream.bounds(topic, partition);
  for (;;) {
    const read = await stream.read(topic, partition, next, 97);
    if (read.length === 0) return all;
    all.push(...read);
    next = read.at(-1)!.offset + 1;
  }
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 90_000;
  while (!(await condition())) {
    assert.ok(Date.now() < deadline, 'it did not happen within 90 seconds');
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}
