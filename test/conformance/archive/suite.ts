import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Archive } from '../../../src/ports/archive.ts';

export interface ArchiveUnderTest {
  name: string;
  open(): Promise<Archive>;
  cleanUp(): Promise<void>;
}

/** The promises of src/ports/archive.ts, the same for every adapter. */
export function archiveSuite(subject: ArchiveUnderTest): void {
  describe(`archive: ${subject.name}`, () => {
    let archive: Archive;
    before(async () => {
      archive = await subject.open();
    });
    after(() => subject.cleanUp());

    test('a blob comes back byte for byte, also an empty and a large one', async () => {
      for (const value of [new Uint8Array(0), new Uint8Array([0, 1, 255]), new Uint8Array(3_000_000).fill(9)]) {
        await archive.put('blobs/one', value);
        assert.deepEqual(Buffer.from((await archive.get('blobs/one'))!), Buffer.from(value));
      }
    });

    test('a missing key is undefined, and deleting it is no error', async () => {
      assert.equal(await archive.get('nothing/here'), undefined);
      await archive.delete('nothing/here');
      await archive.put('parent/child', new Uint8Array(1));
      assert.equal(await archive.get('parent'), undefined);
      assert.equal(await archive.get('parent/child/below'), undefined);
    });

    test('list gives the keys with a prefix in byte order', async () => {
      const keys = ['list/b', 'list/a/2', 'list/a/10', 'list/A', 'list/a-1', 'list2/x', 'list/a.b=c:d_e'];
      for (const key of keys) await archive.put(key, new Uint8Array([1]));
      assert.deepEqual(await archive.list('list/'), [
        'list/A',
        'list/a-1',
        'list/a.b=c:d_e',
        'list/a/10',
        'list/a/2',
        'list/b',
      ]);
      assert.deepEqual(await archive.list('list/a/'), ['list/a/10', 'list/a/2']);
      assert.deepEqual(await archive.list('list/a'), ['list/a-1', 'list/a.b=c:d_e', 'list/a/10', 'list/a/2']);
      assert.deepEqual(await archive.list('list/zz'), []);
      assert.ok((await archive.list('')).length >= keys.length);
      await archive.delete('list/b');
      assert.ok(!(await archive.list('list/')).includes('list/b'));
    });

    test('keys that could leave the archive are refused', async () => {
      const bad = ['', '/', 'a//b', '/a', 'a/', '..', 'a/../b', 'a/./b', 'a b', 'a\\b', 'a\0', '한', 'x'.repeat(2_000)];
      for (const key of bad) {
        await assert.rejects(archive.put(key, new Uint8Array(1)), key);
        await assert.rejects(archive.get(key), key);
        await assert.rejects(archive.delete(key), key);
      }
      await assert.rejects(archive.list('../'));
    });

    test('a reader sees the whole old or the whole new blob while writers replace it', async () => {
      const blob = (n: number) => new Uint8Array(200_000).fill(n);
      await archive.put('swap', blob(0));
      let writing = true;
      const writers = [1, 2].map(async (writer) => {
        for (let i = 0; i < 10; i++) await archive.put('swap', blob(writer * 10 + i));
      });
      const done = Promise.all(writers).then(() => {
        writing = false;
      });
      while (writing) {
        const value = await archive.get('swap');
        assert.equal(value?.length, 200_000);
        assert.ok(value.every((byte) => byte === value[0]));
      }
      await done;
    });
  });
}
