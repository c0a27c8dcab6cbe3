import type { Archive } from '../../ports/archive.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Log } from '../../ports/log.ts';
import type { Lines } from './lines.ts';

const VERSION = 1;
/** Two keys in turn: while one is written the other stays whole, and a damaged one costs only a longer read. */
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

/** The newest readable checkpoint. */
export async function readCheckpoint(archive: Archive, log: Log): Promise<Checkpoint | undefined> {
  let newest: Checkpoint | undefined;
  for (const key of KEYS) {
    const bytes = await archive.get(key);
    if (bytes === undefined) continue;
    try {
      const checkpoint = JSON.parse(Buffer.from(bytes).toString()) as Checkpoint;
      if (checkpoint.v !== VERSION) throw new Error(`unknown version ${String(checkpoint.v)}`);
      if (newest === undefined || checkpoint.offset > newest.offset) newest = checkpoint;
    } catch (error) {
      log.warn({ key, error: String(error) }, 'a notifier checkpoint cannot be read; using the other one');
    }
  }
  return newest;
}

/**
 * Writes checkpoints. A large one is taken while the lines move on: an entry may already stand later than `offset`, which
 * does no harm because reading the stream from `offset` again only ever moves lines forward.
 */
export class CheckpointWriter {
  readonly #archive: Archive;
  readonly #clock: Clock;
  #turn = 0;
  #written: number;
  #before: number;

  /** `recoveredFrom`: the offset of the checkpoint that this process started from. */
  constructor(archive: Archive, clock: Clock, recoveredFrom: number) {
    this.#archive = archive;
    this.#clock = clock;
    this.#written = recoveredFrom;
    this.#before = recoveredFrom;
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
    await this.#archive.put(KEYS[this.#turn]!, Buffer.from(`${head},"users":{${slices.join(',')}}}`));
    this.#turn = 1 - this.#turn;
    this.#before = this.#written;
    this.#written = offset;
  }
}
