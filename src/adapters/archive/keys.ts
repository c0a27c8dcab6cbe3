const KEY = /^[A-Za-z0-9._=:-]+(\/[A-Za-z0-9._=:-]+)*$/;
const MAX_KEY = 900;

/** Throws for anything but `/`-separated names of the allowed characters: no key leaves its folder or bucket prefix. */
export function checkKey(key: string): void {
  const names = key.split('/');
  if (key.length > MAX_KEY || !KEY.test(key) || names.some(isForbidden)) {
    throw new RangeError(`Not an archive key: ${JSON.stringify(key.slice(0, 100))}`);
  }
}

/** A prefix is the beginning of a key, or empty. */
export function checkPrefix(prefix: string): void {
  if (prefix !== '') checkKey(prefix.endsWith('/') ? prefix.slice(0, -1) : prefix);
}

/** `.`, `..` and the names of unfinished files. */
function isForbidden(name: string): boolean {
  return name === '.' || name === '..' || name.endsWith('.draft') || name.length > 255;
}
