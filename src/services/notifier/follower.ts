import { PARTITIONS, RETENTION_MS, type Topics } from '../../domain/topics.ts';
import type { Archive } from '../../ports/archive.ts';
import type { Log } from '../../ports/log.ts';
import type { Push } from '../../ports/push.ts';
import type { Stream, StreamRecord, StreamSubscription } from '../../ports/stream.ts';
import type { Lines } from './lines.ts';
import { decodePrivateRecord } from './private-record.ts';
import { PrivateReader } from './reader.ts';
import { RecentMessages } from './recent.ts';
import { recoverLines } from './recovery.ts';

const RECENT_MAX = 100_000;

export interface FollowerDeps {
  stream: Stream;
  topics: Pick<Topics, 'private'>;
  /** Where the notifier keeps its checkpoints; only read here. */
  archive: Archive;
  push: Push;
  log: Log;
  /** Of this process alone: every gateway must get every record. */
  group: string;
}

/**
 * The notifier's ears in a gateway of another process: follows the private stream, pushes what is for the sockets of this
 * gateway, and serves resumes. Numbers are given by the one notifier; here they are only read.
 */
export class PrivateFollower extends PrivateReader {
  readonly #lines: Lines;
  readonly #recent: RecentMessages;
  readonly #push: Push;
  #subscription: StreamSubscription | undefined;

  static async open(deps: FollowerDeps): Promise<PrivateFollower> {
    const { stream, topics } = deps;
    await stream.ensureTopic(topics.private, { partitions: PARTITIONS.private, retentionMs: RETENTION_MS });
    const recent = new RecentMessages(RECENT_MAX);
    const { lines } = await recoverLines(deps, recent);
    const follower = new PrivateFollower(deps, lines, recent);
    follower.#subscription = await stream.consume({
      topic: topics.private,
      group: deps.group,
      position: async () => lines.end,
      onBatch: async (_, records) => {
        for (const record of records) follower.#follow(record);
      },
    });
    return follower;
  }

  private constructor(deps: FollowerDeps, lines: Lines, recent: RecentMessages) {
    super({ stream: deps.stream, topic: deps.topics.private, lines, recent });
    this.#lines = lines;
    this.#recent = recent;
    this.#push = deps.push;
  }

  /** Records appended but not pushed here yet. */
  async lag(): Promise<number> {
    return (await this.#subscription?.lag()) ?? 0;
  }

  async close(): Promise<void> {
    await this.#subscription?.close();
  }

  #follow(record: StreamRecord): void {
    if (record.offset < this.#lines.end) return;
    for (const { user, useq, messages } of decodePrivateRecord(record.value).users) {
      const texts = messages.map((message) => JSON.stringify(message));
      this.#lines.sawUser(user, useq + messages.length - 1, record.offset);
      this.#recent.add(user, useq, texts);
      this.#push.toUser(user, texts, useq);
    }
    this.#lines.end = record.offset + 1;
  }
}
