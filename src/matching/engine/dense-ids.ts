/**
 * Small dense integers, used again once they are given back (the newest first), so that arrays can be indexed by them.
 * Which number comes next is part of the state: a replay must hand out the same ones.
 */
export class DenseIds {
  /** Numbers from here on were never taken. */
  next: number;
  readonly free: number[];

  constructor(next = 0, free: number[] = []) {
    this.next = next;
    this.free = free;
  }

  take(): number {
    const reused = this.free.pop();
    if (reused !== undefined) return reused;
    this.next += 1;
    return this.next - 1;
  }

  give(id: number): void {
    this.free.push(id);
  }
}
