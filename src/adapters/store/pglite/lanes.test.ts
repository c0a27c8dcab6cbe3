import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Lanes } from './lanes.ts';

describe('lanes of a single connection', () => {
  it('let order entry go first, but nobody starve while it never pauses', () => {
    const lanes = new Lanes<string>();
    for (let n = 0; n < 12; n += 1) lanes.add('entry', `e${n}`);
    for (let n = 0; n < 3; n += 1) {
      lanes.add('question', `q${n}`);
      lanes.add('consumer', `c${n}`);
    }
    const turns = Array.from({ length: 18 }, () => lanes.next()?.[0]).join('');
    assert.equal(turns, 'eeqeeceeqeeceeqeec');
    assert.equal(lanes.next(), undefined);
  });

  it('give a turn to whoever waits alone', () => {
    const lanes = new Lanes<string>();
    lanes.add('consumer', 'c');
    assert.equal(lanes.next(), 'c');
    lanes.add('consumer', 'd');
    lanes.add('consumer', 'f');
    assert.equal(lanes.next(), 'd');
    lanes.add('entry', 'e');
    assert.equal(lanes.next(), 'e');
    assert.equal(lanes.next(), 'f');
  });
});
