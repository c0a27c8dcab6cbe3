import type { ErrorCode } from '../../../domain/errors.ts';
import { SYMBOL_PATTERN } from '../../../domain/instrument.ts';
import { LIMITS } from './limits.ts';

/** What clients may send (contract, section 3; docs/WEBSOCKET.md). `id` is theirs and comes back in the answer. */
export type ClientMessage = { id?: string } & (
  | { action: 'subscribe'; main?: string; sub: string[]; symbols: string[] }
  | { action: 'unsubscribe'; main: boolean | string; sub: string[] | 'all'; symbols: string[] | 'all' }
  | { action: 'resume'; from: number }
  | { action: 'cancel_on_disconnect'; after_ms: number | null }
  | { action: 'stamp'; on: boolean }
  | { action: 'ping' }
);

/** Why a message is refused; becomes `{"type":"ERROR",...}`. */
export interface Refusal {
  code: ErrorCode;
  message: string;
  action?: string;
  id?: string;
}

type Parsed = { ok: true; message: ClientMessage } | { ok: false; refusal: Refusal };

const ID_MAX = 64;

/** Reads a message; whatever a client sends comes back as a message or as a refusal. */
export function parseClientMessage(data: Buffer, isBinary: boolean): Parsed {
  if (isBinary) return refuse('INVALID_REQUEST', 'Messages are JSON texts, not binary.');
  if (data.length > LIMITS.messageBytes)
    return refuse('MESSAGE_TOO_LARGE', `A message has at most ${LIMITS.messageBytes} bytes.`);
  let json: unknown;
  try {
    json = JSON.parse(data.toString());
  } catch {
    return refuse('INVALID_JSON', 'The message is not valid JSON.');
  }
  if (typeof json !== 'object' || json === null || Array.isArray(json)) {
    return refuse('INVALID_REQUEST', 'A message is a JSON object with an action.');
  }
  const fields = json as Record<string, unknown>;
  const id = typeof fields.id === 'string' && fields.id.length <= ID_MAX ? fields.id : undefined;
  const action = typeof fields.action === 'string' ? fields.action.slice(0, ID_MAX) : undefined;
  const message = read(action, fields);
  if (typeof message !== 'string') return { ok: true, message: id === undefined ? message : { ...message, id } };
  return refuse('INVALID_REQUEST', message, {
    ...(action !== undefined && { action }),
    ...(id !== undefined && { id }),
  });
}

/** The message, or the sentence that says what is wrong with it. */
function read(action: string | undefined, fields: Record<string, unknown>): ClientMessage | string {
  switch (action) {
    case 'subscribe':
      return readSubscribe(fields);
    case 'unsubscribe':
      return readUnsubscribe(fields);
    case 'resume':
      if (!isCount(fields.from)) return '"from" is the first useq that you miss, a whole number.';
      return { action, from: fields.from };
    case 'cancel_on_disconnect': {
      const after = fields.after_ms;
      if (after === null || after === false) return { action, after_ms: null };
      if (!isCount(after) || after > LIMITS.cancelAfterMs)
        return `"after_ms" is 0 to ${LIMITS.cancelAfterMs}, or null to turn it off.`;
      return { action, after_ms: after };
    }
    case 'stamp':
      return { action, on: fields.on !== false };
    case 'ping':
      return { action };
    case undefined:
      return 'A message needs an "action".';
    default:
      return 'The action is not known: subscribe, unsubscribe, resume, cancel_on_disconnect, stamp or ping.';
  }
}

function readSubscribe({ main, sub, symbols }: Record<string, unknown>): ClientMessage | string {
  const subs = symbolList(sub, LIMITS.subSymbols);
  const full = symbolList(symbols, LIMITS.fullSymbols);
  if (subs === undefined) return `"sub" is a list of at most ${LIMITS.subSymbols} symbols.`;
  if (full === undefined) return `"symbols" is a list of at most ${LIMITS.fullSymbols} symbols.`;
  if (main === undefined || main === null) {
    if (subs.length + full.length === 0) return 'A subscription names "main", "sub" or "symbols".';
    return { action: 'subscribe', sub: subs, symbols: full };
  }
  if (!isSymbol(main)) return '"main" is a symbol.';
  return { action: 'subscribe', main, sub: subs, symbols: full };
}

/** Without any field: everything. `main` is the symbol, or true for whichever it is; `sub` and `symbols` may be true for all. */
function readUnsubscribe({ main, sub, symbols }: Record<string, unknown>): ClientMessage | string {
  const everything = main === undefined && sub === undefined && symbols === undefined;
  const subs = everything || sub === true ? 'all' : symbolList(sub, LIMITS.subSymbols);
  const full = everything || symbols === true ? 'all' : symbolList(symbols, LIMITS.fullSymbols);
  if (subs === undefined || full === undefined) return '"sub" and "symbols" are lists of symbols.';
  const isMain = main === undefined || main === null || typeof main === 'boolean' || isSymbol(main);
  if (!isMain) return '"main" is a symbol, or true for whichever it is.';
  const named = typeof main === 'string' ? main : main === true;
  return { action: 'unsubscribe', main: everything || named, sub: subs, symbols: full };
}

function symbolList(value: unknown, max: number): string[] | undefined {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value) || value.length > max || !value.every(isSymbol)) return undefined;
  return [...new Set(value)];
}

function isSymbol(value: unknown): value is string {
  return typeof value === 'string' && SYMBOL_PATTERN.test(value);
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}

function refuse(code: ErrorCode, message: string, more: Partial<Refusal> = {}): Parsed {
  return { ok: false, refusal: { code, message, ...more } };
}
