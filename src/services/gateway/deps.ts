import type { Asset, Instrument } from '../../domain/instrument.ts';
import type { DepthMessage, PrivateMessage, TickerMessage } from '../../domain/messages.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Log } from '../../ports/log.ts';
import type { Metrics } from '../../ports/metrics.ts';
import type { Store, StoredTrade } from '../../ports/store.ts';
import type { AdminService } from '../admin/admin.ts';
import type { Authenticator } from '../auth/types.ts';
import type { OrderRouter } from '../order-router/types.ts';
import type { Limits } from './limits/limits.ts';

/** Everything the HTTP gateway stands on. */
export interface GatewayDeps {
  router: OrderRouter;
  store: Pick<Store, 'order' | 'orders' | 'fills' | 'wallets'>;
  market: MarketReader;
  instruments: InstrumentReader;
  privateEvents: PrivateEvents;
  auth: Authenticator;
  limits: Limits;
  admin: AdminService;
  clock: Clock;
  log: Log;
  metrics: Metrics;
  /** Prometheus text. */
  metricsText(): Promise<string>;
  readiness(): Promise<Readiness>;
  settings: GatewaySettings;
}

export interface InstrumentReader {
  get(symbol: string): Instrument | undefined;
  list(): Instrument[];
  asset(code: string): Asset | undefined;
  assets(): Asset[];
}

export type ChartInterval = '1m' | '3m' | '5m' | '15m' | '30m' | '1h' | '4h' | '1d';

/** A candle in integers of the instrument; `time` is its start in epoch seconds. */
export interface ChartCandle {
  time: number;
  open: number;
  high: number;
  low: number;
  close: number;
  volume: number;
}

/** Today's prices of a symbol, in integers of the instrument (`ohlc:S` of the cache). */
export interface DayPrices {
  open: number;
  high: number;
  low: number;
  close: number;
  volume: number;
}

/** Public market data in the integers of the exchange; the gateway writes them as human decimals. */
export interface MarketReader {
  /** Ascending, the active candle included, without a gap or a double at the seam; `end` is exclusive (epoch s). */
  chart(query: { symbol: string; interval: ChartInterval; limit: number; end?: number }): Promise<ChartCandle[]>;
  depth(symbol: string): Promise<DepthMessage | undefined>;
  ticker(symbol: string): Promise<TickerMessage | undefined>;
  day(symbol: string): Promise<DayPrices | undefined>;
  /** Newest first. */
  trades(symbol: string, limit: number): Promise<StoredTrade[]>;
}

export interface PrivateEvents {
  /** A user's private messages from `fromUseq` (inclusive) on, ascending. @throws ExchangeError EVENTS_GONE */
  events(userId: string, fromUseq: number, limit: number): Promise<PrivateMessage[]>;
}

export interface Readiness {
  ready: boolean;
  /** What was looked at: "ok", or what is wrong with it. */
  checks: Record<string, string>;
}

export interface GatewaySettings {
  version: string;
  /** CORS_ORIGINS; empty: same origin only. */
  corsOrigins: readonly string[];
  /** TRUSTED_PROXIES: addresses and CIDR blocks whose X-Forwarded-For counts. */
  trustedProxies: readonly string[];
  /** API_KEYS; empty: orders need none. */
  apiKeys: readonly string[];
  /** Orders, cancels and replaces being worked on at most; past it 503 before anything is held. Default 10,000. */
  maxInFlight?: number;
  /** Folder of the built console, served at `/` when it is there. */
  consoleFolder?: string;
  /** For the console's sign-in: where its browser code may connect to. */
  supabaseUrl?: string;
}
