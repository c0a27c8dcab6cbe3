import type { FastifyInstance, LightMyRequestResponse } from 'fastify';
import { ApiDocument } from '../support/api-document.ts';

export type Headers = Record<string, string>;

/** Calls a gateway and holds every answer to the OpenAPI document that the gateway itself serves. */
export class DocumentedClient extends ApiDocument {
  readonly #app: FastifyInstance;

  static async of(app: FastifyInstance): Promise<DocumentedClient> {
    const response = await app.inject('/openapi.json');
    return new DocumentedClient(app, response.json());
  }

  private constructor(app: FastifyInstance, document: ApiDocument['document']) {
    super(document);
    this.#app = app;
  }

  async call(method: string, url: string, headers: Headers = {}, body?: unknown): Promise<LightMyRequestResponse> {
    const response = await this.#app.inject({
      // Any method may be tried; the types only list the usual ones.
      method: method as 'GET',
      url,
      headers:
        body === undefined || 'content-type' in headers ? headers : { ...headers, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { payload: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    this.check(method, url, response.statusCode, response.headers['content-type'], response.body);
    return response;
  }
}

/** Test-mode headers of a user. */
export function user(id: string): Headers {
  return { 'x-user-id': id };
}

export function admin(id = 'root'): Headers {
  return { 'x-user-id': id, 'x-user-role': 'admin' };
}
