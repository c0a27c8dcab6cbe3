import type { SymbolImage } from '../../services/matching-engine/press.ts';
import type { SnapshotHead } from '../../services/matching-engine/snapshot-store.ts';

// What the threads say to each other. The memory of images and snapshots changes hands, it is not copied.

export interface PressOrder {
  id: number;
  head: SnapshotHead;
  image: SymbolImage;
}

export interface PressReply {
  id: number;
  sealed: Uint8Array;
}

/** Memory that belongs to these views alone, and so can be handed over. */
export function ownMemory(views: readonly (Uint8Array | Int32Array)[]): ArrayBuffer[] {
  return views.flatMap(({ buffer, byteLength }) =>
    buffer instanceof ArrayBuffer && buffer.byteLength === byteLength ? [buffer] : [],
  );
}
