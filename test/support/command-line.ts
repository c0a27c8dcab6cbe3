import { type ParseArgsConfig, parseArgs } from 'node:util';

/** A flag of a bench or a simulation: what it takes, what it means without, and one line about it. */
export type Flag =
  /** On or off; one that is on by itself is turned off by `--no-NAME`. */
  | { takes: 'switch'; on?: true; about: string }
  /** A whole number of at least `least` (1). */
  | { takes: 'whole'; usual?: number; least?: number; about: string }
  /** Anything, or one of a few words; `shown` stands for it in the help. */
  | { takes: 'text'; shown: string; usual?: string; oneOf?: readonly string[]; about: string };

export interface Program<F extends Record<string, Flag>> {
  /** How it is called, up to its flags: `npm run -s bench:e2e --`. */
  call: string;
  about: string;
  flags: F;
  /** Words without dashes that it takes, as many as `most`. */
  operands?: { shown: string; oneOf?: readonly string[]; most: number; about: string };
}

type Given<F extends Flag> = F extends { takes: 'switch' }
  ? boolean
  : F extends { takes: 'whole' }
    ? F extends { usual: number }
      ? number
      : number | undefined
    : F extends { usual: string }
      ? string
      : string | undefined;

export type Values<F extends Record<string, Flag>> = { [K in keyof F]: Given<F[K]> };

const BAD_USAGE = 2;

/** What a program was called wrongly with, in one line. */
export class UsageError extends Error {}

/**
 * Reads the flags that this process was started with. `--help` prints all of them and ends the process; one that is unknown or
 * wrong ends it with one line and code 2.
 */
export function commandLine<const F extends Record<string, Flag>>(
  program: Program<F>,
): { values: Values<F>; operands: string[] } {
  const args = process.argv.slice(2);
  if (args.includes('--help') || args.includes('-h')) {
    console.log(helpText(program));
    process.exit(0);
  }
  try {
    return readFlags(program, args);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    console.error(`${error.message}; see ${program.call} --help`);
    process.exit(BAD_USAGE);
  }
}

/** @throws UsageError */
export function readFlags<const F extends Record<string, Flag>>(
  program: Program<F>,
  args: readonly string[],
): { values: Values<F>; operands: string[] } {
  const { flags, operands } = program;
  const options: NonNullable<ParseArgsConfig['options']> = {};
  for (const [name, { takes }] of Object.entries(flags)) {
    options[name] = { type: takes === 'switch' ? 'boolean' : 'string' };
  }
  let parsed: { values: Record<string, unknown>; positionals: string[] };
  try {
    parsed = parseArgs({ args: [...args], options, allowNegative: true, allowPositionals: operands !== undefined });
  } catch (error) {
    // Node's own sentence; what it advises after it is about programs that take anything.
    throw new UsageError(error instanceof Error ? (error.message.split('. ')[0] ?? '') : String(error));
  }
  const given = parsed.positionals;
  if (operands !== undefined && given.length > operands.most) {
    throw new UsageError(`at most ${operands.most} of ${operands.shown}, not ${given.length}`);
  }
  for (const word of given) check(operands?.shown ?? '', word, operands?.oneOf);
  const values = Object.entries(flags).map(([name, flag]) => [name, readValue(name, flag, parsed.values[name])]);
  // Each value was read as its flag says, which is what Values says too.
  return { values: Object.fromEntries(values) as Values<F>, operands: given };
}

function readValue(name: string, flag: Flag, given: unknown): boolean | number | string | undefined {
  if (flag.takes === 'switch') return given === undefined ? flag.on === true : given === true;
  if (given === undefined) return flag.usual;
  const text = String(given);
  if (flag.takes === 'text') return check(`--${name}`, text, flag.oneOf);
  const { least = 1 } = flag;
  const number = Number(text);
  if (text.trim() !== '' && Number.isSafeInteger(number) && number >= least) return number;
  throw new UsageError(`--${name} takes a whole number of at least ${least}, not "${text}"`);
}

function check(what: string, text: string, oneOf: readonly string[] | undefined): string {
  if (oneOf === undefined || oneOf.includes(text)) return text;
  throw new UsageError(`${what} takes ${oneOf.join(', ')}, not "${text}"`);
}

export function helpText({ call, about, flags, operands }: Program<Record<string, Flag>>): string {
  const rows = Object.entries(flags).map(([name, flag]) => [heading(name, flag), `${flag.about}${usualOf(flag)}`]);
  if (operands !== undefined) rows.unshift([operands.shown, operands.about]);
  rows.push(['--help', 'this text']);
  const width = Math.max(...rows.map(([left = '']) => left.length));
  const words = operands === undefined ? '' : ` [${operands.shown}${operands.most > 1 ? '...' : ''}]`;
  return [
    about,
    '',
    `usage: ${call} [flags]${words}`,
    '',
    ...rows.map(([left = '', right]) => `  ${left.padEnd(width)}  ${right}`),
  ].join('\n');
}

function heading(name: string, flag: Flag): string {
  if (flag.takes === 'switch') return flag.on === true ? `--no-${name}` : `--${name}`;
  if (flag.takes === 'whole') return `--${name} N`;
  return `--${name} ${flag.oneOf?.join('|') ?? flag.shown}`;
}

function usualOf(flag: Flag): string {
  return flag.takes === 'switch' || flag.usual === undefined ? '' : ` (${flag.usual})`;
}
