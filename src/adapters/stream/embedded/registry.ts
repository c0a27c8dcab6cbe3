import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import type { TopicInfo } from '../../../ports/stream.ts';
import { type Disk, readWhole, replaceFile } from '../../disk/disk.ts';
import { CorruptLogError } from './format.ts';

/** A topic as it is kept on disk. Partition ids are never given twice, so a deleted topic's records belong to nobody. */
export interface TopicEntry extends TopicInfo {
  retentionMs: number;
  partitionIds: number[];
}

const VERSION = 2;
/** As VERSION, without the checksum. */
const VERSION_UNCHECKED = 1;

interface RegistryFile {
  version: number;
  /** CRC-32 of the JSON text of what follows: a wrong partition id would give one partition the records of another. */
  checksum?: number;
  next_partition_id: number;
  topics: { topic: string; retention_ms: number; partition_ids: number[] }[];
}

/** Which topics there are. One small file, replaced whole on every change. */
export class Registry {
  readonly #disk: Disk;
  readonly #path: string;
  #nextPartitionId = 1;
  readonly #topics = new Map<string, TopicEntry>();

  private constructor(disk: Disk, path: string) {
    this.#disk = disk;
    this.#path = path;
  }

  /** `exists` tells whether the folder had a registry at all. */
  static async load(disk: Disk, folder: string): Promise<{ registry: Registry; exists: boolean }> {
    const path = join(folder, 'topics.json');
    const registry = new Registry(disk, path);
    const bytes = await readWhole(disk, path);
    if (bytes) registry.#fill(bytes);
    return { registry, exists: bytes !== undefined };
  }

  get topics(): ReadonlyMap<string, TopicEntry> {
    return this.#topics;
  }

  async add(topic: string, partitions: number, retentionMs: number): Promise<TopicEntry> {
    const partitionIds = Array.from({ length: partitions }, () => this.#nextPartitionId++);
    const entry = { topic, partitions, retentionMs, partitionIds };
    this.#topics.set(topic, entry);
    await this.save().catch((error: unknown) => {
      this.#topics.delete(topic);
      throw error;
    });
    return entry;
  }

  async remove(topic: string): Promise<void> {
    const entry = this.#topics.get(topic);
    if (!entry) return;
    this.#topics.delete(topic);
    await this.save().catch((error: unknown) => {
      this.#topics.set(topic, entry);
      throw error;
    });
  }

  async save(): Promise<void> {
    const checked = {
      next_partition_id: this.#nextPartitionId,
      topics: [...this.#topics.values()].map((entry) => ({
        topic: entry.topic,
        retention_ms: entry.retentionMs,
        partition_ids: entry.partitionIds,
      })),
    };
    const content: RegistryFile = { version: VERSION, checksum: checksumOf(checked), ...checked };
    await replaceFile(this.#disk, this.#path, Buffer.from(`${JSON.stringify(content, null, 2)}\n`));
  }

  #fill(bytes: Uint8Array): void {
    const content = parse(bytes);
    if (!content) throw new CorruptLogError(this.#path, 0, 'the list of topics cannot be read');
    if (content.version !== VERSION && content.version !== VERSION_UNCHECKED) {
      throw new Error(`${this.#path} is of format ${content.version}; this program knows format ${VERSION}.`);
    }
    // A list of the version before has none: one that has is a list of this version that was damaged.
    const isChecked = content.version === VERSION || content.checksum !== undefined;
    if (isChecked && content.checksum !== checksumOf(content)) {
      throw new CorruptLogError(this.#path, 0, 'the list of topics does not have its checksum');
    }
    this.#nextPartitionId = content.next_partition_id;
    for (const { topic, retention_ms, partition_ids } of content.topics) {
      this.#topics.set(topic, {
        topic,
        partitions: partition_ids.length,
        retentionMs: retention_ms,
        partitionIds: partition_ids,
      });
    }
  }
}

function checksumOf({ next_partition_id, topics }: Pick<RegistryFile, 'next_partition_id' | 'topics'>): number {
  return crc32(JSON.stringify({ next_partition_id, topics }));
}

function parse(bytes: Uint8Array): RegistryFile | undefined {
  try {
    const content: unknown = JSON.parse(Buffer.from(bytes).toString('utf8'));
    return isRegistry(content) ? content : undefined;
  } catch {
    return undefined;
  }
}

function isRegistry(content: unknown): content is RegistryFile {
  if (typeof content !== 'object' || content === null) return false;
  const file = content as Partial<Record<keyof RegistryFile, unknown>>;
  return (
    Number.isSafeInteger(file.version) &&
    Number.isSafeInteger(file.next_partition_id) &&
    Array.isArray(file.topics) &&
    file.topics.every(isTopic)
  );
}

function isTopic(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const entry = value as Partial<Record<keyof RegistryFile['topics'][number], unknown>>;
  return (
    typeof entry.topic === 'string' &&
    typeof entry.retention_ms === 'number' &&
    Array.isArray(entry.partition_ids) &&
    entry.partition_ids.every((id) => Number.isSafeInteger(id))
  );
}
