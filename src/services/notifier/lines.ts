/** Where the number line of one user stands. */
export interface UserLine {
  /** Last number given out. */
  assigned: number;
  /** Last number that is durable in the stream. */
  durable: number;
  /** Offset of the record with the user's newest durable messages, -1 for none. */
  last: number;
}

/**
 * What the notifier must remember: where every user's number line stands, and up to which seq every symbol's events have
 * their numbers. All of it can be read back from the private stream; a checkpoint only shortens the reading.
 */
export class Lines {
  readonly users = new Map<string, UserLine>();
  /** Last seq of each symbol whose messages have numbers; `durableSeqs` of those whose messages are in the stream. */
  readonly assignedSeqs = new Map<string, number>();
  readonly durableSeqs = new Map<string, number>();
  /** The offset after the newest record of ours in the private stream. */
  end = 0;

  user(userId: string): UserLine {
    let line = this.users.get(userId);
    if (line === undefined) {
      line = { assigned: 0, durable: 0, last: -1 };
      this.users.set(userId, line);
    }
    return line;
  }

  /** Takes a record of the stream (or a line of a checkpoint) into account; older ones change nothing. */
  sawUser(userId: string, useq: number, offset: number): void {
    const line = this.user(userId);
    if (useq <= line.durable) return;
    line.durable = useq;
    line.last = offset;
    line.assigned = Math.max(line.assigned, useq);
  }

  sawSeq(symbol: string, seq: number): void {
    if (seq > (this.durableSeqs.get(symbol) ?? 0)) this.durableSeqs.set(symbol, seq);
    if (seq > (this.assignedSeqs.get(symbol) ?? 0)) this.assignedSeqs.set(symbol, seq);
  }
}
