import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import { ERRORS } from '../../src/domain/errors.ts';

const root = resolve(import.meta.dirname, '..', '..');

test('docs/ERRORS.md is rendered from the registry and names every code', () => {
  const check = spawnSync(process.execPath, [join(root, 'scripts', 'render-docs.js'), '--check'], { encoding: 'utf8' });
  assert.equal(check.status, 0, check.stderr);
  const text = readFileSync(join(root, 'docs', 'ERRORS.md'), 'utf8');
  for (const code of Object.keys(ERRORS)) assert.ok(text.includes(`| \`${code}\` |`), code);
});

test('codes are upper snake case and their statuses are HTTP statuses', () => {
  for (const [code, { status, meaning }] of Object.entries(ERRORS)) {
    assert.match(code, /^[A-Z]+(_[A-Z0-9]+)*$/);
    assert.ok(status === 200 || (status >= 400 && status < 600), code);
    assert.match(meaning, /^\S.*\.$/, code);
  }
});
