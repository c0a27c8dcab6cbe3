import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { DEFAULTS, MatchingRig } from '../../bench/lib/matching-rig.ts';
import { reportText, sha256Of } from '../../bench/lib/report-text.ts';
import { absent, sharedPath } from '../../bench/lib/shared-folder.ts';
import { readWorkload } from '../../bench/lib/workload.ts';

const folder = sharedPath('matching', 'workloads');
const missing = absent(folder);

if (missing !== undefined) console.log(`not run: hashes of the public workloads: ${missing}`);
else {
  const sums = readFileSync(`${folder}/SHA256SUMS.reports`, 'utf8').trim().split('\n');
  const wanted = new Map(sums.map((line) => [line.slice(64).trim(), line.slice(0, 64)]));
  for (const file of readdirSync(folder).filter((name) => name.startsWith('orders_'))) {
    test(`${file}: the canonical report text has the published hash`, async () => {
      const workload = readWorkload(`${folder}/${file}`);
      const rig = await MatchingRig.start(workload, DEFAULTS);
      const { drained } = await rig.run(true);
      await rig.stop();
      assert.ok(drained.kept);
      assert.equal(sha256Of(reportText(workload, drained.kept)), wanted.get(file.replace(/\.zst$/, '')));
    });
  }
}
