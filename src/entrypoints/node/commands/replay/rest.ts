import { Client } from 'undici';
import { CommandError } from '../command.ts';

/** An answer of the exchange, and when it was asked and answered (performance.now() milliseconds). */
export interface Answer {
  status: number;
  body: Record<string, unknown>;
  asked_ms: number;
  answered_ms: number;
}

/**
 * One HTTP/1.1 connection whose requests go out, and are handled, in the order of the calls: they are pipelined, so that
 * order does not cost a round trip each. Callers name themselves in test mode.
 */
export class OrderedRest {
  readonly #client: Client;

  /** @param inFlight requests on their way at most */
  constructor(url: string, inFlight: number) {
    this.#client = new Client(url, { pipelining: inFlight, headersTimeout: 60_000, bodyTimeout: 60_000 });
  }

  async ask(method: 'GET' | 'POST' | 'PATCH' | 'DELETE', path: string, user: Caller, body?: object): Promise<Answer> {
    const asked = performance.now();
    const headers: Record<string, string> = { 'x-user-id': user.id };
    if (user.admin === true) headers['x-user-role'] = 'admin';
    if (body !== undefined) headers['content-type'] = 'application/json';
    const text = body === undefined ? null : JSON.stringify(body);
    // Marked idempotent only to be pipelined: this client never sends a request a second time.
    const response = await this.#client.request({ method, path, headers, body: text, idempotent: true });
    const answered = performance.now();
    const answer: unknown = await response.body.json();
    if (typeof answer !== 'object' || answer === null) throw new CommandError(`${method} ${path}: no JSON object came`);
    return { status: response.statusCode, body: { ...answer }, asked_ms: asked, answered_ms: answered };
  }

  /** As `ask`, for a call that must succeed. */
  async must(method: 'GET' | 'POST' | 'PATCH', path: string, user: Caller, body?: object): Promise<Answer> {
    const answer = await this.ask(method, path, user, body);
    if (answer.status === 200 || answer.status === 201) return answer;
    const { error, code } = answer.body;
    throw new CommandError(`${method} ${path}: ${answer.status} ${String(code)}: ${String(error)}`);
  }

  async close(): Promise<void> {
    await this.#client.close();
  }
}

export interface Caller {
  id: string;
  admin?: boolean;
}
