import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { getPriority } from 'node:os';
import { test } from 'node:test';
import { openPgliteStore } from './store.ts';

/** Niceness of every thread of this process: field 19 of its stat, behind the name in parentheses (proc(5)). */
function niceness(): number[] {
  return readdirSync('/proc/self/task').flatMap((thread) => {
    const path = `/proc/self/task/${thread}/stat`;
    // A thread may have ended since.
    if (!existsSync(path)) return [];
    const stat = readFileSync(path, 'utf8');
    return [Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[16])];
  });
}

test(
  "the database's thread gives way to the thread that orders wait for",
  { skip: process.platform !== 'linux' },
  async () => {
    const before = getPriority();
    const store = await openPgliteStore();
    try {
      assert.equal(getPriority(), before);
      if (before < 19) assert.ok(Math.max(...niceness()) > before, String(niceness()));
    } finally {
      await store.close();
    }
  },
);
