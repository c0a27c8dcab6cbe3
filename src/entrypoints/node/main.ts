import { parseArgs } from 'node:util';
import { version } from './about.ts';
import { type Command, CommandError, type OptionValues, UsageError } from './commands/command.ts';
import { commandHelp, programHelp } from './commands/help.ts';
import { ConfigError } from './settings.ts';

/** The subcommands; each file is loaded only when its command is run. */
const COMMANDS: { name: string; summary: string; load(): Promise<{ command: Command }> }[] = [
  { name: 'start', summary: 'run an exchange', load: () => import('./commands/start.ts') },
  { name: 'rebuild', summary: 'make the store again from the log', load: () => import('./commands/rebuild.ts') },
  { name: 'audit', summary: 'recompute all money from the log', load: () => import('./commands/audit.ts') },
  { name: 'match', summary: 'run only the matching engine', load: () => import('./commands/match.ts') },
  { name: 'replay', summary: 'play a recorded order flow', load: () => import('./commands/replay.ts') },
  { name: 'generate', summary: 'write a realistic order flow', load: () => import('./commands/generate.ts') },
];

const EXIT_USAGE = 2;

/** Refusals of the operating system that say all that an operator needs. */
const SYSTEM = [
  ...['ENOENT', 'EACCES', 'EPERM', 'EISDIR', 'ENOSPC', 'EROFS', 'EDQUOT', 'ENAMETOOLONG', 'EMFILE'],
  ...['ENOTFOUND', 'EAI_AGAIN', 'ECONNREFUSED', 'ECONNRESET'],
];

/** Errors written for operators. Classes by name, to load none for it. */
const CLASSES = [
  'DataDirInUseError',
  'DataDirError',
  'CorruptLogError',
  'OffsetGoneError',
  'RecordsLostError',
  'ServerError',
];

async function main(args: readonly string[]): Promise<number> {
  const [name, ...rest] = args;
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    const topic = COMMANDS.find((candidate) => candidate.name === rest[0]);
    if (name === 'help' && rest[0] !== undefined && topic === undefined) throw unknown(rest[0]);
    const help = topic === undefined ? programHelp(COMMANDS) : commandHelp((await topic.load()).command);
    (name === undefined ? process.stderr : process.stdout).write(help);
    return name === undefined ? EXIT_USAGE : 0;
  }
  if (name === '--version' || name === '-v') {
    process.stdout.write(`${version()}\n`);
    return 0;
  }
  const entry = COMMANDS.find((candidate) => candidate.name === name);
  if (entry === undefined) throw unknown(name);
  const { command } = await entry.load();
  const values = parse(command, rest);
  if (values.help === true) {
    process.stdout.write(commandHelp(command));
    return 0;
  }
  return command.run(values);
}

function unknown(name: string): UsageError {
  const what = name.startsWith('-') ? 'option' : 'command';
  return new UsageError(`unknown ${what} "${name}"; supernoba --help lists the commands`);
}

/** Flags of one command; `--no-x` turns a switch off, a switch may also be given as `--x=true`. */
function parse(command: Command, args: readonly string[]): OptionValues {
  const switches = Object.keys(command.options).filter((name) => command.options[name]?.type === 'boolean');
  const options: Record<string, { type: 'string' | 'boolean'; short?: string }> = {
    help: { type: 'boolean', short: 'h' },
  };
  for (const [name, spec] of Object.entries(command.options)) options[name] = { type: spec.type };
  const plain = args.map((arg) => {
    const on = switches.find((name) => arg === `--${name}=true`);
    const off = switches.find((name) => arg === `--${name}=false`);
    if (on !== undefined) return `--${on}`;
    return off === undefined ? arg : `--no-${off}`;
  });
  try {
    return parseArgs({ args: plain, options, allowNegative: true, strict: true, allowPositionals: false }).values;
  } catch (error) {
    const reason = error instanceof Error ? (error.message.split(/\.\s/)[0] ?? '') : String(error);
    throw new UsageError(`${command.name}: ${reason}; see supernoba ${command.name} --help`);
  }
}

/** A reader that goes away (`| head`) ends the program quietly, as with any tool. */
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  process.exit(error.code === 'EPIPE' ? 0 : 1);
});

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  const usage = error instanceof UsageError || error instanceof ConfigError;
  const plain = usage || error instanceof CommandError ? error.message : expected(error);
  const text = plain ?? (error instanceof Error ? (error.stack ?? error.message) : String(error));
  // What a start that failed half-way has running already must not keep the process alive: it would hold the folder for ever.
  process.stderr.write(`supernoba: ${text}\n`, () => process.exit(usage ? EXIT_USAGE : 1));
}

/** What the world around the program may be like, in one line without a stack; undefined for a fault of the program's own. */
function expected(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const { code = '', address = '', port = '' } = error as NodeJS.ErrnoException & { address?: string; port?: number };
  const place = `${address}:${port}`;
  if (code === 'EADDRINUSE')
    return `${place} is taken by another program; --port takes another one, --port 0 any free one`;
  if (code === 'EADDRNOTAVAIL') return `HOST: this machine has no address ${address}`;
  if (code === 'EEXIST' || code === 'ENOTDIR') return `${error.message} (a file lies where a folder is needed)`;
  return SYSTEM.includes(code) || CLASSES.includes(error.name) ? error.message : undefined;
}
