import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { type TestContext, test } from 'node:test';
import { SeededChance } from '../../src/adapters/clock/simulated.ts';
import { mutate, pick } from './mutate.ts';

/** Inputs for each surface: 10,000 in CI, a million by hand (FUZZ_RUNS=1000000 npm run test:fuzz). */
const RUNS = Number(process.env.FUZZ_RUNS ?? 10_000);
/** The same inputs every time, so that a change is judged by what it changes; who asks for more by hand gets new ones. */
const USUAL_SEED = 1;
const SEED = Number(
  process.env.FUZZ_SEED ?? (process.env.FUZZ_RUNS === undefined ? USUAL_SEED : Date.now() % 1_000_000_000),
);
/** Tries this surface alone. */
const ONLY = process.env.FUZZ_SURFACE;
const CORPUS = join(import.meta.dirname, 'corpus');
const root = join(import.meta.dirname, '..', '..');

/** What an input that broke something is kept under; mutations do not start from it, so that a seed goes on meaning the same. */
const BROKE = 'broke-';

/** Inputs of one surface, in the order of a seed: the corpus as it is, mutations of it, then what once broke something. */
export class Inputs {
  readonly chance: SeededChance;
  readonly corpus: readonly Buffer[];
  readonly #broke: readonly Buffer[];
  readonly #surface: string;
  readonly #runs: number;

  constructor(surface: string, corpora: readonly string[], seeds: readonly Uint8Array[], share: number) {
    this.#surface = surface;
    this.chance = new SeededChance(SEED);
    const files = corpora.flatMap(readCorpus);
    this.corpus = [...files.filter(({ broke }) => !broke), ...seeds.map((bytes) => ({ bytes }))].map(({ bytes }) =>
      Buffer.from(bytes),
    );
    this.#broke = files.filter(({ broke }) => broke).map(({ bytes }) => bytes);
    if (this.corpus.length === 0) throw new Error(`there is no corpus for ${surface}`);
    this.#runs = Math.max(this.corpus.length, Math.round(RUNS * share));
  }

  get runs(): number {
    return this.#runs;
  }

  /** @param as a mutation of its own, where bytes are not enough */
  *all(as: (chance: SeededChance) => Buffer = () => this.mutated()): Generator<Buffer> {
    yield* this.corpus;
    for (let i = this.corpus.length; i < this.#runs; i += 1) yield as(this.chance);
    yield* this.#broke;
  }

  mutated(from: Uint8Array = pick(this.chance, this.corpus)): Buffer {
    return mutate(from, this.chance, this.corpus);
  }

  /** Keeps an input that broke something, so that every later run tries it first. @returns its path */
  keep(input: Uint8Array): string {
    const folder = join(CORPUS, this.#surface);
    mkdirSync(folder, { recursive: true });
    const path = join(folder, `${BROKE}${createHash('sha256').update(input).digest('hex').slice(0, 12)}`);
    writeFileSync(path, input);
    return relative(root, path);
  }
}

function readCorpus(surface: string): { bytes: Buffer; broke: boolean }[] {
  const folder = join(CORPUS, surface);
  if (!existsSync(folder)) return [];
  const names = readdirSync(folder).sort();
  return names.map((name) => ({ bytes: readFileSync(join(folder, name)), broke: name.startsWith(BROKE) }));
}

interface Surface {
  name: string;
  /** Corpus folders that lend inputs; its own always does. */
  borrows?: readonly string[];
  /** Valid inputs that are made rather than kept (binary files). */
  seeds?: readonly Uint8Array[];
  /** Share of the runs: less for what costs a process each. */
  share?: number;
  run(inputs: Inputs, t: TestContext): Promise<void>;
}

/** One surface as a test: the seed is in its name, a failure says how to have it again. */
export function surface({ name, borrows = [], seeds = [], share = 1, run }: Surface): void {
  if (ONLY !== undefined && ONLY !== name) return;
  test(`fuzz ${name} (FUZZ_SEED=${SEED})`, { timeout: 300_000 + RUNS * share * 2_000 }, async (t) => {
    const inputs = new Inputs(name, [name, ...borrows], seeds, share);
    const began = performance.now();
    try {
      await run(inputs, t);
    } catch (error) {
      const again = `FUZZ_SURFACE=${name} FUZZ_SEED=${SEED} FUZZ_RUNS=${RUNS} npm run test:fuzz`;
      throw new Error(`${error instanceof Error ? error.message : String(error)}\nagain: ${again}`);
    }
    const seconds = (performance.now() - began) / 1_000;
    t.diagnostic(`${name}: ${inputs.runs} inputs in ${seconds.toFixed(1)} s`);
  });
}

/** Runs a check for one input; a failure keeps the input and shows it. */
export async function hold(inputs: Inputs, input: Uint8Array, check: () => void | Promise<void>): Promise<void> {
  try {
    await check();
  } catch (error) {
    const path = inputs.keep(input);
    const shown = JSON.stringify(Buffer.from(input).toString('latin1').slice(0, 300));
    const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
    throw new Error(`${message}\ninput (kept as ${path}): ${shown}`);
  }
}
