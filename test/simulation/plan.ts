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
  lostRequests: number;
  lostAnswers: number;
  /** Requests that arrive a second time, at once or late. */
  doubledRequests: number;
  /** Batches of a stream that are delivered again, perhaps with records from before them. */
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
  /** By start: the newest snapshots are lost, or the cache holds those of some time ago. */
  staleSnapshots: number;
  /** The cache outlives the process (a server of its own), perhaps with old contents. */
  cacheSurvives: boolean;
  /** Calls of a cache of its own that fail, before or after they took effect. */
  cacheFailures: number;
  /** By start and by act of the operator: a cache of its own is wiped. */
  wipedCaches: number;
  /** The wall clock jumps by up to this much, either way, at a start, and now and then ahead while trading goes on. */
  skewMs: number;
  /** After a loss of power the store is made again from checkpoint and log; otherwise it is a database that survives. */
  storeIsProjection: boolean;
  /** The store decides in memory and writes a cut so often, as on one machine; 0: every call is a transaction. */
  writeEveryMs: number;
  /** After a loss of power: the file of candles is lost. */
  lostCandles: number;
  /** WebSocket clients, and the share of them that reads slowly. */
  watchers: number;
  slowWatchers: number;
  /** The operator stops and starts the engine, moves symbols away and back, restores snapshots. */
  moves: boolean;
  cacheSnapshotMs: number;
  archiveSnapshotMs: number;
  segmentBytes: number;
  tailBytes: number;
  stopBetween: boolean;
  /** By act of the operator: ticks, lots, daily limits and fees change while orders are on their way. */
  ruleChanges: number;
  /** Calls of the store, and cuts on their way to its tables, that fail before they take effect. */
  failedStoreCalls: number;
  /** Appends whose new orders are written twice, at once or late: the answer was lost and somebody tried again. */
  doubledRecords: number;
  /** Requests that are never asked again, and those whose client hangs up while they are worked on. */
  givenUp: number;
  hangUps: number;
  /** Cuts of an embedded store that are taken, and then fail: the answer was lost. */
  lostCuts: number;
  /** Connections of clients that want their orders cancelled when they are lost. */
  cancelOnDisconnect: number;
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
    lostRequests: sometimes(0.4, 0.1),
    lostAnswers: sometimes(0.6, 0.1),
    doubledRequests: sometimes(0.5, 0.1),
    doubledBatches: sometimes(0.5, 0.2),
    unknownAppends: sometimes(0.4, 0.05),
    refusedAppends: sometimes(0.4, 0.05),
    fullDisk: sometimes(0.3, 0.02),
    failedSyncs: sometimes(0.25, 0.01),
    lostStoreAnswers: sometimes(0.25, 0.02),
    damagedSnapshots: sometimes(0.5, 0.5),
    staleSnapshots: sometimes(0.3, 0.6),
    cacheSurvives: chance.chance(0.5),
    cacheFailures: sometimes(0.3, 0.03),
    wipedCaches: sometimes(0.4, 0.5),
    skewMs: sometimes(0.5, chance.chance(0.5) ? 5_000 : 600_000),
    ...drawStore(chance),
    lostCandles: sometimes(0.3, 1),
    watchers: chance.chance(0.6) ? chance.int(1, 4) : 0,
    slowWatchers: sometimes(0.4, 0.8),
    moves: chance.chance(0.4),
    cacheSnapshotMs: chance.pick([50, 400, 400, 10_000]),
    archiveSnapshotMs: chance.pick([100, 1_000, 1_000, 60_000]),
    segmentBytes: chance.pick([4_000, 40_000, 200_000, 1_000_000]),
    tailBytes: chance.pick([0, 20_000, 1_000_000, 1_000_000, 1_000_000]),
    stopBetween: chance.chance(0.4),
    // What is drawn last changes nothing of what seeds drew before it was there.
    ruleChanges: sometimes(0.5, 1),
    failedStoreCalls: sometimes(0.35, 0.04),
    doubledRecords: sometimes(0.4, 0.1),
    givenUp: sometimes(0.3, 0.3),
    hangUps: sometimes(0.3, 0.1),
    lostCuts: sometimes(0.3, 0.1),
    cancelOnDisconnect: sometimes(0.4, 1),
  };
}

/** The store of one machine is a projection and mostly writes behind; one of its own outlives everything. */
function drawStore(chance: SeededChance): Pick<Plan, 'storeIsProjection' | 'writeEveryMs'> {
  if (chance.chance(0.4)) return { storeIsProjection: false, writeEveryMs: 0 };
  return { storeIsProjection: true, writeEveryMs: chance.pick([0, 5, 100, 100, 1_000]) };
}

/** After the storm nothing fails any more: everything must settle. */
export function calm(plan: Plan): Plan {
  return {
    ...plan,
    crashes: 0,
    lostRequests: 0,
    lostAnswers: 0,
    doubledRequests: 0,
    doubledBatches: 0,
    unknownAppends: 0,
    refusedAppends: 0,
    fullDisk: 0,
    failedSyncs: 0,
    lostStoreAnswers: 0,
    damagedSnapshots: 0,
    staleSnapshots: 0,
    cacheFailures: 0,
    wipedCaches: 0,
    skewMs: 0,
    lostCandles: 0,
    slowWatchers: 0,
    moves: false,
    ruleChanges: 0,
    failedStoreCalls: 0,
    doubledRecords: 0,
    givenUp: 0,
    hangUps: 0,
    lostCuts: 0,
    cancelOnDisconnect: 0,
  };
}
