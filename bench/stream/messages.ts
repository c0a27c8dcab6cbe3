/** What the processes of bench:stream tell each other. */
export interface Plan {
  connections: number;
  loggedIn: number;
  symbols: number;
  changesPerSecond: number;
}

/** One client process and its share of the connections. */
export interface ClientShare {
  port: number;
  /** Loopback address to connect from; ports run out at about 28,000 connections an address. */
  from: string;
  connections: number;
  loggedIn: number;
  symbols: number;
  seed: number;
  churnPerSecond: number;
}

export type Command =
  | { do: 'start'; plan: Plan }
  | { do: 'connect'; share: ClientShare }
  | { do: 'measure'; on: boolean }
  | { do: 'storm' }
  | { do: 'report' }
  | { do: 'market'; on: boolean }
  | { do: 'stop' };

export interface ServerReport {
  /** Client ticks since the start, by outcome and tier. */
  counts: Record<'sent' | 'idle' | 'conflated', Record<'realtime' | 'public', number>>;
  changes: number;
  connections: number;
  rssMb: number;
  heapMb: number;
  cpuSeconds: number;
  /** Since the last report: how late slots began, and the garbage collector's pauses together and at most. */
  slotLateP99Ms: number;
  slotLateMaxMs: number;
  gcMs: number;
  gcMaxMs: number;
}

export interface TierReport {
  connections: number;
  ticks: number;
  p50: number;
  p90: number;
  p99: number;
  p999: number;
  max: number;
}

export interface ClientReport {
  realtime: TierReport;
  public: TierReport;
  /** Since the start: every stamped tick that arrived. */
  ticksEver: { realtime: number; public: number };
  messages: number;
  bytes: number;
  /** Depths whose `u` went back, frames that are no known message, sampled frames that are no valid JSON. */
  faults: string[];
  sampled: number;
  cpuSeconds: number;
  closed: number;
  /** Subscribes of the churning connections that were answered. */
  churned: number;
}

export interface StormReport {
  connections: number;
  seconds: number;
  p50Ms: number;
  p99Ms: number;
}
