import { ExchangeError } from '../../domain/errors.ts';
import type { Asset } from '../../domain/instrument.ts';
import { MAX_AMOUNT, parseDecimal, toDecimal } from '../../domain/money.ts';
import { type LedgerRecord, RECORD_VERSION } from '../../domain/records.ts';
import type { Chance, Clock } from '../../ports/clock.ts';
import type { LedgerResult, Store, StoredTransfer, StoredWallet } from '../../ports/store.ts';
import { type Stream, type StreamAppend, StreamWriteError } from '../../ports/stream.ts';
import type { AuditLog } from './audit.ts';
import { Turns } from './wait.ts';

const APPLIED_WITHIN_MS = 5_000;

export interface AccountAdminDeps {
  stream: Pick<Stream, 'append'>;
  ledgerTopic: string;
  store: Pick<Store, 'wallets' | 'transfer' | 'holdWithdrawal' | 'releaseWithdrawal' | 'pendingWithdrawals'>;
  assets: { asset(code: string): Asset | undefined };
  /** What the account-processor made of ledger records, as it applies them. */
  ledger: LedgerFeed;
  audit: AuditLog;
  clock: Clock;
  chance: Chance;
}

export interface LedgerFeed {
  /** @returns a function that ends the listening */
  onResult(listener: (result: LedgerResult) => void): () => void;
}

export interface Transfer {
  action: 'DEPOSIT' | 'WITHDRAW';
  userId: string;
  asset: string;
  /** Human decimal, positive. */
  amount: number | string;
  /** Chosen by the caller, so that a retry moves no money twice; made here when absent. */
  transferId?: string;
}

export interface Transferred {
  transfer_id: string;
  user_id: string;
  asset: string;
  /** Minor units. */
  amount: number;
  wallet: StoredWallet;
}

/**
 * Money in and out by records of the ledger stream. A call answers when its record is applied; the same transfer id
 * again gives the same answer and moves nothing. The store keeps ids for good, and is made again from the ledger stream.
 */
export class AccountAdmin {
  readonly #deps: AccountAdminDeps;
  readonly #turns = new Turns();
  readonly #waiting = new Map<string, (result: LedgerResult) => void>();

  constructor(deps: AccountAdminDeps) {
    this.#deps = deps;
    deps.ledger.onResult((result) => this.#waiting.get(result.transfer_id)?.(result));
  }

  /** Publishes withdrawals that a crash left held; each moves money once, by its id. Call it before the first call. */
  async start(): Promise<void> {
    const { stream, ledgerTopic, store } = this.#deps;
    const held = await store.pendingWithdrawals();
    await stream.append(ledgerTopic, held.map(encode));
  }

  wallets(userId: string): Promise<StoredWallet[]> {
    return this.#deps.store.wallets(userId);
  }

  /** @throws ExchangeError ASSET_UNKNOWN, TOO_MANY_DECIMALS, NUMBER_OUT_OF_RANGE, BALANCE_LIMIT, INSUFFICIENT_FUNDS, DUPLICATE_TRANSFER, UNAVAILABLE */
  transfer(actor: string, transfer: Transfer): Promise<Transferred> {
    const record = this.#record(actor, transfer);
    return this.#turns.take(record.transfer_id, async () => {
      const { action, user_id, asset, amount, transfer_id } = record;
      const known = await this.#known(record);
      if (known === undefined) {
        const found = await this.#walletOf(user_id, asset);
        const before = { asset, balance: found?.balance ?? 0, locked: found?.locked ?? 0 };
        const isOurs = await this.#prepare(record);
        const act = { actor, action, target: user_id, before, after: { transfer_id, asset, amount } };
        await this.#deps.audit.record(act, () => this.#move(record, isOurs));
      } else if (known.status === 'HELD') {
        // A withdrawal whose record may have been lost with its writer: once more, it counts once.
        await this.#move(record, false);
      } else if (known.status !== 'APPLIED') {
        throw new ExchangeError(known.status);
      }
      const wallet = await this.#walletOf(user_id, asset);
      if (wallet === undefined) throw new Error(`Transfer ${transfer_id} was applied to a wallet that is not there`);
      return { transfer_id, user_id, asset, amount, wallet };
    });
  }

  /** The transfer that already has this id, if one has. @throws ExchangeError DUPLICATE_TRANSFER when it is another one */
  async #known(record: LedgerRecord): Promise<StoredTransfer | undefined> {
    const known = await this.#deps.store.transfer(record.transfer_id);
    if (known === undefined) return undefined;
    const same =
      known.action === record.action &&
      known.user_id === record.user_id &&
      known.asset === record.asset &&
      known.amount === record.amount;
    if (!same) throw new ExchangeError('DUPLICATE_TRANSFER');
    return known;
  }

  /**
   * Sees that the transfer can be made; the amount of a withdrawal is held from here on (its record follows, after a crash
   * too). False when the hold is another gateway's, which was asked for the same transfer at the same moment.
   */
  async #prepare(record: LedgerRecord): Promise<boolean> {
    if (record.action === 'DEPOSIT') {
      await this.#findRoom(record);
      return true;
    }
    const held = await this.#deps.store.holdWithdrawal(record);
    if (held === 'INSUFFICIENT_FUNDS') throw await this.#short(record);
    if (held === 'ASSET_UNKNOWN') throw new ExchangeError(held);
    if (held === 'DUPLICATE') await this.#known(record);
    return held === 'HELD';
  }

  #record(actor: string, { action, userId, asset, amount, transferId }: Transfer): LedgerRecord {
    const known = this.#deps.assets.asset(asset);
    if (known === undefined) throw new ExchangeError('ASSET_UNKNOWN', `No asset has the code ${asset}.`);
    return {
      v: RECORD_VERSION,
      action,
      transfer_id: transferId ?? `trf_${this.#deps.chance.id()}`,
      user_id: userId,
      asset,
      amount: minorUnits(amount, known.decimals),
      timestamp: this.#deps.clock.now(),
      actor,
    };
  }

  async #walletOf(userId: string, asset: string): Promise<StoredWallet | undefined> {
    return (await this.wallets(userId)).find((candidate) => candidate.asset === asset);
  }

  async #short({ user_id, asset, amount }: LedgerRecord): Promise<ExchangeError> {
    const { balance = 0, locked = 0 } = (await this.#walletOf(user_id, asset)) ?? {};
    const decimals = this.#deps.assets.asset(asset)?.decimals ?? 0;
    const details = { asset, needed: toDecimal(amount, decimals), available: toDecimal(balance - locked, decimals) };
    return new ExchangeError('INSUFFICIENT_FUNDS', 'The available balance does not cover the withdrawal.', details);
  }

  /** A deposit must find room in the wallet. */
  async #findRoom({ user_id, asset, amount }: LedgerRecord): Promise<void> {
    const wallet = await this.#walletOf(user_id, asset);
    if ((wallet?.balance ?? 0) + amount > MAX_AMOUNT) throw new ExchangeError('BALANCE_LIMIT');
  }

  async #move(record: LedgerRecord, isOurs: boolean): Promise<void> {
    const applied = this.#applied(record.transfer_id);
    try {
      await this.#append(record, isOurs);
      const result = await applied.result;
      if (result.kind === 'REFUSED') throw new ExchangeError(result.code);
      // Somebody's record with this id was there first; it must have been this transfer.
      if (result.kind === 'DUPLICATE') await this.#known(record);
    } finally {
      applied.stop();
    }
  }

  /** A hold is undone only by the call that made it: a repeat cannot know what became of the first one's record. */
  async #append(record: LedgerRecord, isOurs: boolean): Promise<void> {
    try {
      await this.#deps.stream.append(this.#deps.ledgerTopic, [encode(record)]);
    } catch (error) {
      const surelyNot = error instanceof StreamWriteError && error.written === false;
      if (surelyNot && isOurs && record.action === 'WITHDRAW')
        await this.#deps.store.releaseWithdrawal(record.transfer_id);
      throw new ExchangeError(
        'UNAVAILABLE',
        'The transfer could not be written; try the same transfer id again.',
        undefined,
        1,
      );
    }
  }

  #applied(transferId: string): { result: Promise<LedgerResult>; stop(): void } {
    const { promise, resolve, reject } = Promise.withResolvers<LedgerResult>();
    this.#waiting.set(transferId, resolve);
    const timer = this.#deps.clock.setTimeout(
      () =>
        reject(
          new ExchangeError(
            'UNAVAILABLE',
            'The transfer is durable but not applied yet; the same id again is safe.',
            {
              transfer_id: transferId,
            },
            1,
          ),
        ),
      APPLIED_WITHIN_MS,
    );
    // Nobody may be waiting when the append has failed first.
    promise.catch(() => undefined);
    return {
      result: promise,
      stop: () => {
        timer.cancel();
        this.#waiting.delete(transferId);
      },
    };
  }
}

function encode(record: LedgerRecord): StreamAppend {
  return { key: record.user_id, value: new TextEncoder().encode(JSON.stringify(record)) };
}

function minorUnits(amount: number | string, decimals: number): number {
  const value = parseDecimal(amount, decimals);
  if (value === 'TOO_MANY_DECIMALS') {
    throw new ExchangeError('TOO_MANY_DECIMALS', `The amount has more than ${decimals} decimals.`);
  }
  if (typeof value !== 'number' || value <= 0) {
    throw new ExchangeError('NUMBER_OUT_OF_RANGE', 'The amount must be a positive number that a wallet can hold.');
  }
  return value;
}
