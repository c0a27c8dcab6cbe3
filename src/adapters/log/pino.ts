import { destination, pino } from 'pino';
import type { Log } from '../../ports/log.ts';

/** JSON lines on standard error, so that standard output stays free for what a command prints. */
export function pinoLog(level: 'debug' | 'info' | 'warn' | 'error'): Log {
  return pino(
    { level, base: undefined, timestamp: pino.stdTimeFunctions.isoTime },
    destination({ fd: 2, sync: false }),
  );
}
