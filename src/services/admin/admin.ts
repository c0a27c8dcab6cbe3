import type { Asset, Instrument } from '../../domain/instrument.ts';
import type { Topics } from '../../domain/topics.ts';
import type { Cache } from '../../ports/cache.ts';
import type { Chance, Clock } from '../../ports/clock.ts';
import type { Store } from '../../ports/store.ts';
import type { Stream } from '../../ports/stream.ts';
import { AccountAdmin, type LedgerFeed } from './accounts.ts';
import { AuditLog } from './audit.ts';
import { EngineAdmin, type EngineInfo, type EngineOffice } from './engines.ts';
import { RouteAdmin } from './routes.ts';
import { type ConsumerLag, StreamAdmin } from './streams.ts';
import { SymbolAdmin } from './symbols.ts';

export type { ConsumerLag, EngineInfo, EngineOffice };

export const DEFAULT_AUDIT_TOPIC = 'supernoba-audit';

export interface AdminDeps {
  stream: Stream;
  topics: Topics;
  /** Stream of the audit log. */
  auditTopic?: string;
  store: Pick<
    Store,
    'instruments' | 'wallets' | 'transfer' | 'holdWithdrawal' | 'releaseWithdrawal' | 'pendingWithdrawals'
  >;
  cache: Cache;
  /** The registry that follows the engine. */
  instruments: {
    get(symbol: string): Instrument | undefined;
    list(): Instrument[];
    asset(code: string): Asset | undefined;
  };
  ledger: LedgerFeed;
  engines: EngineOffice;
  lags(): Promise<ConsumerLag[]>;
  clock: Clock;
  chance: Chance;
}

/** Everything that only admins may do, with its audit log. Call `start` before the first call. */
export interface AdminService {
  symbols: SymbolAdmin;
  accounts: AccountAdmin;
  streams: StreamAdmin;
  engines: EngineAdmin;
  routes: RouteAdmin;
  audit: AuditLog;
  /** Makes the audit stream and the set `active:symbols`, and finishes withdrawals that a crash left held. */
  start(): Promise<void>;
}

export function createAdmin(deps: AdminDeps): AdminService {
  const { stream, topics, store, cache, instruments, clock, chance, engines } = deps;
  const auditTopic = deps.auditTopic ?? DEFAULT_AUDIT_TOPIC;
  const audit = new AuditLog({ stream, topic: auditTopic, clock, chance });
  const symbols = new SymbolAdmin({ stream, ordersTopic: topics.orders, store, cache, instruments, audit, clock });
  const accounts = new AccountAdmin({
    stream,
    ledgerTopic: topics.ledger,
    store,
    assets: instruments,
    ledger: deps.ledger,
    audit,
    clock,
    chance,
  });
  return {
    symbols,
    accounts,
    streams: new StreamAdmin({ stream, own: [...Object.values(topics), auditTopic], lags: deps.lags, audit }),
    engines: new EngineAdmin(engines, audit),
    routes: new RouteAdmin({ stream, ordersTopic: topics.orders, cache, instruments }),
    audit,
    async start() {
      await audit.start();
      await symbols.start();
      await accounts.start();
    },
  };
}
