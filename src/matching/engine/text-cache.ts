const SLOTS = 8_192;

/**
 * Gives short texts that come again and again (users, symbols) as one string each: no allocation per record, and whoever keys
 * a Map with them finds their hash computed. Newer texts push older ones out; equal bytes always give equal strings.
 */
export class TextCache {
  readonly #texts = new Array<string>(SLOTS).fill('');

  /** The text of plain ASCII in [from, to). `hash` must depend on nothing but the bytes. */
  text(bytes: Buffer, from: number, to: number, hash: number): string {
    const slot = (hash ^ (hash >>> 13)) & (SLOTS - 1);
    const known = this.#texts[slot]!;
    if (isText(known, bytes, from, to)) return known;
    const text = bytes.toString('latin1', from, to);
    this.#texts[slot] = text;
    return text;
  }
}

function isText(text: string, bytes: Uint8Array, from: number, to: number): boolean {
  if (text.length !== to - from) return false;
  for (let i = 0; i < text.length; i += 1) if (text.charCodeAt(i) !== bytes[from + i]) return false;
  return true;
}
