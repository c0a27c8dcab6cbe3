/** Array literals of PostgreSQL: {1,2,NULL}. */
export function intArray(values: readonly (number | null)[]): string {
  return `{${values.map((value) => value ?? 'NULL').join(',')}}`;
}

export function boolArray(values: readonly boolean[]): string {
  return `{${values.map((value) => (value ? 't' : 'f')).join(',')}}`;
}

export function textArray(values: readonly (string | null)[]): string {
  return `{${values.map((value) => (value === null ? 'NULL' : quote(value))).join(',')}}`;
}

const SPECIAL = /[\\"]/g;

function quote(value: string): string {
  return `"${SPECIAL.test(value) ? value.replace(SPECIAL, '\\$&') : value}"`;
}

/** `{}` (the function's default for all) where every value is the default, so that nothing travels for what nobody uses. */
export function orDefault<T>(values: readonly T[], standard: T, encode: (values: readonly T[]) => string): string {
  return values.every((value) => value === standard) ? '{}' : encode(values);
}

/** A BIGINT or INTEGER of a row as a number. Throws where a number could not carry it exactly. */
export function int(value: unknown): number {
  const number = typeof value === 'number' ? value : Number(value);
  if (value === null || value === undefined || !Number.isSafeInteger(number))
    throw new Error(`the database holds ${String(value)} where an exact integer was expected`);
  return number;
}

export function intOrNull(value: unknown): number | null {
  return value === null ? null : int(value);
}

export function text(value: unknown): string {
  if (typeof value !== 'string') throw new Error(`the database holds ${String(value)} where text was expected`);
  return value;
}

export function textOrNull(value: unknown): string | null {
  return value === null ? null : text(value);
}

/** Text that is one of a fixed set by a rule of the schema or of the program that wrote it. */
export function oneOf<T extends string>(value: unknown): T {
  return text(value) as T;
}
