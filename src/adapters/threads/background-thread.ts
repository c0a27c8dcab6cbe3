import { setFlagsFromString } from 'node:v8';
import { Worker, type WorkerOptions } from 'node:worker_threads';

/**
 * A thread for which no order waits: it collects its garbage as it comes. The main thread lets half a gigabyte come together first
 * (scripts/lib/node24.js), by a setting of the whole process that every later thread would follow with half a gigabyte of its own; the
 * main thread has read it at its start, so from here on it can go.
 */
export function backgroundThread(module: URL, options: WorkerOptions = {}): Worker {
  setFlagsFromString('--initial-old-space-size=0');
  return new Worker(module, options);
}
