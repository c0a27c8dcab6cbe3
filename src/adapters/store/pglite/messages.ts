import type { Lane, Row, Statement } from '../sql/driver.ts';

/** What travels between the store and the thread that PGlite runs in. */
export interface WorkerSettings {
  /** Data folder; undefined: in memory. */
  folder: string | undefined;
}

export type WorkerRequest =
  | { id: number; kind: 'transaction'; lane: Lane; statements: readonly Statement[] }
  | { id: number; kind: 'script'; sql: string }
  | { id: number; kind: 'close' };

export type WorkerReply =
  | { id: number; ok: true; answers: Row[][] }
  | { id: number; ok: false; message: string; sqlState: string };

/** The reply to nothing: PGlite is open (or could not be opened). */
export const OPENED = 0;
