import { execFileSync } from 'node:child_process';
import { cpus } from 'node:os';

/** Where and on what a figure was measured. */
export interface Origin {
  node: string;
  machine: string;
  commit: string;
}

export function origin(): Origin {
  const processors = cpus();
  return {
    node: process.version,
    machine: `${processors.length} x ${processors[0]?.model.trim() ?? 'unknown'}, ${process.platform} ${process.arch}`,
    commit: commit(),
  };
}

function commit(): string {
  const git = (...args: string[]) => execFileSync('git', args, { cwd: import.meta.dirname, encoding: 'utf8' }).trim();
  try {
    const dirty = git('status', '--porcelain', '--untracked-files=no') === '' ? '' : '+';
    return git('rev-parse', '--short=12', 'HEAD') + dirty;
  } catch {
    return 'unknown';
  }
}
