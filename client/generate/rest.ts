import { comment, declarationOf, type JsonSchema, typeOf } from './types.ts';

export interface OpenApi {
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, JsonSchema> };
}

interface Operation {
  summary?: string;
  parameters?: Parameter[];
  requestBody?: { required?: boolean; content: Record<string, { schema: JsonSchema }> };
  responses: Record<string, { content?: Record<string, { schema: JsonSchema }> }>;
}

interface Parameter {
  name: string;
  in: string;
  required?: boolean;
  deprecated?: boolean;
  schema: JsonSchema;
  description?: string;
}

/** Who calls is the client's own affair (`Credentials`), not a parameter of every call. In test mode any value is taken here. */
const CALLER = new Set(['user_id', 'userId']);
const MESSAGE = /Message$/;

/** The types of the REST interface: every named schema, and `Operations`, which says what each call takes and answers. */
export function restTypes({ paths, components }: OpenApi): string {
  const names = Object.keys(components.schemas);
  // Messages that travel over both are declared once, beside the other messages.
  const messages = names.filter((name) => MESSAGE.test(name)).sort();
  const schemas = Object.entries(components.schemas)
    .filter(([name]) => !MESSAGE.test(name))
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, schema]) => declarationOf(name, withoutCaller(schema)));
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => operationType(`${method.toUpperCase()} ${path}`, operation)),
  );
  return `import type { ${messages.join(', ')} } from './websocket.ts';

${schemas.join('\n')}
/** Every call of the REST interface: what it takes, and what it answers with status 200. */
export interface Operations {
${operations.join('')}}
`;
}

function operationType(name: string, { summary, parameters = [], requestBody, responses }: Operation): string {
  const part = (place: string) => {
    const named = parameters.filter((parameter) => parameter.in === place && !CALLER.has(parameter.name));
    const properties = Object.fromEntries(named.map((parameter) => [parameter.name, schemaOf(parameter)]));
    const required = named.filter((parameter) => parameter.required).map((parameter) => parameter.name);
    return {
      schema: { type: 'object', properties, required },
      optional: required.length === 0,
      none: named.length === 0,
    };
  };
  const fields = (['path', 'query'] as const).flatMap((place) => {
    const { schema, optional, none } = part(place);
    return none ? [] : [`${place}${optional ? '?' : ''}: ${typeOf(schema)};\n`];
  });
  const body = requestBody?.content['application/json']?.schema;
  if (body !== undefined) {
    const optional = requestBody?.required !== true;
    fields.push(`body${optional ? '?' : ''}: ${typeOf(withoutCaller(body))};\n`);
  }
  fields.push(`answer: ${answerType(responses)};\n`);
  return `${comment(summary)}${JSON.stringify(name)}: {\n${fields.join('')}};\n`;
}

function answerType(responses: Operation['responses']): string {
  const content = responses['200']?.content;
  const json = content?.['application/json']?.schema;
  if (json !== undefined) return typeOf(json);
  if (content?.['text/plain'] !== undefined) return 'string';
  throw new Error(`an operation without a documented answer: ${JSON.stringify(responses)}`);
}

function schemaOf({ schema, description, deprecated }: Parameter): JsonSchema {
  return { ...schema, ...(description === undefined ? {} : { description }), ...(deprecated ? { deprecated } : {}) };
}

function withoutCaller(schema: JsonSchema): JsonSchema {
  if (schema.properties === undefined) return schema;
  const kept = Object.entries(schema.properties).filter(([name, { type }]) => !CALLER.has(name) || type !== undefined);
  return { ...schema, properties: Object.fromEntries(kept) };
}
