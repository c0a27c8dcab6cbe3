import type { Asset, Instrument } from '../../../domain/instrument.ts';
import type { CheckpointRow, Store } from '../../../ports/store.ts';
import type { OrderRow, ReplaceHold, Transfer, Wallet } from '../memory/state.ts';

/** Everything that changed since the last cut, as it stands at one moment: written down whole or not at all. */
export interface Cut {
  /** Higher than that of every cut before it. */
  number: number;
  forgottenOrders: readonly string[];
  newOrders: readonly OrderRow[];
  changedOrders: readonly OrderRow[];
  wallets: readonly Wallet[];
  /** By asset: what deposits less withdrawals have changed by. */
  supplies: readonly (readonly [asset: string, change: number])[];
  /** Rows of small tables: `gone` are keys that are no more. */
  replaceHolds: { rows: readonly ReplaceHold[]; gone: readonly string[] };
  transfers: { rows: readonly Transfer[]; gone: readonly string[] };
  assets: readonly Asset[];
  instruments: readonly { symbol: string; definition: Instrument }[];
  applied: readonly { consumer: string; symbol: string; seq: number }[];
  positions: readonly { consumer: string; topic: string; partition: number; next_offset: number }[];
}

/** A client order id of a user. */
export interface ClientKey {
  user_id: string;
  client_order_id: string;
}

/** Where an embedded store writes its tables down, and looks up what it no longer holds in memory. */
export interface Backing {
  /** Answers everything that is asked about all orders and trades, and keeps the history of trades. */
  readonly store: Store;
  /** What is held in memory: everything but orders that have ended, transfers that are done, and trades. */
  load(): AsyncIterable<CheckpointRow[]>;
  /** One transaction. Reads the cut before it first waits: its rows go on changing. */
  write(cut: Cut): Promise<void>;
  /** The number of the newest cut that was taken; 0 before the first. */
  lastCut(): Promise<number>;
  ordersById(ids: readonly string[]): Promise<OrderRow[]>;
  ordersByClientId(keys: readonly ClientKey[]): Promise<OrderRow[]>;
  transfersById(ids: readonly string[]): Promise<Transfer[]>;
  /** All client order ids ever used, in pages. */
  clientKeys(): AsyncIterable<ClientKey[]>;
}
