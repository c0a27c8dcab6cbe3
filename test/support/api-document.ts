import assert from 'node:assert/strict';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';

interface Operation {
  responses: Record<string, { content?: Record<string, { schema: object }> }>;
}

export interface OpenApiDocument {
  openapi: string;
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, object> };
}

/**
 * Holds answers to the OpenAPI document that the exchange itself serves: path, method, status, content type and body. A call
 * that the document does not know must be refused in the error form.
 */
export class ApiDocument {
  readonly document: OpenApiDocument;
  readonly #ajv: Ajv2020;
  readonly #validators = new Map<string, ValidateFunction>();
  readonly #operations: { method: string; path: string; pattern: RegExp; operation: Operation }[] = [];
  /** `METHOD path status` of every answer seen. */
  readonly seen = new Set<string>();

  constructor(document: OpenApiDocument) {
    this.document = document;
    this.#ajv = new Ajv2020({ strict: false, allErrors: true });
    this.#ajv.addSchema({ $id: 'openapi', components: document.components });
    for (const [path, operations] of Object.entries(document.paths)) {
      const pattern = new RegExp(`^${path.replaceAll(/\{[^}]+\}/g, '[^/]+')}$`);
      for (const [method, operation] of Object.entries(operations)) {
        this.#operations.push({ method: method.toUpperCase(), path, pattern, operation });
      }
    }
  }

  /** Throws where an answer is not the documented one. */
  check(method: string, url: string, status: number, contentType: unknown, text: string): void {
    const path = url.split('?', 1)[0]!.replace(/(.)\/$/, '$1');
    const known = this.#operations
      .filter((candidate) => candidate.method === method && candidate.pattern.test(path))
      .sort((a, b) => a.path.split('{').length - b.path.split('{').length)[0];
    const where = `${method} ${url} -> ${status} ${text.slice(0, 300)}`;
    if (known === undefined) {
      assert.ok(status >= 400, `undocumented answer: ${where}`);
      this.#validate('error', { $ref: 'openapi#/components/schemas/ErrorAnswer' }, text, where);
      return;
    }
    this.seen.add(`${method} ${known.path} ${status}`);
    const group = `${Math.floor(status / 100)}XX`;
    const key = String(status) in known.operation.responses ? String(status) : group;
    const documented = known.operation.responses[key];
    assert.ok(documented, `undocumented status: ${where}`);
    if (documented.content === undefined) {
      assert.equal(text, '', `a body where none is documented: ${where}`);
      return;
    }
    const type = String(contentType).split(';', 1)[0]!;
    const content = documented.content?.[type];
    assert.ok(content, `undocumented content type ${type}: ${where}`);
    if (type === 'application/json') this.#validate(`${method} ${known.path} ${key}`, content.schema, text, where);
  }

  #validate(key: string, schema: object, text: string, where: string): void {
    let validate = this.#validators.get(key);
    if (validate === undefined) {
      const absolute = JSON.parse(JSON.stringify(schema).replaceAll('"#/components', '"openapi#/components'));
      validate = this.#ajv.compile(absolute);
      this.#validators.set(key, validate);
    }
    assert.ok(validate(JSON.parse(text)), `${where}: ${this.#ajv.errorsText(validate.errors)}`);
  }
}
