import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { ERRORS, type ErrorCode, ExchangeError } from '../../domain/errors.ts';
import type { Log } from '../../ports/log.ts';
import { API_HEADERS } from './security-headers.ts';
import { refusalOf } from './validation.ts';

/** The error form of the whole API: `{error, code, details?}`. */
export interface ErrorForm {
  error: string;
  code: ErrorCode;
  details?: Record<string, unknown>;
}

export function errorForm({ message, code, details }: ExchangeError): ErrorForm {
  return details === undefined ? { error: message, code } : { error: message, code, details };
}

/** Fastify's own refusals, by its codes. What is not here is no client's doing. */
const FASTIFY_CODES: Record<string, [code: ErrorCode, sentence?: string]> = {
  FST_ERR_CTP_BODY_TOO_LARGE: ['BODY_TOO_LARGE'],
  FST_ERR_CTP_INVALID_MEDIA_TYPE: ['UNSUPPORTED_MEDIA_TYPE'],
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: ['INVALID_REQUEST', 'Content-Length does not match the body.'],
  FST_ERR_CTP_INVALID_JSON_BODY: ['INVALID_JSON'],
  FST_ERR_CTP_EMPTY_JSON_BODY: ['INVALID_JSON', 'The body is empty.'],
  FST_ERR_BAD_URL: ['INVALID_REQUEST', 'The URL is malformed.'],
  FST_ERR_MAX_PARAM_LENGTH: ['INVALID_REQUEST', 'A part of the path is too long.'],
  FST_ERR_NOT_FOUND: ['NOT_FOUND'],
};

/** Every error as the refusal that the client is told; a fault of ours is logged and told without its inside. */
export function refusalFor(error: FastifyError | Error, log: Log): ExchangeError {
  if (error instanceof ExchangeError) return error;
  const shape = refusalOf(error);
  if (shape !== undefined) return shape;
  const known = 'code' in error && typeof error.code === 'string' ? FASTIFY_CODES[error.code] : undefined;
  if (known !== undefined) return new ExchangeError(known[0], known[1]);
  if ('statusCode' in error && typeof error.statusCode === 'number') {
    if (error.statusCode === 404) return new ExchangeError('NOT_FOUND');
    if (error.statusCode >= 400 && error.statusCode < 500) return new ExchangeError('INVALID_REQUEST', error.message);
  }
  log.error({ err: error }, 'a request failed for a reason that is not its own');
  return new ExchangeError('INTERNAL');
}

/** Answers refusals in the error form, also for unknown paths, wrong methods and what Node itself refuses. */
export function answerErrors(app: FastifyInstance, log: Log): void {
  const routes: { method: string; pattern: RegExp }[] = [];
  app.addHook('onRoute', ({ method, url }) => {
    if (url === '*') return;
    const pattern = patternOf(url);
    for (const name of [method].flat()) routes.push({ method: name, pattern });
  });

  app.setErrorHandler((error: FastifyError, _request, reply) => sendRefusal(reply, refusalFor(error, log)));

  app.setNotFoundHandler((request, reply) => {
    const path = request.url.split('?', 1)[0] ?? '/';
    const others = new Set(routes.filter(({ pattern }) => pattern.test(path)).map(({ method }) => method));
    // A route that takes the method has itself said that what was asked for is not there.
    if (others.size === 0 || others.has(request.method)) return sendRefusal(reply, new ExchangeError('NOT_FOUND'));
    reply.header('allow', [...others].sort().join(', '));
    return sendRefusal(reply, new ExchangeError('METHOD_NOT_ALLOWED'));
  });

  // Unknown expectations are ignored, as HTTP allows, rather than answered by Node in a form of its own.
  app.server.on('checkExpectation', (request, response) => app.server.emit('request', request, response));
}

export function sendRefusal(reply: FastifyReply, refusal: ExchangeError): FastifyReply {
  if (refusal.retryAfter !== undefined) reply.header('retry-after', String(refusal.retryAfter));
  else if (refusal.status === 503) reply.header('retry-after', '1');
  if (refusal.status === 401) reply.header('www-authenticate', 'Bearer');
  return reply.headers(API_HEADERS).code(refusal.status).send(errorForm(refusal));
}

/** A malformed URL is refused before it meets a route. */
export function frameworkErrors(error: FastifyError, _request: FastifyRequest, reply: FastifyReply): void {
  const [code, sentence] = FASTIFY_CODES[error.code] ?? ['INVALID_REQUEST', 'The request is malformed.'];
  sendRefusal(reply, new ExchangeError(code, sentence));
}

const NODE_CODES: Record<string, ErrorCode> = {
  HPE_HEADER_OVERFLOW: 'HEADERS_TOO_LARGE',
  ERR_HTTP_REQUEST_TIMEOUT: 'REQUEST_TIMEOUT',
};

/** What is no HTTP, or too much of it, or too slow, is answered on the bare socket. */
export function clientErrorHandler(error: { code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const code = NODE_CODES[error.code ?? ''] ?? 'INVALID_REQUEST';
  const { status, meaning } = ERRORS[code];
  const sentence = code === 'INVALID_REQUEST' ? 'This is not a valid HTTP request.' : meaning;
  const body = JSON.stringify({ error: sentence, code } satisfies ErrorForm);
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nContent-Type: application/json; charset=utf-8\r\n` +
      `X-Content-Type-Options: nosniff\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  );
}

function patternOf(url: string): RegExp {
  const source = url
    .split('/')
    .map((part) => (part.startsWith(':') ? '[^/]+' : part.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replace('*', '.+')))
    .join('/');
  return new RegExp(`^${source}/?$`);
}
