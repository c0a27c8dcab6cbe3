import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { hashOf, IdIndex } from './id-index.ts';
import '../../../test/support/property-seed.ts';

test('it answers as a Map does, whatever is added and removed in whatever order', () => {
  const step = fc.tuple(fc.constantFrom('add', 'remove'), fc.integer({ min: 0, max: 200 }));
  fc.assert(
    fc.property(fc.array(step, { maxLength: 500 }), (steps) => {
      const names: string[] = [];
      const index = new IdIndex({ isNamed: (entry, id) => names[entry] === id });
      const map = new Map<string, number>();
      for (const [what, number] of steps) {
        const id = number === 0 ? '' : `id_${number}é`;
        const known = map.get(id);
        assert.equal(index.find(id), known ?? -1);
        if (what === 'add' && known === undefined) {
          map.set(id, names.length);
          index.add(index.hash(id), names.length);
          names.push(id);
        } else if (what === 'remove' && known !== undefined) {
          map.delete(id);
          index.remove(hashOf(id), known);
        }
        assert.equal(index.size, map.size);
      }
      for (let number = 1; number <= 200; number += 1)
        assert.equal(index.find(`id_${number}é`), map.get(`id_${number}é`) ?? -1);
    }),
    { numRuns: 300 },
  );
});
