import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { MatchingRig, type RigOptions } from './matching-rig.ts';
import type { Workload } from './workload.ts';

export interface HeapFigures {
  messages: number;
  /** Bytes of JavaScript heap in use after a full collection, before and after. */
  heap_before: number;
  heap_after: number;
}

/** Matches the workload again and again until `messages` are done, and looks at the heap before and after. */
export async function flatHeap(workload: Workload, options: RigOptions, messages: number): Promise<HeapFigures> {
  const rig = await MatchingRig.start(workload, options);
  await rig.run();
  const heapBefore = heapUsed();
  let done = 0;
  while (done < messages) {
    await rig.run();
    done += workload.count;
  }
  const heapAfter = heapUsed();
  await rig.stop();
  return { messages: done, heap_before: heapBefore, heap_after: heapAfter };
}

/** Bytes of the JavaScript heap in use after a full collection. */
export function heapUsed(): number {
  setFlagsFromString('--expose-gc');
  runInNewContext('gc')();
  return process.memoryUsage().heapUsed;
}
