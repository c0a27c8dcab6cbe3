/** Seeds that once failed: they run in `npm test` and before the fresh ones of `npm run simulate`. */
export interface Regression {
  seed: number;
  /** What went wrong, where, and the commit at which it did. */
  why: string;
}

export const REGRESSIONS: readonly Regression[] = [
  {
    seed: 1027328686,
    why: '323d134: a log that failed just before the healing ended its life after it, and the simulator did not start another',
  },
];
