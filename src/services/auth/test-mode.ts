import { ExchangeError } from '../../domain/errors.ts';
import type { HeaderValues } from './types.ts';

/**
 * The guard of test mode (contract, section 2): it believes whoever speaks, so it serves only a direct local caller. A
 * proxy's header means that the caller is somebody else; a foreign Host means DNS rebinding; a foreign Origin means that
 * a web page elsewhere makes a visitor's browser call.
 */
export function refuseUnlessLocal(headers: HeaderValues): void {
  for (const name in headers) {
    if (name === 'forwarded' || name.startsWith('x-forwarded-')) refuse(`the header ${name} is present`);
  }
  if (!isLocalHost(headers.host)) refuse('the Host is not local');
  if (headers.origin !== undefined && !isLocalOrigin(headers.origin)) refuse('the Origin is not local');
}

function refuse(why: string): never {
  throw new ExchangeError('TEST_MODE_REFUSED', `Test mode serves only direct local callers: ${why}.`);
}

/** The value of a Host header: a name or an address, with or without a port. */
export function isLocalHost(host: string | string[] | undefined): boolean {
  if (typeof host !== 'string') return false;
  return LOCAL_HOST.test(host);
}

/** The value of an Origin header. A browser without a known origin says "null", which is not local. */
function isLocalOrigin(origin: string | string[]): boolean {
  if (typeof origin !== 'string') return false;
  const scheme = /^https?:\/\//i.exec(origin);
  return scheme !== null && LOCAL_HOST.test(origin.slice(scheme[0].length));
}

const BYTE = '(?:25[0-5]|2[0-4]\\d|1?\\d?\\d)';
const LOCAL_HOST = new RegExp(
  `^(?:localhost|[a-z0-9-]+\\.localhost|127\\.${BYTE}\\.${BYTE}\\.${BYTE}|\\[::1\\])(?::\\d{1,5})?$`,
  'i',
);
