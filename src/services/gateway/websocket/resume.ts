import type { Connection } from './connection.ts';

/** Where missed private messages come from: the notifier. JSON texts, from `from` (inclusive) on, in order. */
export type PrivateTexts = (userId: string, from: number, limit: number) => Promise<string[]>;

/** The number of a user's newest durable message, 0 before the first. */
export type LastUseq = (userId: string) => number;

const PAGE = 200;

/**
 * Sends a user everything from number `from` on, then lets live messages through again: without a gap, without a double,
 * in order, and no faster than the client reads. One at a time for a connection. Ends with `{"type":"RESUMED","from","next"}`,
 * unless the login ends before. Who asks from beyond the end (its numbers are those of an exchange that was begun anew since) is
 * told where the end is. Where it cannot be done `refuse` tells why, and the live messages that were left to it come after that.
 */
export async function resume(
  connection: Connection,
  userId: string,
  { from, id }: { from: number; id?: string },
  { privateTexts, lastUseq }: { privateTexts: PrivateTexts; lastUseq: LastUseq },
  refuse: (error: unknown) => void,
): Promise<void> {
  const resuming: NonNullable<Connection['resuming']> = { firstLeftOut: undefined, leftOut: 0 };
  connection.resuming = resuming;
  /** Calls `done` in the moment in which everything is sent. */
  const catchUp = async (first: number, done: (next: number) => void) => {
    for (let next = first; connection.open && connection.userId === userId; ) {
      const page = await privateTexts(userId, next, PAGE);
      if (!connection.open || connection.userId !== userId) return;
      if (page.length > 0) connection.sendTexts(page);
      next += page.length;
      if (page.length === 0 && resuming.leftOut < next) {
        // No await between the check and this line: a live message either was left out before, or goes out after it.
        connection.resuming = undefined;
        return done(next);
      }
      await connection.drained();
    }
  };
  try {
    const first = Math.min(Math.max(1, from), lastUseq(userId) + 1);
    await catchUp(first, (next) => connection.reply({ type: 'RESUMED', from, next, ...(id !== undefined && { id }) }));
  } catch (error) {
    refuse(error);
    if (resuming.firstLeftOut !== undefined) await catchUp(resuming.firstLeftOut, () => undefined);
  } finally {
    connection.resuming = undefined;
  }
}
