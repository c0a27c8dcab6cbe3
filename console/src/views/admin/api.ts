import type { Engines, Instrument, Snapshots, Streams } from '@supernoba/client';

/** Parts of the admin API's answers that have no name of their own there. */
export type Market = Instrument;
export type Engine = Engines['engines'][number];
export type Snapshot = Snapshots['snapshots'][number];
export type Stream = Streams['streams'][number];
