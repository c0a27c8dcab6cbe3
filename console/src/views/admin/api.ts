import type { TickBand } from '../../lib/numbers.ts';

/** Answers of the admin API, as far as this screen reads them. Numbers are human decimals unless said otherwise. */
export interface Market {
  symbol: string;
  name: string;
  base: string;
  quote: string;
  price_decimals: number;
  quantity_decimals: number;
  tick_size: number;
  tick_table: TickBand[];
  lot_size: number;
  max_quantity: number;
  reference_price: number | null;
  price_limit_pct: number | null;
  lower_limit: number | null;
  upper_limit: number | null;
  status: 'ACTIVE' | 'HALTED' | 'CANCEL_ONLY' | 'DELISTED';
  calendar: 'ALWAYS' | 'KRX';
  maker_fee_bps: number;
  taker_fee_bps: number;
}

export interface Asset {
  code: string;
  decimals: number;
  kind: 'CURRENCY' | 'SECURITY';
}

export interface Markets {
  symbols: Market[];
  assets: Asset[];
}

export interface Holdings {
  wallets: { currency: string; balance: number; locked: number; available: number; decimals: number }[];
  positions: { symbol: string; qty: number; locked: number; avg_price: number | null; decimals: number }[];
}

export interface Engine {
  engine_id: string;
  status: string;
  shards: { partition: number; offset: number; lag: number }[];
  symbols: string[];
}

export interface Snapshot {
  key: string;
  partition: number;
  offset: number;
}

export interface Stream {
  topic: string;
  partitions: { partition: number; begin: number; end: number }[];
  records: number;
  consumers: { group: string; lag: number }[];
  protected: boolean;
}

export interface Route {
  symbol: string;
  shard: number;
  status: string;
  target_instance: string | null;
  epoch: number;
}

/** Numbers of `before` and `after` are in units, as the exchange keeps them. */
export interface AuditEntry {
  audit_id: string;
  timestamp: number;
  actor: string;
  action: string;
  target: string;
  before: unknown;
  after: unknown;
  error?: string;
}
