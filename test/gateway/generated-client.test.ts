import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { relative, resolve } from 'node:path';
import { after, before, test } from 'node:test';
import { generatedFiles } from '../../client/generate/files.ts';
import { type JsonSchema, typeOf } from '../../client/generate/types.ts';
import { startExchange, type TestExchange } from './exchange.ts';

let exchange: TestExchange;

before(async () => {
  exchange = await startExchange();
});
after(() => exchange.close());

test("the client's types are those of the documents that the exchange serves", async () => {
  const document = async (url: string) => (await exchange.app.inject(url)).json();
  const files = generatedFiles(await document('/openapi.json'), await document('/asyncapi.json'));
  assert.equal(files.length, 2);
  for (const { path, text } of files) {
    const name = relative(resolve(import.meta.dirname, '..', '..'), path);
    assert.ok(readFileSync(path, 'utf8') === text, `${name} is out of date: run npm run generate:client`);
  }
});

test('a schema becomes the type of its values, and one that cannot be said is refused', () => {
  const cases: [schema: JsonSchema, type: string][] = [
    [{ type: 'integer', minimum: 1 }, 'number'],
    [{ type: ['number', 'string', 'null'], pattern: 'x' }, 'number | string | null'],
    [{ enum: ['A', 'B'], type: 'string' }, '"A" | "B"'],
    [{ const: true }, 'true'],
    [{ $ref: '#/components/schemas/Order' }, 'Order'],
    [{ anyOf: [{ type: 'boolean' }, { type: 'string' }] }, 'boolean | string'],
    [{ type: 'array', items: { type: ['string', 'null'] } }, '(string | null)[]'],
    [{ type: 'array', minItems: 2, maxItems: 2, items: { type: 'integer' } }, '[number, number]'],
    [{ type: 'object', additionalProperties: { type: 'string' } }, 'Record<string, string>'],
    [{ description: 'anything' }, 'unknown'],
  ];
  for (const [schema, type] of cases) assert.equal(typeOf(schema), type);
  const fields = { a: { type: 'string' }, 'b-c': { type: 'number' }, old: { type: 'string', deprecated: true } };
  assert.equal(typeOf({ type: 'object', properties: fields, required: ['a'] }), '{\na: string;\n"b-c"?: number;\n}');
  assert.throws(() => typeOf({ allOf: [] }), /allOf/);
  assert.throws(() => typeOf({ type: 'date' }), /date/);
  assert.throws(() => typeOf({ $ref: 'https://elsewhere.example/schema' }), /outside/);
});
