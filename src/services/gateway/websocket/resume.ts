import type { Connection } from './connection.ts';

/** Where missed private messages come from: the notifier. JSON texts, from `from` (inclusive) on, in order. */
export type PrivateTexts = (userId: string, from: number, limit: number) => Promise<string[]>;

/** The number of a user's newest durable message, 0 before the first. */
export type LastUseq = (userId: string) => number;

const PAGE = 200;

/**
 * Sends a user everything from number `from` on, then lets live messages through again: without a gap, without a double,
 * in order, and no faster than the client reads. One at a time for a connection. Ends with `{"type":"RESUMED","from","next"}`.
 * Who asks from beyond the end (its numbers are those of an exchange that was begun anew since) is told where the end is.
 */
export async function resume(
  connection: Connection,
  userId: string,
  from: number,
  { privateTexts, lastUseq }: { privateTexts: PrivateTexts; lastUseq: LastUseq },
  id?: string,
): Promise<void> {
  const resuming = { leftOut: 0 };
  connection.resuming = resuming;
  let next = Math.min(Math.max(1, from), lastUseq(userId) + 1);
  try {
    while (connection.open && connection.userId === userId) {
      const page = await privateTexts(userId, next, PAGE);
      if (!connection.open || connection.userId !== userId) return;
      if (page.length > 0) connection.sendTexts(page);
      next += page.length;
      // No await between this check and the end: a live message either was left out before it, or goes out after it.
      if (page.length === 0 && resuming.leftOut < next) break;
      await connection.drained();
    }
    connection.reply({ type: 'RESUMED', from, next, ...(id !== undefined && { id }) });
  } finally {
    connection.resuming = undefined;
  }
}
