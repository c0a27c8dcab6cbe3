import { spawn } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import {
  type BySeeds,
  type ByTest,
  CORE,
  isBySeeds,
  PLANT,
  PLANTED_CORE,
  PLANTED_MARK,
  type PlantedBug,
  plant,
  root,
} from './bug.ts';

export interface Verdict {
  bug: PlantedBug;
  /** Undefined when nobody noticed. */
  noticed?: {
    /** Seeds that it took; undefined for a test. */
    seeds?: number;
    /** The failed tests, or the first thing that the simulator's judgement said. */
    by: string;
  };
  /** Why this is no verdict at all: the bug was not loaded, or the program is broken in another way. */
  invalid?: string;
  ms: number;
}

const PATIENCE_MS = 900_000;
const HOOK = pathToFileURL(join(import.meta.dirname, 'plant.ts')).href;
const HUNT = join(import.meta.dirname, 'hunt-seeds.ts');

/** Puts the bug in and looks whether it is noticed. */
export async function hunt(bug: PlantedBug): Promise<Verdict> {
  const started = performance.now();
  const verdict = await inFolder(async (folder) => {
    try {
      return await huntIn(folder, bug);
    } catch (error) {
      return { invalid: error instanceof Error ? error.message : String(error) };
    }
  });
  return { bug, ...verdict, ms: performance.now() - started };
}

async function huntIn(folder: string, bug: PlantedBug): Promise<Pick<Verdict, 'noticed' | 'invalid'>> {
  const planted = plant(bug, readFileSync(join(root, bug.file), 'utf8'));
  const mark = join(folder, 'planted');
  const env = {
    [PLANT]: bug.name,
    [PLANTED_MARK]: mark,
    ...(bug.file.startsWith(CORE) ? { [PLANTED_CORE]: await compileCore(folder, bug, planted) } : {}),
    NODE_OPTIONS: `${process.env.NODE_OPTIONS ?? ''} --import ${HOOK}`,
  };
  const noticed = await look(bug.noticedBy, env);
  if (!existsSync(mark)) return { invalid: `${bug.file} was never loaded` };
  // What the bug's author got wrong is no proof that anybody looks.
  if (noticed !== undefined && /SyntaxError|ReferenceError|is not defined/.test(noticed.by)) {
    return { invalid: `the planted code does not run: ${noticed.by}` };
  }
  return noticed === undefined ? {} : { noticed };
}

/** The same seeds, or the same tests, without any bug: what they say, or undefined when they pass. */
export async function baseline(noticedBy: BySeeds | ByTest): Promise<string | undefined> {
  try {
    return (await look(noticedBy, {}))?.by;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function look(noticedBy: BySeeds | ByTest, env: Record<string, string>): Promise<Verdict['noticed']> {
  return isBySeeds(noticedBy) ? bySeeds(noticedBy, env) : byTest(noticedBy, env);
}

async function bySeeds(
  { seeds, from = 1, plan = {} }: BySeeds,
  env: Record<string, string>,
): Promise<Verdict['noticed']> {
  const { code, output } = await run([HUNT, String(from), String(seeds), JSON.stringify(plan)], env);
  const line = output.split('\n').findLast((text) => text.startsWith('{'));
  if (code !== 0 || line === undefined) throw new Error(`the simulator ended with ${code}: ${output.slice(0, 1_000)}`);
  const result: { seeds: number; failures: string[] } = JSON.parse(line);
  const [first] = result.failures;
  return first === undefined ? undefined : { seeds: result.seeds, by: first };
}

async function byTest({ test, name, env: asked }: ByTest, env: Record<string, string>): Promise<Verdict['noticed']> {
  const pattern = name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  // A test that failed may leave a server open: the runner is not to wait for it.
  const { output } = await run(
    [
      '--test',
      '--test-reporter=tap',
      '--test-force-exit',
      `--test-name-pattern=${pattern}`,
      '--test-timeout=600000',
      join(root, test),
    ],
    { ...asked, ...env },
  );
  if (!/^\s*(not )?ok \d+ - /m.test(output)) throw new Error(`no test of ${test} was run: ${output.slice(0, 1_000)}`);
  // Slowness is no proof: a bug shows in what is wrong, not in what takes long.
  if (output.includes("failureType: 'testTimeoutFailure'")) throw new Error(`${test} ran out of time`);
  const failed = [...output.matchAll(/^\s*not ok \d+ - (.*)$/gm)].map(([, title]) => title!);
  const wanted = failed.filter((title) => title.includes(name));
  if (wanted.length === 0 && failed.length > 0) throw new Error(`${test} failed elsewhere: ${failed.join('; ')}`);
  return wanted.length === 0 ? undefined : { by: wanted[0]! };
}

function run(args: readonly string[], env: Record<string, string>): Promise<{ code: number | null; output: string }> {
  const { NODE_TEST_CONTEXT: _ours, ...outer } = process.env;
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', ...args], {
    cwd: root,
    env: { ...outer, NODE_ENV: 'test', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (bytes: Buffer) => {
      output += bytes.toString();
    });
  }
  const patience = setTimeout(() => child.kill('SIGKILL'), PATIENCE_MS);
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => {
      clearTimeout(patience);
      resolve({ code, output });
    });
  });
}

/** The matching core with the bug in: its own build, in a folder of its own. */
async function compileCore(folder: string, bug: PlantedBug, planted: string): Promise<string> {
  const core = join(folder, 'core');
  mkdirSync(core);
  for (const name of ['build.js', 'assembly'])
    cpSync(join(root, dirname(CORE), name), join(core, name), { recursive: true });
  writeFileSync(join(core, 'assembly', bug.file.slice(CORE.length)), planted);
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'), 'junction');
  const { code, output } = await run([join(core, 'build.js')], {});
  if (code !== 0) throw new Error(`the core does not compile with ${bug.name}: ${output.slice(0, 1_000)}`);
  return join(core, 'dist', 'book.wasm');
}

async function inFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'supernoba-planted-'));
  try {
    return await work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
