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
  return (await statOf(pid))?.[19];
}

/** Whether a process lives. One that has ended and waits to be collected by its parent (a zombie) does not. */
export async function isAlive(pid: number): Promise<boolean> {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
  const state = (await statOf(pid))?.[0];
  return state !== 'Z' && state !== 'X';
}

/** Fields of /proc/PID/stat from the state on; the name before it stands in parentheses and may hold spaces. */
async function statOf(pid: number): Promise<string[] | undefined> {
  if (process.platform !== 'linux') return undefined;
  try {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  } catch {
    return undefined;
  }
}
