import { request } from 'node:http';

export interface Answer {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  /** The parsed body, or an empty object where it is none. */
  body: Record<string, unknown>;
  text: string;
}

/** One request with exactly the headers given, Host too, which a browser would not let one write. */
export function ask(
  url: string,
  method: string,
  path: string,
  headers: Record<string, string | string[]> = {},
  body?: unknown,
): Promise<Answer> {
  const { hostname, port } = new URL(url);
  const text = body === undefined ? undefined : JSON.stringify(body);
  const length =
    text === undefined ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) };
  return new Promise((resolve, reject) => {
    const call = request({ hostname, port, method, path, agent: false, headers: { ...length, ...headers } });
    call.on('error', reject);
    call.on('response', (response) => {
      let said = '';
      response.setEncoding('utf8');
      response.on('data', (chunk) => {
        said += chunk;
      });
      response.on('end', () => {
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: parsed(said), text: said });
      });
    });
    call.setTimeout(90_000, () => call.destroy(new Error(`${method} ${path}: no answer`)));
    call.end(text);
  });
}

function parsed(text: string): Record<string, unknown> {
  try {
    const value: Record<string, unknown> = JSON.parse(text);
    return value;
  } catch {
    return {};
  }
}

/** Test-mode headers of a user and of an admin. */
export const as = (user: string): Record<string, string> => ({ 'x-user-id': user });
export const asAdmin: Record<string, string> = { 'x-user-id': 'ops', 'x-user-role': 'admin' };
