import type { Archive } from '../../ports/archive.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Log } from '../../ports/log.ts';
import { sealText, unsealText } from '../matching-engine/sealed.ts';
import type { Lines } from './lines.ts';

const VERSION = 1;
/**
 * Two keys in turn: while one is written the other stays whole, and a damaged one costs only a longer read. Each stands behind
 * its checksum: one wrong digit would give a number twice.
 */
const KEYS = ['notifier/checkpoint-a.json', 'notifier/checkpoint-b.json'] as const;
/** Users written between two breaths: a checkpoint of many users must not hold up the pushes. */
const USERS_A_SLICE = 2_000;

export interface Checkpoint {
  v: typeof VERSION;
  /** Records of the private stream below this offset are accounted for. */
  offset: number;
  /** Position in each partition of the fills stream up to which all messages are durable. */
  fills: Record<string, number>;
  seqs: Record<string, number>;
  users: Record<string, [useq: number, last: number]>;
}

/** Where a process started from: the offset of its checkpoint (0: none), and which of the two keys held it. */
export interface CheckpointOrigin {
  offset: number;
  turn: number;
}

/** The newest readable checkpoint, and where it stood. */
export async function readCheckpoint(
  archive: Archive,
  log: Log,
): Promise<{ checkpoint: Checkpoint | undefined; origin: CheckpointOrigin }> {
  let newest: Checkpoint | undefined;
  let newestTurn = 1;
  for (const [turn, key] of KEYS.entries()) {
    const bytes = await archive.get(key);
    if (bytes === undefined) continue;
    try {
      const checkpoint = JSON.parse(unsealText(Buffer.from(bytes).toString())) as Checkpoint; // under the checksum
      if (checkpoint.v !== VERSION) throw new Error(`unknown version ${String(checkpoint.v)}`);
      if (newest !== undefined && checkpoint.offset <= newest.offset) continue;
      newest = checkpoint;
      newestTurn = turn;
    } catch (error) {
      log.warn({ key, error: String(error) }, 'a notifier checkpoint cannot be read; using the other one');
    }
  }
  return { checkpoint: newest, origin: { offset: newest?.offset ?? 0, turn: newestTurn } };
}

/**
 * Writes checkpoints. A large one is taken while the lines move on: an entry may already stand later than `offset`, which
 * does no harm because reading the stream from `offset` again only ever moves lines forward.
 */
export class CheckpointWriter {
  readonly #archive: Archive;
  readonly #clock: Clock;
  #turn: number;
  #written: number;
  #before: number;

  /** The first checkpoint replaces the one that `origin` was not read from. */
  constructor(archive: Archive, clock: Clock, origin: CheckpointOrigin) {
    this.#archive = archive;
    this.#clock = clock;
    this.#turn = 1 - origin.turn;
    this.#written = origin.offset;
    this.#before = origin.offset;
  }

  /** A recovery reads the private stream from here on, even when the newer of the two checkpoints is damaged. */
  get neededFrom(): number {
    return this.#before;
  }

  /** Writes one if anything became durable since the last. */
  async write(lines: Lines, fills: ReadonlyMap<number, number>): Promise<void> {
    const offset = lines.end;
    if (offset === this.#written) return;
    const head = JSON.stringify({
      v: VERSION,
      offset,
      fills: Object.fromEntries(fills),
      seqs: Object.fromEntries(lines.durableSeqs),
    }).slice(0, -1);
    const slices: string[] = [];
    let slice: string[] = [];
    for (const [user, line] of lines.users) {
      if (line.durable === 0) continue;
      slice.push(`${JSON.stringify(user)}:[${line.durable},${line.last}]`);
      if (slice.length < USERS_A_SLICE) continue;
      slices.push(slice.join(','));
      slice = [];
      await this.#clock.sleep(0);
    }
    if (slice.length > 0) slices.push(slice.join(','));
    const text = sealText(`${head},"users":{${slices.join(',')}}}`);
    await this.#archive.put(KEYS[this.#turn]!, Buffer.from(text));
    this.#turn = 1 - this.#turn;
    this.#before = this.#written;
    this.#written = offset;
  }
}
