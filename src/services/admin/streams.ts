import { ExchangeError } from '../../domain/errors.ts';
import { RETENTION_MS } from '../../domain/topics.ts';
import type { Stream } from '../../ports/stream.ts';
import type { AuditLog } from './audit.ts';

/** How far a consumer is behind the end of what it reads, over its partitions. */
export interface ConsumerLag {
  group: string;
  topic: string;
  lag: number;
}

export interface StreamInfo {
  topic: string;
  partitions: { partition: number; begin: number; end: number }[];
  /** Records kept. */
  records: number;
  consumers: { group: string; lag: number }[];
  /** One of the exchange's own: it cannot be deleted. */
  protected: boolean;
}

export interface StreamAdminDeps {
  stream: Pick<Stream, 'topics' | 'bounds' | 'ensureTopic' | 'deleteTopic'>;
  /** Names of the exchange's own streams. */
  own: readonly string[];
  lags(): Promise<ConsumerLag[]>;
  audit: AuditLog;
}

/** The streams and who reads them. What the exchange lives on cannot be deleted. */
export class StreamAdmin {
  readonly #deps: StreamAdminDeps;

  constructor(deps: StreamAdminDeps) {
    this.#deps = deps;
  }

  async list(): Promise<StreamInfo[]> {
    const [topics, lags] = await Promise.all([this.#deps.stream.topics(), this.#deps.lags()]);
    return Promise.all(
      topics.map(async ({ topic, partitions }) => {
        const bounds = await Promise.all(
          Array.from({ length: partitions }, async (_, partition) => ({
            partition,
            ...(await this.#deps.stream.bounds(topic, partition)),
          })),
        );
        return {
          topic,
          partitions: bounds,
          records: bounds.reduce((sum, { begin, end }) => sum + end - begin, 0),
          consumers: lags.filter((lag) => lag.topic === topic).map(({ group, lag }) => ({ group, lag })),
          protected: this.#isOwn(topic),
        };
      }),
    );
  }

  /** @returns false when the stream was there already. @throws ExchangeError STREAM_EXISTS with other partitions */
  async create(actor: string, topic: string, partitions: number, replicationFactor: number): Promise<boolean> {
    const existing = await this.#find(topic);
    if (existing !== undefined) {
      if (existing.partitions === partitions) return false;
      throw new ExchangeError('STREAM_EXISTS', `${topic} exists with ${existing.partitions} partitions.`);
    }
    const after = { partitions, replicationFactor };
    await this.#deps.audit.record({ actor, action: 'CREATE_STREAM', target: topic, before: null, after }, () =>
      this.#deps.stream.ensureTopic(topic, { partitions, retentionMs: RETENTION_MS }),
    );
    return true;
  }

  /** @returns false when there was none. @throws ExchangeError STREAM_PROTECTED */
  async delete(actor: string, topic: string): Promise<boolean> {
    if (this.#isOwn(topic))
      throw new ExchangeError('STREAM_PROTECTED', `${topic} is one of the exchange's own streams.`);
    const existing = await this.#find(topic);
    if (existing === undefined) return false;
    const before = { partitions: existing.partitions };
    await this.#deps.audit.record({ actor, action: 'DELETE_STREAM', target: topic, before, after: null }, () =>
      this.#deps.stream.deleteTopic(topic),
    );
    return true;
  }

  async #find(topic: string) {
    return (await this.#deps.stream.topics()).find((candidate) => candidate.topic === topic);
  }

  #isOwn(topic: string): boolean {
    return this.#deps.own.includes(topic);
  }
}
