import type { SeededChance } from '../../src/adapters/clock/simulated.ts';

/** What a seed does to the exchange: each seed draws its own mix, so that rare combinations come up too. */
export interface Plan {
  users: number;
  symbols: number;
  /** Actions each user takes. */
  actions: number;
  /** Share of the placing actions that place a batch. */
  batches: number;
  /** Mean pause between two actions of a user. */
  thinkMs: number;
  /** Mean time of one sync of the disk. */
  syncMs: number;
  /** Mean time of a message between client and exchange. */
  networkMs: number;
  /** Times the process is killed, and how many of these take the power with them. */
  crashes: number;
  powerLossShare: number;
  /** Mean number of effects between two crashes. */
  effectsBetweenCrashes: number;
  /** Probabilities, by message or call. */
  lostAnswers: number;
  doubledRequests: number;
  doubledBatches: number;
  /** Appends that are written but reported as unknown, and appends that are surely refused. */
  unknownAppends: number;
  refusedAppends: number;
  fullDisk: number;
  /** Syncs of the disk that fail: the log refuses everything from then on, until the process is started again. */
  failedSyncs: number;
  /** Calls of the store that take effect and then fail: the connection broke. */
  lostStoreAnswers: number;
  /** Snapshots and checkpoints damaged before a start. */
  damagedSnapshots: number;
  /** The cache outlives the process (a server of its own), perhaps with old contents. */
  cacheSurvives: boolean;
  /** The wall clock jumps by up to this much at a start. */
  skewMs: number;
  cacheSnapshotMs: number;
  archiveSnapshotMs: number;
  segmentBytes: number;
  tailBytes: number;
  stopBetween: boolean;
}

export function drawPlan(chance: SeededChance): Plan {
  const sometimes = (probability: number, most: number) => (chance.chance(probability) ? chance.random() * most : 0);
  return {
    users: chance.int(2, 6),
    symbols: chance.int(1, 3),
    actions: chance.int(15, 55),
    batches: chance.random() * 0.6,
    thinkMs: chance.pick([1, 5, 20, 60]),
    syncMs: chance.pick([0.1, 0.3, 2]),
    networkMs: chance.pick([0.2, 1, 10]),
    crashes: chance.chance(0.85) ? chance.int(1, 5) : 0,
    powerLossShare: chance.random(),
    effectsBetweenCrashes: chance.pick([60, 200, 600]),
    lostAnswers: sometimes(0.6, 0.1),
    doubledRequests: sometimes(0.5, 0.1),
    doubledBatches: sometimes(0.5, 0.2),
    unknownAppends: sometimes(0.4, 0.05),
    refusedAppends: sometimes(0.4, 0.05),
    fullDisk: sometimes(0.3, 0.02),
    failedSyncs: sometimes(0.25, 0.01),
    lostStoreAnswers: sometimes(0.25, 0.02),
    damagedSnapshots: sometimes(0.5, 0.5),
    cacheSurvives: chance.chance(0.5),
    skewMs: sometimes(0.3, 5_000),
    cacheSnapshotMs: chance.pick([50, 400, 400, 10_000]),
    archiveSnapshotMs: chance.pick([100, 1_000, 1_000, 60_000]),
    segmentBytes: chance.pick([4_000, 40_000, 200_000, 1_000_000]),
    tailBytes: chance.pick([0, 20_000, 1_000_000, 1_000_000, 1_000_000]),
    stopBetween: chance.chance(0.4),
  };
}

/** After the storm nothing fails any more: everything must settle. */
export function calm(plan: Plan): Plan {
  return {
    ...plan,
    crashes: 0,
    lostAnswers: 0,
    doubledRequests: 0,
    doubledBatches: 0,
    unknownAppends: 0,
    refusedAppends: 0,
    fullDisk: 0,
    failedSyncs: 0,
    lostStoreAnswers: 0,
    damagedSnapshots: 0,
    skewMs: 0,
  };
}
