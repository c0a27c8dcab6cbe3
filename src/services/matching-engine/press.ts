import type { SymbolImage } from '../../matching/engine/snapshot.ts';
import { finish } from '../../matching/engine/steps.ts';
import type { Clock } from '../../ports/clock.ts';
import { inSlices } from './slices.ts';
import { type SnapshotHead, sealImage } from './snapshot-store.ts';

export type { SymbolImage };

/** Makes snapshots of images: the long part of a snapshot, for which the engine need not stand still. */
export interface Press {
  /** The sealed snapshot, ASCII text. The image is the press's from now on. */
  seal(head: SnapshotHead, image: SymbolImage): Promise<Uint8Array>;
}

/** As a press does, without a pause. */
export function sealAtOnce(head: SnapshotHead, image: SymbolImage): Uint8Array {
  return finish(sealImage(head, image));
}

/** Works between the orders, on the thread that matches them, a little at a time. */
export class SlicedPress implements Press {
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  seal(head: SnapshotHead, image: SymbolImage): Promise<Uint8Array> {
    return inSlices(sealImage(head, image), this.#clock);
  }
}
