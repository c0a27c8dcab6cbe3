import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { isBySeeds, plant, root } from './bug.ts';
import { bugs } from './bugs.ts';
import { hunt } from './hunt.ts';
import { inTurns } from './turns.ts';

/** The first column of the table of promises. */
function promises(): string[] {
  const [, table = ''] = readFileSync(join(root, 'docs', 'PROMISES.md'), 'utf8').split('| promise | test |');
  const [rows = ''] = table.split('\n\n');
  return rows
    .split('\n')
    .slice(2)
    .map((row) => row.split('|')[1]!.trim());
}

test('every planted bug still finds its text, in a file and before a test that are there', () => {
  assert.equal(new Set(bugs.map(({ name }) => name)).size, bugs.length, 'names are unique');
  for (const bug of bugs) {
    assert.notEqual(plant(bug, readFileSync(join(root, bug.file), 'utf8')), '');
    if (!isBySeeds(bug.noticedBy)) assert.ok(existsSync(join(root, bug.noticedBy.test)), bug.noticedBy.test);
  }
});

test('every promise has a bug that breaks it', () => {
  const rows = promises();
  assert.ok(rows.length >= 20, 'the table of promises was found');
  for (const { name, promise } of bugs) {
    assert.equal(rows.filter((row) => row.includes(promise)).length, 1, `${name} breaks the promise "${promise}"`);
  }
  const kept = rows.filter((row) => !bugs.some(({ promise }) => row.includes(promise)));
  assert.deepEqual(kept, [], 'nothing planted breaks these');
});

test('bugs that come out at once are noticed (all of them: npm run test:planted)', async () => {
  const quick = bugs.filter(({ isQuick }) => isQuick);
  for (const { bug, noticed, invalid } of await inTurns(quick, hunt)) {
    assert.equal(invalid, undefined, bug.name);
    assert.ok(noticed, `nobody has noticed ${bug.name}`);
  }
});
