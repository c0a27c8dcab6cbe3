import type { FastifySchemaCompiler } from 'fastify';
import type { TSchema } from 'typebox';
import { Compile } from 'typebox/compile';
import { ExchangeError } from '../../domain/errors.ts';

/** One fault of a request, in words for whoever sent it. */
export interface SchemaFault {
  field: string;
  problem: string;
}

interface CompilerError {
  keyword: string;
  instancePath: string;
  message: string;
  params: object;
}

/** A compiled check: undefined when the value has the shape, else what is wrong with it. */
export type ShapeCheck = (value: unknown) => SchemaFault[] | undefined;

export function compileShape(schema: TSchema): ShapeCheck {
  const check = Compile(schema);
  const optional = optionalFields(schema);
  return (value) => {
    if (check.Check(value)) return undefined;
    leaveOutNulls(value, optional);
    return check.Check(value) ? undefined : check.Errors(value).slice(0, 10).map(faultOf);
  };
}

/** Optional fields that do not say anything of their own by being null. */
function optionalFields(schema: TSchema): string[] {
  const { properties, required } = { properties: undefined, required: undefined, ...schema };
  if (typeof properties !== 'object' || properties === null) return [];
  const needed: unknown[] = Array.isArray(required) ? required : [];
  return Object.entries(properties).flatMap(([name, property]) => {
    const { type } = Object(property);
    return needed.includes(name) || type === undefined || [type].flat().includes('null') ? [] : [name];
  });
}

/** Many clients write what they leave out as null. */
function leaveOutNulls(value: unknown, optional: readonly string[]): void {
  if (typeof value !== 'object' || value === null) return;
  for (const name of optional) if (Reflect.get(value, name) === null) Reflect.deleteProperty(value, name);
}

function faultOf({ instancePath, message, keyword, params }: CompilerError): SchemaFault {
  const field = instancePath.slice(1).replaceAll('/', '.');
  if (keyword === 'required' && 'requiredProperties' in params && Array.isArray(params.requiredProperties)) {
    const missing = params.requiredProperties.map(String);
    return { field: [field, missing[0]].filter(Boolean).join('.'), problem: `is required (${missing.join(', ')})` };
  }
  if (keyword === 'enum' && 'allowedValues' in params && Array.isArray(params.allowedValues)) {
    return { field, problem: `must be one of ${params.allowedValues.join(', ')}` };
  }
  // A field where the schema allows no other.
  if (keyword === 'boolean') return { field, problem: 'is not known here' };
  if (keyword === 'pattern') return { field, problem: 'has a form that is not allowed here' };
  return { field, problem: message };
}

/** What a client calls the parts of a request. */
const PLACES: Record<string, string> = { body: 'body', params: 'path', headers: 'headers' };

/** The refusal of a value that does not have its documented shape. `part` is body, querystring, params or headers. */
export function shapeRefusal(faults: readonly SchemaFault[], part: string): ExchangeError {
  const where = PLACES[part] ?? 'query';
  const [first] = faults;
  const field = first === undefined || first.field === '' ? `The ${where}` : `"${first.field}" in the ${where}`;
  return new ExchangeError('INVALID_REQUEST', `${field} ${first?.problem ?? 'is malformed'}.`, {
    in: where,
    fields: faults,
  });
}

/** Thrown through Fastify's validation, which wants an Error. */
class ShapeError extends Error {
  readonly refusal: ExchangeError;
  constructor(refusal: ExchangeError) {
    super(refusal.message);
    this.refusal = refusal;
  }
}

/** The refusal behind an error of request validation, if it is one. */
export function refusalOf(error: object): ExchangeError | undefined {
  return error instanceof ShapeError ? error.refusal : undefined;
}

/** Fastify's validator: bodies as they are; text of queries and paths read as the integers and booleans they should be. */
export const validatorCompiler: FastifySchemaCompiler<TSchema> = ({ schema, httpPart }) => {
  const check = compileShape(schema);
  const part = httpPart ?? 'body';
  const readers = part === 'body' ? [] : textReaders(schema);
  const mayBeMissing = part === 'body' && !('required' in schema);
  return (given: Record<string, unknown> | null | undefined) => {
    const value = mayBeMissing ? (given ?? {}) : given;
    if (value) readTexts(value, readers);
    const faults = check(value);
    return faults === undefined ? { value } : { error: new ShapeError(shapeRefusal(faults, part)) };
  };
};

function readTexts(values: Record<string, unknown>, readers: readonly TextReader[]): void {
  for (const [key, read] of readers) {
    const text = values[key];
    if (typeof text === 'string') values[key] = read(text);
  }
}

type TextReader = [key: string, read: (text: string) => unknown];

function textReaders(schema: TSchema): TextReader[] {
  const properties = 'properties' in schema ? schema.properties : undefined;
  if (typeof properties !== 'object' || properties === null) return [];
  return Object.entries(properties).flatMap(([key, property]): TextReader[] => {
    if (property?.type === 'integer') return [[key, readInteger]];
    if (property?.type === 'boolean') return [[key, readBoolean]];
    return [];
  });
}

/** Text that is no integer stays text, which the check then refuses. */
function readInteger(text: string): unknown {
  return /^-?\d{1,16}$/.test(text) ? Number(text) : text;
}

function readBoolean(text: string): unknown {
  return text === 'true' ? true : text === 'false' ? false : text;
}
