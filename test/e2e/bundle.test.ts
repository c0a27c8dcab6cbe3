import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { missing } from './browser.ts';

const MOST_KB = 250;

const why = missing();
if (why !== undefined) console.log(`not run: ${why}`);
else {
  test(`everything that the console loads is under ${MOST_KB} KB gzipped`, () => {
    const folder = resolve(import.meta.dirname, '..', '..', 'console', 'dist', 'assets');
    const sizes = readdirSync(folder).map((name) => gzipSync(readFileSync(join(folder, name))).length / 1_024);
    const sum = sizes.reduce((total, size) => total + size, 0);
    console.log(`${sum.toFixed(1)} KB gzipped`);
    assert.ok(sum < MOST_KB, `${sum} KB`);
  });
}
