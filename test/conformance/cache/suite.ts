import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Cache } from '../../../src/ports/cache.ts';

export interface CacheUnderTest {
  cache: Cache;
  /** Lets time pass for expiries. */
  pass(seconds: number): Promise<void>;
  /** Time passes by itself too: on a machine that stands still meanwhile a key is gone before it was looked at. */
  realTime?: boolean;
  close(): Promise<void>;
}

/** What a check does before it lets time pass takes milliseconds; half a second is the shortest time that it counts on. */
const HASTE_MS = 450;
const BEAT_MS = 50;

/** @returns false when a check failed on a machine that stood still meanwhile: the keys may have ended before it looked */
async function inTime(under: CacheUnderTest, run: (under: CacheUnderTest) => Promise<void>): Promise<boolean> {
  const started = performance.now();
  let [busyMs, beatAt, stoodMs] = [0, started, 0];
  const beat = () => {
    stoodMs = Math.max(stoodMs, performance.now() - beatAt);
    beatAt = performance.now();
  };
  const beats = setInterval(beat, BEAT_MS);
  const pass = (seconds: number) => {
    busyMs ||= performance.now() - started;
    return under.pass(seconds);
  };
  try {
    await run({ ...under, pass });
    return true;
  } catch (error) {
    beat();
    busyMs ||= performance.now() - started;
    if (under.realTime !== true || Math.max(busyMs, stoodMs) < HASTE_MS) throw error;
    return false;
  } finally {
    clearInterval(beats);
    await under.close();
  }
}

/** What every adapter of the cache port promises. `open` gives an empty cache. */
export function cacheSuite(name: string, open: () => Promise<CacheUnderTest>): void {
  const check = (what: string, run: (under: CacheUnderTest) => Promise<void>) =>
    test(`${name}: ${what}`, async () => {
      while (!(await inTime(await open(), run))) {}
    });

  check('strings are set, overwritten, read together and deleted', async ({ cache }) => {
    assert.equal(await cache.get('a'), undefined);
    await cache.set('a', '1');
    await cache.setMany([
      ['a', '2'],
      ['b', '한글 "x"'],
    ]);
    assert.deepEqual(await cache.getMany(['b', 'none', 'a']), ['한글 "x"', undefined, '2']);
    await cache.delete('a', 'none');
    assert.equal(await cache.get('a'), undefined);
    await cache.delete();
    await cache.setMany([]);
    assert.deepEqual(await cache.getMany([]), []);
  });

  check('a time to live ends a key, and a plain set takes it away', async ({ cache, pass }) => {
    await cache.set('short', '1', { ttlSeconds: 1 });
    await cache.set('kept', '1', { ttlSeconds: 1 });
    await cache.set('kept', '2');
    await cache.hashSet('hash', { f: '1' }, { ttlSeconds: 1 });
    await cache.listPush('list', ['1'], { max: 5, ttlSeconds: 1 });
    assert.equal(await cache.get('short'), '1');
    await pass(1.2);
    assert.equal(await cache.get('short'), undefined);
    assert.equal(await cache.get('kept'), '2');
    assert.equal(await cache.hashGetAll('hash'), undefined);
    assert.deepEqual(await cache.listRange('list', 0, -1), []);
    assert.deepEqual(await cache.keys('*'), ['kept']);
  });

  check('a new time to live is for keys that exist', async ({ cache, pass }) => {
    await cache.set('a', '1', { ttlSeconds: 1 });
    await cache.set('b', '1');
    await cache.expire(['a', 'none'], 60);
    await cache.expire(['b'], 1);
    await pass(1.2);
    assert.deepEqual(await cache.getMany(['a', 'b', 'none']), ['1', undefined, undefined]);
    await cache.set('none', '1');
    assert.deepEqual((await cache.keys('*')).sort(), ['a', 'none']);
  });

  check('changing a hash keeps its time to live', async ({ cache, pass }) => {
    await cache.hashSet('hash', { f: '1' }, { ttlSeconds: 1 });
    await cache.hashSet('hash', { g: '2' });
    assert.deepEqual(await cache.hashGetAll('hash'), { f: '1', g: '2' });
    await pass(1.2);
    assert.equal(await cache.hashGetAll('hash'), undefined);
  });

  check('hashes take fields over', async ({ cache }) => {
    assert.equal(await cache.hashGetAll('none'), undefined);
    await cache.hashSet('none', {});
    assert.equal(await cache.hashGetAll('none'), undefined);
    await cache.hashSet('h', { a: '1', b: '2' });
    await cache.hashSet('h', { b: '3' });
    assert.deepEqual(await cache.hashGetAll('h'), { a: '1', b: '3' });
  });

  check('sets have each member once and vanish with the last', async ({ cache }) => {
    await cache.setAdd('s', 'a', 'b', 'a');
    await cache.setAdd('s');
    assert.deepEqual((await cache.setMembers('s')).sort(), ['a', 'b']);
    await cache.setRemove('s', 'a', 'none');
    await cache.setRemove('s', 'b');
    assert.deepEqual(await cache.setMembers('s'), []);
    assert.deepEqual(await cache.keys('s'), []);
  });

  check('lists are newest first and capped', async ({ cache }) => {
    await cache.listPush('l', ['1', '2', '3'], { max: 4, ttlSeconds: 60 });
    await cache.listPush('l', ['4', '5'], { max: 4, ttlSeconds: 60 });
    await cache.listPush('l', [], { max: 4, ttlSeconds: 60 });
    assert.deepEqual(await cache.listRange('l', 0, -1), ['5', '4', '3', '2']);
    assert.deepEqual(await cache.listRange('l', 1, 2), ['4', '3']);
    assert.deepEqual(await cache.listRange('l', -2, 99), ['3', '2']);
    assert.deepEqual(await cache.listRange('l', 7, 9), []);
    assert.deepEqual(await cache.listRange('l', -99, 0), ['5']);
  });

  check('a counter counts from 0 and starts again when its time is over', async ({ cache, pass }) => {
    const first = await cache.increment('n', 2, 1);
    assert.deepEqual([first.value, first.msLeft > 500 && first.msLeft <= 1000], [2, true]);
    assert.equal((await cache.increment('n', 3, 1000)).value, 5);
    const asked = await cache.increment('n', 0, 1000);
    assert.ok(asked.value === 5 && asked.msLeft <= 1000, 'a later call does not prolong it');
    const many = await Promise.all(Array.from({ length: 50 }, () => cache.increment('many', 1, 10)));
    assert.equal(new Set(many.map(({ value }) => value)).size, 50);
    await pass(1.2);
    assert.equal((await cache.increment('n', 1, 1)).value, 1);
    await cache.setAdd('no-number', 'a');
    await assert.rejects(cache.increment('no-number', 1, 1), /WRONGTYPE/);
  });

  check('a key used as another type is refused, not bent', async ({ cache }) => {
    await cache.set('text', '1');
    await cache.setAdd('set', 'a');
    await assert.rejects(cache.setAdd('text', 'a'), /WRONGTYPE/);
    await assert.rejects(cache.get('set'), /WRONGTYPE/);
    await assert.rejects(cache.listRange('text', 0, 1), /WRONGTYPE/);
    await assert.rejects(cache.hashGetAll('text'), /WRONGTYPE/);
  });

  check('keys are found by pattern', async ({ cache }) => {
    await cache.setMany(['depth:A', 'depth:AB', 'ticker:A', 'a.b', 'a*b'].map((key) => [key, '1']));
    const found = async (pattern: string) => (await cache.keys(pattern)).sort();
    assert.deepEqual(await found('depth:*'), ['depth:A', 'depth:AB']);
    assert.deepEqual(await found('depth:?'), ['depth:A']);
    assert.deepEqual(await found('[dt]*:A'), ['depth:A', 'ticker:A']);
    assert.deepEqual(await found('a.b'), ['a.b']);
    assert.deepEqual(await found('a\\*b'), ['a*b']);
  });

  check('flush empties everything', async ({ cache }) => {
    await cache.set('a', '1');
    await cache.setAdd('s', '1');
    await cache.flush();
    assert.deepEqual(await cache.keys('*'), []);
  });
}
