import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** The folder of outside data, which is not part of the project: SHARED_DIR, or `shared` beside the repository. */
export function sharedPath(...parts: string[]): string {
  const folder = process.env.SHARED_DIR ?? join(import.meta.dirname, '..', '..', '..', 'shared');
  return join(folder, ...parts);
}

/** Why a suite that needs `path` cannot run, or undefined where it can. */
export function absent(path: string): string | undefined {
  return existsSync(path) ? undefined : `${path} is absent`;
}
