import fs from 'node:fs';
import { registerHooks, syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CORE, PLANT, PLANTED_CORE, PLANTED_MARK, plant, root } from './bug.ts';
import { bugs } from './bugs.ts';

// Loaded before a program (`node --import`), this puts the bug that SUPERNOBA_PLANT names into the source of its file as it is
// read: as a module, and as a text for the tests that look at sources. The file on the disk stays as it is.

const name = process.env[PLANT];
if (name !== undefined) putIn(name);

function putIn(wanted: string): void {
  const bug = bugs.find((one) => one.name === wanted);
  if (bug === undefined) throw new Error(`there is no planted bug "${wanted}"`);
  const isInCore = bug.file.startsWith(CORE);
  const path = join(root, isInCore ? 'src/matching/core/dist/book.wasm' : bug.file);
  const core = process.env[PLANTED_CORE];
  if (isInCore && core === undefined) throw new Error(`planted bug ${wanted}: the core has not been compiled with it`);
  const markAt = process.env[PLANTED_MARK];
  const mark = () => markAt !== undefined && fs.writeFileSync(markAt, wanted);

  registerHooks({
    load(url, context, nextLoad) {
      const loaded = nextLoad(url, context);
      if (isInCore || !url.startsWith('file:') || fileURLToPath(url) !== path) return loaded;
      const source = plant(bug, Buffer.from(loaded.source as Uint8Array).toString());
      mark();
      return { ...loaded, source };
    },
  });

  const { readFileSync } = fs;
  const readPlanted = (...args: Parameters<typeof readFileSync>) => {
    if (args[0] !== path) return readFileSync(...args);
    mark();
    return core === undefined ? plant(bug, readFileSync(path, 'utf8')) : readFileSync(core);
  };
  // Of the overloads of the original, sources are read by the one for texts and the core by the one for bytes.
  fs.readFileSync = readPlanted as typeof readFileSync;
  syncBuiltinESMExports();
}
