import { ERRORS, type ErrorCode } from '../../domain/errors.ts';

/**
 * Schemas with a title become named components, each written once: `#/components/schemas/Order`. Types generated from the
 * document then have names, and the document stays readable.
 */
export function nameSchemas<T extends object>(document: T): T {
  const named: Record<string, unknown> = {};

  function walk(node: unknown): unknown {
    if (Array.isArray(node)) return node.map(walk);
    if (typeof node !== 'object' || node === null) return node;
    const copy = Object.fromEntries(Object.entries(node).map(([key, value]) => [key, walk(value)]));
    const { title } = copy;
    // A reference has no room for saying that this use of the schema is only another spelling.
    if (typeof title !== 'string' || !/^[A-Z][A-Za-z]+$/.test(title) || copy.deprecated === true) return copy;
    // A schema that only points at a named one by its title stands for it and does not define it.
    if (copy.properties !== undefined || copy.enum !== undefined) named[title] ??= copy;
    return { $ref: `#/components/schemas/${title}` };
  }

  const paths = 'paths' in document ? walk(document.paths) : {};
  const components = 'components' in document && typeof document.components === 'object' ? document.components : {};
  return { ...document, paths, components: { ...components, schemas: named } };
}

/** Which logins a call needs, each by itself enough; none for public calls. `keyed`: the exchange wants an API key beside it. */
export function securityOf(needs: 'user' | 'admin' | undefined, keyed: boolean): Record<string, string[]>[] {
  if (needs === undefined) return [];
  const testMode = needs === 'admin' ? ['testUser', 'testRole'] : ['testUser'];
  const key = keyed ? ['apiKey'] : [];
  return [['bearer'], testMode].map((ways) => Object.fromEntries([...ways, ...key].map((name) => [name, []])));
}

const ALLOWANCE = {
  'RateLimit-Limit': { type: 'integer', description: 'Requests of the window, where a limit counts the call.' },
  'RateLimit-Remaining': { type: 'integer', description: 'What is left of them.' },
  'RateLimit-Reset': { type: 'integer', description: 'Seconds until the window starts again.' },
};
const REFUSAL = {
  ...ALLOWANCE,
  'Retry-After': { type: 'integer', description: 'Seconds to wait; with 429 and 503.' },
};

/** What an answer has beside its body: limit headers, and of a refusal what it means, with an example that it may be. */
export function describeAnswer(status: string, schema: object, isPublic: boolean): object {
  if (status === '4xx')
    return refusal(schema, 'Refused; `code` says why.', isPublic ? 'INVALID_REQUEST' : 'UNAUTHENTICATED');
  if (status === '5xx')
    return refusal(schema, 'Not possible now; nothing was done, unless the code is INTERNAL.', 'OVERLOADED');
  const described = 'description' in schema ? {} : { 'x-response-description': 'Done as asked.' };
  const more = 'headers' in schema ? schema.headers : {};
  return { ...schema, ...described, headers: Object.assign({}, more, ALLOWANCE) };
}

function refusal(schema: object, meaning: string, code: ErrorCode): object {
  const examples = [{ error: ERRORS[code].meaning, code }];
  return { ...schema, examples, headers: REFUSAL, 'x-response-description': meaning };
}
