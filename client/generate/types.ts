/**
 * TypeScript from JSON Schema (draft 2020-12, as OpenAPI 3.1 and AsyncAPI 3.0 carry it): as much of it as the exchange's own
 * documents use. A construct that is not known here throws, so that no type comes out wider than its schema by accident.
 */
export interface JsonSchema {
  $ref?: string;
  type?: string | string[];
  const?: unknown;
  enum?: unknown[];
  properties?: Record<string, JsonSchema>;
  required?: string[];
  additionalProperties?: boolean | JsonSchema;
  items?: JsonSchema;
  minItems?: number;
  maxItems?: number;
  oneOf?: JsonSchema[];
  anyOf?: JsonSchema[];
  description?: string;
  /** Another spelling of something; a client of today writes the main one. */
  deprecated?: boolean;
  [annotation: string]: unknown;
}

/** Arrays of exactly this few items become tuples. */
const TUPLE_MAX = 4;

/** Keywords that narrow values but not types, and annotations. */
const WITHOUT_A_TYPE = new Set([
  'title',
  'description',
  'examples',
  'deprecated',
  'default',
  'pattern',
  'minLength',
  'maxLength',
  'minimum',
  'maximum',
  'minItems',
  'maxItems',
]);
const UNDERSTOOD = new Set([
  ...WITHOUT_A_TYPE,
  '$ref',
  'type',
  'const',
  'enum',
  'properties',
  'required',
  'additionalProperties',
  'items',
  'oneOf',
  'anyOf',
]);

/** The type of a schema as an expression. @throws Error on a schema that it cannot say */
export function typeOf(schema: JsonSchema): string {
  const strange = Object.keys(schema).find((keyword) => !UNDERSTOOD.has(keyword));
  if (strange !== undefined) throw new Error(`no type for the keyword "${strange}" in ${JSON.stringify(schema)}`);
  if (schema.$ref !== undefined) return nameOf(schema.$ref);
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum !== undefined) return schema.enum.map((value) => JSON.stringify(value)).join(' | ');
  const choices = schema.oneOf ?? schema.anyOf;
  if (choices !== undefined) return choices.map(typeOf).join(' | ');
  if (schema.type === undefined) return 'unknown';
  return [schema.type]
    .flat()
    .map((type) => typeNamed(type, schema))
    .join(' | ');
}

function typeNamed(type: string, schema: JsonSchema): string {
  switch (type) {
    case 'string':
    case 'boolean':
    case 'null':
      return type;
    case 'number':
    case 'integer':
      return 'number';
    case 'array':
      return arrayOf(schema);
    case 'object':
      return objectOf(schema);
    default:
      throw new Error(`no type for the type "${type}"`);
  }
}

function arrayOf({ items, minItems, maxItems }: JsonSchema): string {
  if (items === undefined) return 'unknown[]';
  const item = typeOf(items);
  if (minItems !== undefined && minItems === maxItems && maxItems <= TUPLE_MAX) {
    return `[${Array.from({ length: maxItems }, () => item).join(', ')}]`;
  }
  return `(${item})[]`;
}

/** Fields beyond those named may always come (a client ignores them); only a map has a type for them. */
function objectOf({ properties, required = [], additionalProperties }: JsonSchema): string {
  if (properties === undefined) {
    const values = typeof additionalProperties === 'object' ? typeOf(additionalProperties) : 'unknown';
    return `Record<string, ${values}>`;
  }
  const fields = Object.entries(properties)
    .filter(([, property]) => property.deprecated !== true)
    .map(([name, property]) => {
      const optional = required.includes(name) ? '' : '?';
      return `${comment(property.description)}${keyOf(name)}${optional}: ${typeOf(property)};\n`;
    });
  return `{\n${fields.join('')}}`;
}

/** A schema that is a component of its document. */
export function declarationOf(name: string, schema: JsonSchema): string {
  const type = typeOf(schema);
  const isInterface = schema.properties !== undefined;
  return `${comment(schema.description)}export ${isInterface ? `interface ${name} ${type}` : `type ${name} = ${type};`}\n`;
}

export function comment(text: string | undefined): string {
  return text === undefined ? '' : `/** ${text.replaceAll('*/', '* /').replaceAll('\n', ' ')} */\n`;
}

function keyOf(name: string): string {
  return /^[A-Za-z_]\w*$/.test(name) ? name : JSON.stringify(name);
}

function nameOf(ref: string): string {
  const match = /^#\/components\/schemas\/(\w+)$/.exec(ref);
  if (match?.[1] === undefined) throw new Error(`a reference outside of the document's schemas: ${ref}`);
  return match[1];
}
