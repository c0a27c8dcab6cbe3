import { type IncomingMessage, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { ERRORS, type ErrorCode, ExchangeError } from '../../../domain/errors.ts';
import type { Authenticator, Caller } from '../../auth/types.ts';
import { allowanceHeaders, exhaustedBy, type Limit } from '../limits/limits.ts';

/** Requests a minute of an address, of which an upgrade is one. */
export interface AddressLimit {
  take: Limit;
  addressOf(request: IncomingMessage): string;
}

/** The answer to an upgrade request that becomes no WebSocket: like an answer of the REST API. */
export function refuseUpgrade(
  socket: Duplex,
  code: ErrorCode,
  message: string = ERRORS[code].meaning,
  more: Record<string, string | number> = ERRORS[code].status === 503 ? { 'Retry-After': 1 } : {},
): void {
  if (!socket.writable) return;
  const { status } = ERRORS[code];
  const body = JSON.stringify({ error: message, code });
  const headers = Object.entries(more).map(([name, value]) => `${name}: ${value}\r\n`);
  // Nobody reads this socket any more: what the client goes on saying, its goodbye too, would keep it open for a minute.
  socket.resume();
  socket.once('finish', () => socket.destroy());
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nContent-Type: application/json; charset=utf-8\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\n${headers.join('')}Connection: close\r\n\r\n${body}`,
  );
}

/** Path and query of an upgrade request; undefined when its target is no path at all. */
export function targetOf(request: IncomingMessage): { path: string; query: Record<string, string> } | undefined {
  const target = request.url ?? '';
  if (!target.startsWith('/')) return undefined;
  try {
    const url = new URL(target, 'http://localhost');
    return { path: url.pathname, query: Object.fromEntries(url.searchParams) };
  } catch {
    return undefined;
  }
}

/** Who asks, or why they may not. */
export async function identify(
  authenticator: Pick<Authenticator, 'socket'>,
  request: IncomingMessage,
  query: Record<string, string>,
): Promise<{ caller: Caller | undefined } | { refused: ErrorCode; message: string }> {
  try {
    return { caller: await authenticator.socket({ headers: request.headers, query }) };
  } catch (error) {
    if (error instanceof ExchangeError) return { refused: error.code, message: error.message };
    throw error;
  }
}

/** Counts an upgrade against the limit of its address, as any other request of it. @returns whether it may go on */
export async function admit(limit: AddressLimit, request: IncomingMessage, socket: Duplex): Promise<boolean> {
  try {
    await limit.take(limit.addressOf(request));
    return true;
  } catch (error) {
    if (!(error instanceof ExchangeError)) throw error;
    const exhausted = exhaustedBy(error);
    const headers = {
      ...(error.retryAfter === undefined ? {} : { 'Retry-After': error.retryAfter }),
      ...(exhausted === undefined ? {} : allowanceHeaders(exhausted)),
    };
    refuseUpgrade(socket, error.code, error.message, headers);
    return false;
  }
}
