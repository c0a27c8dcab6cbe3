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
