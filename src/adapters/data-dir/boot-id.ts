import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';

/**
 * Names this run of the machine: it changes with every boot, so that a start can tell a crash of the program (the kernel
 * kept its pages) from a power loss (it did not). undefined where the system does not tell.
 */
export async function bootId(): Promise<string | undefined> {
  try {
    if (process.platform === 'linux') return (await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim();
    if (process.platform !== 'darwin') return undefined;
    const { stdout } = await promisify(execFile)('sysctl', ['-n', 'kern.bootsessionuuid']);
    return stdout.trim() || undefined;
  } catch {
    return undefined;
  }
}

/** When a process started, in the kernel's ticks: tells a living process from another one that got its id later. */
export async function processStart(pid: number): Promise<string | undefined> {
  if (process.platform !== 'linux') return undefined;
  try {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
    // The name in parentheses may hold spaces; the start time is the 20th field after it.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  } catch {
    return undefined;
  }
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
