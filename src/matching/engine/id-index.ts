const FIRST_SLOTS = 4;
/** Two words a slot: the hash of the id, and the entry + 1 (0: free). */
const SLOT_WORDS = 2;

/** Whoever holds the ids themselves. */
export interface Named {
  /** Whether entry `entry` has this id. */
  isNamed(entry: number, id: string): boolean;
}

/**
 * Finds entries (small whole numbers) by their string ids. The ids are held elsewhere; here are only hashes, in one flat
 * array, so that looking up an id that is not there (every new order does) touches one cache line. Linear probing, at most
 * half full; what is removed leaves no trace.
 */
export class IdIndex {
  readonly #named: Named;
  #slots = new Int32Array(FIRST_SLOTS * SLOT_WORDS);
  #mask = FIRST_SLOTS - 1;
  #size = 0;
  /** The id asked for last: who looks an id up often adds it next. */
  #lastId = '';
  #lastHash = hashOf('');

  constructor(named: Named) {
    this.#named = named;
  }

  get size(): number {
    return this.#size;
  }

  /** The entry of an id, or -1. */
  find(id: string): number {
    const hash = this.hash(id);
    const slots = this.#slots;
    for (let slot = hash & this.#mask; ; slot = (slot + 1) & this.#mask) {
      const entry = slots[slot * SLOT_WORDS + 1]! - 1;
      if (entry < 0 || (slots[slot * SLOT_WORDS] === hash && this.#named.isNamed(entry, id))) return entry;
    }
  }

  hash(id: string): number {
    if (id !== this.#lastId) {
      this.#lastId = id;
      this.#lastHash = hashOf(id);
    }
    return this.#lastHash;
  }

  /** Adds an entry whose id has this hash and is not in the index. */
  add(hash: number, entry: number): void {
    this.#size += 1;
    if (this.#size * 2 > this.#mask) this.#resize(this.#mask * 2 + 1);
    this.#put(hash, entry + 1);
  }

  /** Makes room for `size` entries at once. */
  reserve(size: number): void {
    let mask = this.#mask;
    while (size * 2 > mask) mask = mask * 2 + 1;
    if (mask > this.#mask) this.#resize(mask);
  }

  #put(hash: number, cell: number): void {
    const slots = this.#slots;
    let slot = hash & this.#mask;
    while (slots[slot * SLOT_WORDS + 1] !== 0) slot = (slot + 1) & this.#mask;
    slots[slot * SLOT_WORDS] = hash;
    slots[slot * SLOT_WORDS + 1] = cell;
  }

  /** Takes out an entry that was added with this hash. */
  remove(hash: number, entry: number): void {
    const slots = this.#slots;
    let hole = hash & this.#mask;
    while (slots[hole * SLOT_WORDS + 1] !== entry + 1) {
      if (slots[hole * SLOT_WORDS + 1] === 0) throw new Error(`entry ${entry} is not in the index`);
      hole = (hole + 1) & this.#mask;
    }
    this.#size -= 1;
    // Whoever was pushed past the hole by a collision moves up, so that probing still finds them.
    for (let slot = (hole + 1) & this.#mask; slots[slot * SLOT_WORDS + 1] !== 0; slot = (slot + 1) & this.#mask) {
      const home = slots[slot * SLOT_WORDS]! & this.#mask;
      if (((slot - home) & this.#mask) < ((slot - hole) & this.#mask)) continue;
      slots[hole * SLOT_WORDS] = slots[slot * SLOT_WORDS]!;
      slots[hole * SLOT_WORDS + 1] = slots[slot * SLOT_WORDS + 1]!;
      hole = slot;
    }
    slots[hole * SLOT_WORDS + 1] = 0;
  }

  #resize(mask: number): void {
    const old = this.#slots;
    this.#mask = mask;
    this.#slots = new Int32Array((mask + 1) * SLOT_WORDS);
    for (let at = 0; at < old.length; at += SLOT_WORDS) {
      if (old[at + 1] !== 0) this.#put(old[at]!, old[at + 1]!);
    }
  }
}

/** FNV-1a over the UTF-16 units, its bits spread by a last mix. */
export function hashOf(id: string): number {
  let hash = 0x811c9dc5 | 0;
  for (let i = 0; i < id.length; i += 1) hash = Math.imul(hash ^ id.charCodeAt(i), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  return hash ^ (hash >>> 13);
}
