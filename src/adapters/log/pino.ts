import { pino } from 'pino';
import type { Log } from '../../ports/log.ts';
import { LineOutput } from './line-output.ts';

/** JSON lines on standard error, so that standard output stays free for what a command prints. */
export function pinoLog(level: 'debug' | 'info' | 'warn' | 'error'): Log {
  const output = new LineOutput(
    2,
    (lines) =>
      `${JSON.stringify({ level: 'warn', time: new Date().toISOString(), lines, msg: 'log lines were lost' })}\n`,
  );
  process.on('exit', () => output.flush());
  return pino(
    {
      level,
      base: undefined,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    output,
  );
}
