import type { Connection } from './connection.ts';

/** Where missed private messages come from: the notifier. JSON texts, from `from` (inclusive) on, in order. */
export type PrivateTexts = (userId: string, from: number, limit: number) => Promise<string[]>;

const PAGE = 200;

/**
 * Sends a user everything from number `from` on, then lets live messages through again: without a gap, without a double,
 * in order, and no faster than the client reads. One at a time for a connection. Ends with `{"type":"RESUMED","from","next"}`.
 */
export async function resume(
  connection: Connection,
  userId: string,
  from: number,
  texts: PrivateTexts,
  id?: string,
): Promise<void> {
  const resuming = { leftOut: 0 };
  connection.resuming = resuming;
  let next = Math.max(1, from);
  try {
    while (connection.open && connection.userId === userId) {
      const page = await texts(userId, next, PAGE);
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
