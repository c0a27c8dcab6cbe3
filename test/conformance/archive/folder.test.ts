import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FolderArchive } from '../../../src/adapters/archive/folder/folder-archive.ts';
import { archiveSuite } from './suite.ts';

let folder: string;
archiveSuite({
  name: 'folder',
  async open() {
    folder = await mkdtemp(join(tmpdir(), 'supernoba-archive-'));
    return FolderArchive.open(join(folder, 'archive'));
  },
  cleanUp: () => rm(folder, { recursive: true }),
});
