import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SystemChance, SystemClock } from '../../../src/adapters/clock/system.ts';
import { EmbeddedStream } from '../../../src/adapters/stream/embedded/stream.ts';
import { streamSuite } from './suite.ts';

/** Once as it is used, and once with files and memory so small that everything rolls and is read from disk. */
for (const [name, options] of [
  ['embedded', {}],
  ['embedded, tiny segments and no tail', { segmentBytes: 2_000, tailBytes: 0, maxGroupBytes: 500 }],
] as const) {
  let folder: string;
  const open = () => EmbeddedStream.open({ folder, clock: new SystemClock(), chance: new SystemChance(), ...options });
  streamSuite({
    name,
    async open() {
      folder = await mkdtemp(join(tmpdir(), 'supernoba-stream-'));
      return open();
    },
    async reopen(stream) {
      await stream.close();
      return open();
    },
    cleanUp: () => rm(folder, { recursive: true }),
  });
}
