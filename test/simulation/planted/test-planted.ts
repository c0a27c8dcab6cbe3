import { commandLine } from '../../support/command-line.ts';
import { type BySeeds, type ByTest, isBySeeds, type PlantedBug } from './bug.ts';
import { bugs } from './bugs.ts';
import { baseline, hunt, type Verdict } from './hunt.ts';
import { inTurns } from './turns.ts';

const { values } = commandLine({
  call: 'npm run test:planted --',
  about:
    'Puts every planted bug in, one at a time, and looks whether it is noticed; then runs the same seeds and tests without any.',
  flags: {
    only: { takes: 'text', shown: 'PART', usual: '', about: 'the bugs whose names contain PART, and nothing else' },
    sound: { takes: 'switch', on: true, about: 'the bugs, without the second half' },
    markdown: { takes: 'switch', about: 'on stdout the table that stands in docs/PROMISES.md' },
  },
});
const WIDTH = 100;

const chosen = bugs.filter(({ name }) => name.includes(values.only));
const started = performance.now();
const verdicts = await inTurns(chosen, async (bug) => {
  const verdict = await hunt(bug);
  console.error(lineOf(verdict));
  return verdict;
});
const sound = await inTurns(values.only === '' && values.sound ? baselines(chosen) : [], async (noticedBy) => {
  const said = await baseline(noticedBy);
  if (said !== undefined) console.error(`without any bug: ${JSON.stringify(noticedBy)} says ${said}`);
  return said === undefined;
});

if (values.markdown) console.log('| bug | the promise it breaks | seeds needed | noticed by |\n|---|---|---|---|');
if (values.markdown) for (const verdict of verdicts) console.log(rowOf(verdict));
const missed = verdicts.filter(({ noticed, invalid }) => noticed === undefined || invalid !== undefined);
const seconds = ((performance.now() - started) / 1_000).toFixed(0);
console.error(`${verdicts.length} bugs planted, ${verdicts.length - missed.length} caught, in ${seconds} s`);
if (missed.length > 0 || sound.includes(false)) process.exitCode = 1;

/** Each test once, and the longest run of seeds from each beginning. */
function baselines(of: readonly PlantedBug[]): (BySeeds | ByTest)[] {
  const all = new Map<string, BySeeds | ByTest>();
  for (const { noticedBy } of of) {
    const key = isBySeeds(noticedBy)
      ? `from ${noticedBy.from ?? 1} ${JSON.stringify(noticedBy.plan)}`
      : `${noticedBy.test} ${noticedBy.name}`;
    const known = all.get(key);
    if (known === undefined || (isBySeeds(noticedBy) && isBySeeds(known) && known.seeds < noticedBy.seeds)) {
      all.set(key, noticedBy);
    }
  }
  return [...all.values()];
}

function lineOf({ bug, noticed, invalid, ms }: Verdict): string {
  const time = `${(ms / 1_000).toFixed(1)} s`.padStart(7);
  if (invalid !== undefined) return `INVALID ${time}  ${bug.name}: ${invalid}`;
  if (noticed === undefined) return `MISSED  ${time}  ${bug.name}`;
  const where = isBySeeds(bug.noticedBy) ? `${noticed.seeds} of ${bug.noticedBy.seeds} seeds` : bug.noticedBy.test;
  return `caught  ${time}  ${bug.name} [${where}] ${noticed.by.replace(/\s+/g, ' ').slice(0, WIDTH)}`;
}

function rowOf({ bug, noticed }: Verdict): string {
  const by = isBySeeds(bug.noticedBy)
    ? `simulator: ${oracleOf(noticed?.by ?? 'nothing')}`
    : `\`${bug.noticedBy.test}\``;
  const seeds = isBySeeds(bug.noticedBy) ? `${noticed?.seeds ?? '-'} of ${bug.noticedBy.seeds}` : '';
  return `| ${bug.name} | ${bug.promise} | ${seeds} | ${by} |`;
}

/** The beginning of what the judgement said, without its numbers and names. */
function oracleOf(said: string): string {
  const words = said.split(/[:,(]/).slice(0, 2).join(':');
  return words.replace(/\s+/g, ' ').slice(0, 60);
}
