import type { LedgerRecord } from '../domain/records.ts';
import type { Findings } from './findings.ts';

interface Account {
  user_id: string;
  asset: string;
  balance: bigint;
  locked: bigint;
  /** Deposits less withdrawals. */
  net: bigint;
}

const MAX_BALANCE = 2n ** 53n - 1n;

/** Every wallet as the log makes it. */
export class Accounts {
  readonly #accounts = new Map<string, Account>();
  readonly #transfers = new Set<string>();
  /** Deposits less withdrawals by asset. */
  readonly #deposited = new Map<string, bigint>();
  readonly #found = new Map<string, bigint>();

  /** Deposits and withdrawals, once by transfer id; a deposit that would take the account's net past 2^53 - 1 is refused. */
  transfer(record: LedgerRecord): void {
    if (this.#transfers.has(record.transfer_id)) return;
    this.#transfers.add(record.transfer_id);
    const signed = record.action === 'DEPOSIT' ? BigInt(record.amount) : -BigInt(record.amount);
    const account = this.#of(record.user_id, record.asset);
    if (signed > 0n && account.net + signed > MAX_BALANCE) return;
    account.net += signed;
    account.balance += signed;
    this.#deposited.set(record.asset, (this.#deposited.get(record.asset) ?? 0n) + signed);
  }

  knowsTransfer(transferId: string): boolean {
    return this.#transfers.has(transferId);
  }

  move(userId: string, asset: string, amount: bigint): void {
    this.#of(userId, asset).balance += amount;
  }

  lock(userId: string, asset: string, amount: bigint): void {
    this.#of(userId, asset).locked += amount;
  }

  /** Compares one stored wallet and takes it off the list. */
  compare(row: { user_id: string; asset: string; balance: number; locked: number }, findings: Findings): void {
    const name = `wallet of ${row.user_id} in ${row.asset}`;
    const account = this.#of(row.user_id, row.asset);
    this.#accounts.delete(keyOf(row.user_id, row.asset));
    findings.expect(`${name}: balance`, BigInt(row.balance), account.balance);
    findings.expect(`${name}: locked`, BigInt(row.locked), account.locked);
    if (row.balance < row.locked)
      findings.add(`${name}: more is locked (${row.locked}) than there is (${row.balance})`);
    this.#found.set(row.asset, (this.#found.get(row.asset) ?? 0n) + BigInt(row.balance));
  }

  /** What the store should have had and did not show, and the conservation of every asset. Call after all `compare`. */
  finish(findings: Findings): void {
    for (const { user_id, asset, balance, locked } of this.#accounts.values()) {
      if (balance !== 0n || locked !== 0n)
        findings.add(`wallet of ${user_id} in ${asset} is missing; the log says balance ${balance}, locked ${locked}`);
    }
    for (const asset of new Set([...this.#deposited.keys(), ...this.#found.keys()])) {
      const [found, deposited] = [this.#found.get(asset) ?? 0n, this.#deposited.get(asset) ?? 0n];
      findings.expect(`sum of all ${asset} wallets (conservation)`, found, deposited);
    }
  }

  #of(userId: string, asset: string): Account {
    const key = keyOf(userId, asset);
    let account = this.#accounts.get(key);
    if (account === undefined) {
      account = { user_id: userId, asset, balance: 0n, locked: 0n, net: 0n };
      this.#accounts.set(key, account);
    }
    return account;
  }
}

function keyOf(userId: string, asset: string): string {
  return `${asset.length} ${asset}${userId}`;
}
