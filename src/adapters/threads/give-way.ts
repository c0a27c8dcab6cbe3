import { getPriority, setPriority } from 'node:os';

/** A thread gives way by so much to the others of its process (setpriority(2)). */
const NICE = 10;

/**
 * From now on no order waits for the calling thread: where cores are few, the one that orders wait for goes first. On Linux a
 * priority is a thread's own, and one may always lower it; elsewhere it would be the whole process's.
 */
export function giveWay(): void {
  if (process.platform === 'linux') setPriority(Math.min(getPriority() + NICE, 19));
}
