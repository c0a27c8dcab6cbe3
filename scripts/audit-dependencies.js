// npm run audit:dependencies: fails when a production dependency has a known hole of high or critical severity. A registry
// without an audit endpoint (a mirror, mostly) cannot tell: the check then says "not run" and why.
import { spawnSync } from 'node:child_process';
import { root } from './lib/node24.js';

const FAILING = ['high', 'critical'];

const { stdout, stderr, error } = spawnSync('npm', ['audit', '--omit=dev', '--audit=true', '--json'], {
  cwd: root,
  encoding: 'utf8',
  shell: process.platform === 'win32',
  timeout: 120_000,
});

/** npm prints its report, or the error of the request, as JSON on standard output. */
function reportOf(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const report = reportOf(stdout ?? '');
const holes = report?.metadata?.vulnerabilities;
if (holes === undefined) {
  const said = error?.message || report?.error?.summary || report?.message || stderr;
  const [line] = String(said || 'npm audit gave no report')
    .trim()
    .split('\n')
    .filter((text) => !text.includes('user config'));
  console.log(`dependencies: not run: ${line}`);
} else {
  const counts = Object.entries(holes).filter(([name, count]) => name !== 'total' && count > 0);
  const found = counts.map(([name, count]) => `${count} ${name}`).join(', ');
  console.log(
    `dependencies: ${report.metadata.dependencies?.prod ?? 'all'} in production, ${found || 'no'} known holes`,
  );
  for (const [name, { severity, range }] of Object.entries(report.vulnerabilities ?? {}))
    console.log(`  ${severity}: ${name} ${range}`);
  if (FAILING.some((severity) => holes[severity] > 0)) process.exitCode = 1;
}
