import { flagOf, SETTINGS } from '../settings.ts';
import type { Command, OptionSpec } from './command.ts';

const WIDTH = 100;

export function programHelp(commands: readonly { name: string; summary: string }[]): string {
  const width = Math.max(...commands.map(({ name }) => name.length));
  return [
    'supernoba: a real-time exchange',
    '',
    'Usage: supernoba <command> [options]',
    '',
    'Commands:',
    ...commands.map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}`),
    '',
    'Options:',
    '  --help     this text; after a command, the help of that command',
    '  --version  print the version',
    '',
    'Examples:',
    '  supernoba start                       an exchange with a small live market on http://127.0.0.1:8080',
    '  supernoba generate --orders 10000 --out /tmp/flow',
    '  supernoba audit --data-dir ./data     recompute every wallet from the log',
    '',
    'Every setting is an environment variable and a flag of the same name; see supernoba start --help.',
    '',
  ].join('\n');
}

export function commandHelp(command: Command): string {
  return [
    `supernoba ${command.name}: ${command.summary}`,
    '',
    `Usage: supernoba ${command.name} ${command.usage}`.trimEnd(),
    '',
    ...command.about.flatMap((paragraph) => [...wrap(paragraph, 0), '']),
    'Options:',
    ...optionLines({ ...command.options, help: { type: 'boolean', help: 'this text' } }),
    '',
    'Examples:',
    ...command.examples.map((example) => `  ${example}`),
    '',
  ].join('\n');
}

/** The exchange's settings (settings.ts) as flags. */
export function settingOptions(): Record<string, OptionSpec> {
  const options: Record<string, OptionSpec> = {};
  for (const setting of Object.values(SETTINGS)) {
    const fallback = String(setting.fallback);
    const isFlag = typeof setting.fallback === 'boolean';
    options[flagOf(setting.env)] = {
      type: isFlag ? 'boolean' : 'string',
      help: setting.help,
      env: setting.env,
      shape: setting.shape,
      ...(fallback === '' ? {} : { fallback }),
    };
  }
  options.debug = { type: 'boolean', help: 'The same as --log-level debug' };
  return options;
}

function optionLines(options: Record<string, OptionSpec>): string[] {
  const shown = Object.entries(options).map(([name, spec]) => {
    const flag = spec.type === 'boolean' ? `--${name}` : `--${name} ${spec.shape ?? 'TEXT'}`;
    const facts = [
      ...(spec.fallback === undefined ? [] : [`default: ${spec.fallback}`]),
      ...(spec.env === undefined ? [] : [`environment: ${spec.env}`]),
    ];
    return { flag, text: facts.length === 0 ? spec.help : `${spec.help} [${facts.join('; ')}]` };
  });
  const width = Math.min(36, Math.max(...shown.map(({ flag }) => flag.length)));
  return shown.flatMap(({ flag, text }) => {
    const [first = '', ...rest] = wrap(text, width + 4);
    const lines = rest.map((line) => `${' '.repeat(width + 4)}${line}`);
    if (flag.length > width) return [`  ${flag}`, `${' '.repeat(width + 4)}${first}`, ...lines];
    return [`  ${flag.padEnd(width)}  ${first}`, ...lines];
  });
}

function wrap(text: string, indent: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + word.length + 1 > WIDTH - indent) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line];
}
