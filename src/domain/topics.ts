/** The streams of the exchange (contract, section 4): default names and partitions. Names are configurable. */
export interface Topics {
  orders: string;
  fills: string;
  /** Deposits and withdrawals. */
  ledger: string;
  /** Users' private messages with their useq, so that a restart never gives a number twice. */
  private: string;
  /** Orders parked while a symbol migrates. */
  pending: string;
  deadLetters: string;
}

export const DEFAULT_TOPICS: Topics = {
  orders: 'supernoba-orders',
  fills: 'supernoba-fills',
  ledger: 'supernoba-ledger',
  private: 'supernoba-private',
  pending: 'pending-orders',
  deadLetters: 'supernoba-dead-letters',
};

export const PARTITIONS: Record<keyof Topics, number> = {
  orders: 4,
  fills: 2,
  ledger: 1,
  private: 1,
  pending: 1,
  deadLetters: 1,
};

/** Seven days: a replay from any snapshot kept needs no more. */
export const RETENTION_MS = 7 * 24 * 3600 * 1000;
