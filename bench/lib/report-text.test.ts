import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, describe, test } from 'node:test';
import { zstdDecompressSync } from 'node:zlib';
import { DEFAULTS, MatchingRig } from './matching-rig.ts';
import { reportText, sha256Of } from './report-text.ts';
import { absent, sharedPath } from './shared-folder.ts';
import { readWorkload } from './workload.ts';

const SCENARIOS = ['static', 'normal', 'swing-25', 'swing-40', 'flash-crash'];
const BLOCKS = [1, 32];
const folder = sharedPath('matching', 'workloads');
const missing = absent(folder);

if (missing !== undefined) console.log(`not run: report text of the public workloads: ${missing}`);
else {
  const sums = readFileSync(`${folder}/SHA256SUMS.reports`, 'utf8');
  for (const scenario of SCENARIOS) {
    const name = `${scenario}_s1001_n20000`;
    describe(name, () => {
      const workload = readWorkload(`${folder}/orders_${name}.bin.zst`);
      const expected = zstdDecompressSync(readFileSync(`${folder}/reports_${name}.txt.zst`)).toString();
      for (const block of BLOCKS) {
        test(`every report, byte for byte, in blocks of ${block}`, async () => {
          const rig = await MatchingRig.start(workload, { ...DEFAULTS, block, ring: 1 << 12, batch: 512 });
          after(() => rig.stop());
          const { drained } = await rig.run(true);
          assert.ok(drained.kept);
          const text = [...reportText(workload, drained.kept)];
          assert.equal(text.join(''), expected);
          assert.ok(sums.includes(sha256Of(text)));
        });
      }
    });
  }
}
