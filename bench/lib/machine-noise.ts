import { closeSync, fdatasyncSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { percentile } from './latency.ts';

/** What a shared machine does to a program that does next to nothing; no latency measured beside it can be better. */
export interface MachineNoise {
  /** How late a timer of 2 ms rings, slowest hundredth, ms. */
  timer_p99_ms: number;
  /** fdatasync of 2 KB, slowest hundredth, ms. */
  sync_p99_ms: number;
}

const PROBE_MS = 4_000;
const PAUSE_MS = 2;
/** USER_HZ: the unit of /proc/stat on every Linux that Node runs on. */
const TICKS_PER_S = 100;
/** user, nice, system, idle, iowait, irq, softirq, steal: proc(5). */
const STEAL = 8;

/** @param folder where to write and sync: the disk that the exchange is going to use */
export async function probeMachine(folder: string): Promise<MachineNoise> {
  const path = join(folder, 'noise.probe');
  const file = openSync(path, 'w');
  const page = Buffer.alloc(2_000, 1);
  const [late, syncs]: [number[], number[]] = [[], []];
  try {
    for (const end = performance.now() + PROBE_MS; performance.now() < end; ) {
      writeSync(file, page);
      const started = performance.now();
      fdatasyncSync(file);
      const synced = performance.now();
      syncs.push(synced - started);
      await sleep(PAUSE_MS);
      late.push(performance.now() - synced - PAUSE_MS);
    }
  } finally {
    closeSync(file);
    rmSync(path);
  }
  return { timer_p99_ms: slowest(late), sync_p99_ms: slowest(syncs) };
}

/** Seconds that the host has kept this machine's processors to itself since boot, all of them together; 0 where nobody tells. */
export function stolenSeconds(): number {
  if (process.platform !== 'linux') return 0;
  const [all = ''] = readFileSync('/proc/stat', 'utf8').split('\n', 1);
  return Number(all.split(/\s+/)[STEAL] ?? 0) / TICKS_PER_S;
}

function slowest(samples: number[]): number {
  return percentile(Float64Array.from(samples).sort(), 0.99);
}
