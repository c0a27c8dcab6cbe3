import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const ROOMY = '8g';
const ATTEMPTS = 100;

/**
 * A disk whose space the test commands: a tmpfs of its own, made smaller and larger while programs write to it. What a
 * program meets when it is full is the kernel's own ENOSPC, in writes, in new files and in files that grow.
 */
export class SmallDisk {
  readonly path: string;

  private constructor(path: string) {
    this.path = path;
  }

  /** Mounts one, or says why this machine does not let us. */
  static mount(): SmallDisk | { why: string } {
    if (process.platform !== 'linux') return { why: `a tmpfs of its own needs Linux, this is ${process.platform}` };
    if (process.getuid?.() !== 0) return { why: 'mounting a tmpfs needs root' };
    const path = mkdtempSync(join(tmpdir(), 'supernoba-small-disk-'));
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${ROOMY}`, 'tmpfs', path], { stdio: 'pipe' });
    } catch (error) {
      rmSync(path, { recursive: true, force: true });
      return {
        why: `a tmpfs cannot be mounted here: ${error instanceof Error ? error.message.trim() : String(error)}`,
      };
    }
    return new SmallDisk(path);
  }

  /** Leaves about so many bytes free (whole pages). What was written stays. */
  leave(bytes: number): void {
    for (let attempt = 1; ; attempt += 1) {
      const { blocks, bfree, bsize } = statfsSync(this.path);
      const pages = blocks - bfree + Math.ceil(bytes / bsize);
      try {
        this.#remount(String(pages * bsize));
        return;
      } catch (error) {
        // The kernel refuses a size that was outgrown between the question and the order.
        if (attempt === ATTEMPTS) throw error;
      }
    }
  }

  giveSpace(): void {
    this.#remount(ROOMY);
  }

  unmount(): void {
    execFileSync('umount', ['--lazy', this.path], { stdio: 'pipe' });
    rmSync(this.path, { recursive: true, force: true });
  }

  #remount(size: string): void {
    execFileSync('mount', ['-o', `remount,size=${size}`, this.path], { stdio: 'pipe' });
  }
}
