/** One subcommand of `supernoba`: what `--help` says about it and what it does. */
export interface Command {
  name: string;
  summary: string;
  /** After `supernoba <name>`. */
  usage: string;
  /** Paragraphs of its own help. */
  about: readonly string[];
  options: Record<string, OptionSpec>;
  examples: readonly string[];
  /** @returns the exit code */
  run(values: OptionValues): Promise<number>;
}

export interface OptionSpec {
  type: 'string' | 'boolean';
  help: string;
  /** What the value looks like, for the help: FILE, N, max|real|10x. */
  shape?: string;
  fallback?: string;
  /** Environment variable of the same meaning; the flag wins. */
  env?: string;
}

export type OptionValues = Record<string, string | boolean | undefined>;

/** A command line that cannot be understood: one clear line, exit code 2. */
export class UsageError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'UsageError';
  }
}

/** Something a user must know in one line, without a stack: a file that is not there, a folder in use. Exit code 1. */
export class CommandError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'CommandError';
  }
}

export function textOf(values: OptionValues, name: string): string | undefined {
  const value = values[name];
  return typeof value === 'string' && value !== '' ? value : undefined;
}

export function requiredText(values: OptionValues, name: string): string {
  const value = textOf(values, name);
  if (value === undefined) throw new UsageError(`--${name} is missing`);
  return value;
}

export function integerOf(values: OptionValues, name: string, fallback: number, min: number, max: number): number {
  const value = textOf(values, name);
  if (value === undefined) return fallback;
  const number = /^\d{1,16}$/.test(value) ? Number(value) : Number.NaN;
  if (!(number >= min && number <= max))
    throw new UsageError(`--${name}: "${value}" is not a whole number from ${min} to ${max}`);
  return number;
}
