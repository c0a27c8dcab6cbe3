import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { pgliteDriver } from '../../../src/adapters/store/pglite/driver.ts';
import { openPgliteStore } from '../../../src/adapters/store/pglite/store.ts';
import { checkDriver } from './driver-suite.ts';
import { fund, wallet } from './make.ts';
import { pgliteMaker } from './pglite-maker.ts';
import { randomLives, seeds } from './random-life.ts';
import { storeSuite } from './suite.ts';

storeSuite('PGlite', pgliteMaker());
randomLives('PGlite', pgliteMaker(), seeds(4), 80);

describe('store: PGlite in a folder', () => {
  it('runs the statements of a transaction all or not at all', async () => {
    const driver = await pgliteDriver(undefined);
    await checkDriver(driver).finally(() => driver.close());
  });

  it('is there again after a close, refuses a second start, and a schema newer than the program', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'supernoba-pglite-'));
    try {
      const store = await openPgliteStore(folder);
      await store.migrate();
      await fund(store, 'ann', { KRW: 500 });
      await assert.rejects(openPgliteStore(folder), /in use|locked/);
      await store.close();
      const again = await openPgliteStore(folder);
      await again.migrate();
      assert.deepEqual(await wallet(again, 'ann', 'KRW'), { balance: 500, locked: 0 });
      await again.close();
      const newer = await pgliteDriver(folder);
      await newer.script("INSERT INTO schema_migrations (version, name) VALUES (9999, 'from the future')");
      await newer.close();
      const refused = await openPgliteStore(folder);
      await assert.rejects(refused.migrate(), /schema version 9999/);
      await refused.close();
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  it('leaves no thread and no lock behind when the folder cannot be opened', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'supernoba-pglite-'));
    try {
      mkdirSync(join(folder, 'pg'));
      writeFileSync(join(folder, 'pg', 'PG_VERSION'), 'not of this world');
      const ports = () => process.getActiveResourcesInfo().filter((name) => name === 'MessagePort').length;
      const before = ports();
      await assert.rejects(openPgliteStore(folder));
      assert.equal(ports(), before);
      rmSync(join(folder, 'pg'), { recursive: true });
      await (await openPgliteStore(folder)).close();
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
