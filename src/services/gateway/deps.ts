import type { Asset, Instrument } from '../../domain/instrument.ts';
import type { PrivateMessage } from '../../domain/messages.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Log } from '../../ports/log.ts';
import type { Metrics } from '../../ports/metrics.ts';
import type { Store } from '../../ports/store.ts';
import type { AdminService } from '../admin/admin.ts';
import type { Authenticator } from '../auth/types.ts';
import type { MarketDataReader } from '../market-data/reader.ts';
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
  /** Stores what was traded so far in the archive and the candle store. */
  backUpTrades(): Promise<void>;
  clock: Clock;
  log: Log;
  metrics: Metrics;
  /** Prometheus text. */
  metricsText(): Promise<string>;
  readiness(): Promise<Readiness>;
  settings: GatewaySettings;
}

export interface InstrumentReader {
  /** Another number after every change. */
  readonly revision: number;
  get(symbol: string): Instrument | undefined;
  list(): Instrument[];
  asset(code: string): Asset | undefined;
  assets(): Asset[];
}

/** Public market data in the integers of the exchange; the gateway writes them as human decimals. */
export type MarketReader = Pick<MarketDataReader, 'chart' | 'depth' | 'ticker' | 'today' | 'trades'>;

export interface PrivateEvents {
  /** A user's private messages from `fromUseq` (inclusive) on, ascending. @throws ExchangeError EVENTS_GONE */
  events(userId: string, fromUseq: number, limit: number): Promise<PrivateMessage[]>;
}

export interface Readiness {
  ready: boolean;
  /** What was looked at: "ok", or what is wrong with it. */
  checks: Record<string, string>;
}

/** Milliseconds that a client may take: to send its headers, to send its request, to send or read anything at all. */
export interface Patience {
  headers: number;
  request: number;
  idle: number;
}

export interface GatewaySettings {
  version: string;
  /** CORS_ORIGINS; empty: same origin only. */
  corsOrigins: readonly string[];
  /** TRUSTED_PROXIES: addresses and CIDR blocks whose X-Forwarded-For counts. */
  trustedProxies: readonly string[];
  /** API_KEYS; empty: orders need none. */
  apiKeys: readonly string[];
  /** Names of the usage plans of keys that have one of their own. */
  keyPlans?: ReadonlyMap<string, string>;
  /** Orders, cancels and replaces being worked on at most; past it 503 before anything is held. Default 10,000. */
  maxInFlight?: number;
  /** How long slow clients are waited for. */
  patience?: Patience;
  /** Folder of the built console, served at `/` when it is there. */
  consoleFolder?: string;
  /** For the console's sign-in: where its browser code may connect to. */
  supabaseUrl?: string;
  /** Public key of that project. */
  supabaseAnonKey?: string;
  /** MARKET_TIME_ZONE: in which pages show times and draw charts. */
  marketTimeZone: string;
  /** ALLOW_TEST_MODE: pages of local callers offer it. */
  testMode?: boolean;
}
