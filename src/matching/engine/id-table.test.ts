import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { IdTable } from './id-table.ts';

test('it answers as a Map does, whatever is set and deleted in whatever order', () => {
  const step = fc.tuple(fc.constantFrom('set', 'delete'), fc.integer({ min: 0, max: 200 }));
  fc.assert(
    fc.property(fc.array(step, { maxLength: 500 }), (steps) => {
      const table = new IdTable<number>();
      const map = new Map<string, number>();
      steps.forEach(([what, number], i) => {
        const key = number === 0 ? '' : `id_${number}é`;
        if (what === 'set') {
          table.set(key, i);
          map.set(key, i);
        } else {
          assert.equal(table.delete(key), map.delete(key));
        }
        assert.equal(table.size, map.size);
      });
      for (let number = 1; number <= 200; number += 1)
        assert.equal(table.get(`id_${number}é`), map.get(`id_${number}é`));
    }),
    { numRuns: 300 },
  );
});
