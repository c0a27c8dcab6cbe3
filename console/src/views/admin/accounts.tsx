import { signal, useSignal } from '@preact/signals';
import type { Assets, Audit, AuditEntry, Symbols } from '@supernoba/client';
import { decimalText } from '../../lib/numbers.ts';
import { rest, userName } from '../../state/session.ts';
import { type Act, Badge, Panel, Table } from './parts.tsx';
import { thenRead, usePolled } from './polled.ts';
import { stampText } from './stamps.ts';
import { say } from './words.ts';

const AUDIT_ENTRIES = 500;

/** The account looked at; kept while other sections are shown. */
const looked = signal<string | undefined>(undefined);

/** One account at a time: what it owns, money in and out, and what was moved before. */
export function Accounts({ act }: { act: Act }) {
  const submit = (event: Event & { currentTarget: HTMLFormElement }) => {
    event.preventDefault();
    const id = String(new FormData(event.currentTarget).get('account') ?? '').trim();
    if (id !== '') looked.value = id;
  };
  return (
    <>
      <Panel title={say('accounts')}>
        <form class="row" onSubmit={submit}>
          <label class="inline">
            {say('accountId')}
            <input name="account" required defaultValue={looked.value ?? userName.value ?? ''} autocomplete="off" />
          </label>
          <button type="submit" class="primary">
            {say('look')}
          </button>
          <small>{say('accountsHint')}</small>
        </form>
      </Panel>
      {looked.value !== undefined && <Account key={looked.value} id={looked.value} act={act} />}
    </>
  );
}

function Account({ id, act }: { id: string; act: Act }) {
  const holdings = usePolled<Assets>(`/admin/accounts/${encodeURIComponent(id)}`);
  const audit = usePolled<Audit>(`/admin/audit?limit=${AUDIT_ENTRIES}`, 5_000);
  const markets = usePolled<Symbols>('/admin/symbols', 10_000);
  const assets = markets.value.data?.assets ?? [];
  const moved = thenRead(act, holdings, audit);
  const transfers = (audit.value.data?.entries ?? []).filter(
    ({ action, target }) => target === id && (action === 'DEPOSIT' || action === 'WITHDRAW'),
  );
  return (
    <div class="split">
      <Panel title={`${id}: ${say('balances')}`} polled={holdings.value}>
        <Balances holdings={holdings.value.data} />
      </Panel>
      <div class="column">
        <Panel title={say('transfer')}>
          <Transfer id={id} act={moved} assets={assets.map(({ code }) => code)} />
        </Panel>
        <Panel title={say('transfers')} polled={audit.value}>
          <Table
            label={say('transfers')}
            tall
            head={
              <>
                <th scope="col">{say('time')}</th>
                <th scope="col" class="left">
                  {say('action')}
                </th>
                <th scope="col">{say('amount')}</th>
                <th scope="col" class="left">
                  {say('actor')}
                </th>
              </>
            }
          >
            {transfers.map((entry) => (
              <Moved key={`${entry.audit_id}${entry.error ?? ''}`} entry={entry} decimals={decimalsOf(assets)} />
            ))}
          </Table>
          <p class="hint">{say('transfersHint')}</p>
        </Panel>
      </div>
    </div>
  );
}

function decimalsOf(assets: readonly { code: string; decimals: number }[]): (code: string) => number {
  return (code) => assets.find((asset) => asset.code === code)?.decimals ?? 0;
}

function Balances({ holdings }: { holdings: Assets | undefined }) {
  if (holdings === undefined) return <p class="hint">{say('loading')}</p>;
  const { wallets, positions } = holdings;
  if (wallets.length + positions.length === 0) return <p class="hint">{say('noBalances')}</p>;
  return (
    <Table
      label={say('balances')}
      head={
        <>
          <th scope="col">{say('asset')}</th>
          <th scope="col">{say('balance')}</th>
          <th scope="col">{say('locked')}</th>
          <th scope="col">{say('available')}</th>
          <th scope="col">{say('average')}</th>
        </>
      }
    >
      {wallets.map(({ currency, balance, locked, available, decimals }) => (
        <tr key={currency}>
          <th scope="row">{currency}</th>
          <td>{decimalText(balance, decimals)}</td>
          <td>{decimalText(locked, decimals)}</td>
          <td>{decimalText(available, decimals)}</td>
          <td>–</td>
        </tr>
      ))}
      {positions.map(({ symbol, qty, locked, avg_price, decimals }) => (
        <tr key={symbol}>
          <th scope="row">{symbol}</th>
          <td>{decimalText(qty, decimals)}</td>
          <td>{decimalText(locked, decimals)}</td>
          <td>{decimalText(qty - locked, decimals)}</td>
          <td>{avg_price === null ? '–' : avg_price.toLocaleString('en-US')}</td>
        </tr>
      ))}
    </Table>
  );
}

/** A transfer keeps its id until it is done: pressing the button again after a failure moves nothing twice. */
function Transfer({ id, act, assets }: { id: string; act: Act; assets: readonly string[] }) {
  const direction = useSignal<'deposit' | 'withdraw'>('deposit');
  const transferId = useSignal<string>(crypto.randomUUID());
  const refusal = useSignal<string | undefined>(undefined);
  const submit = async (event: Event & { currentTarget: HTMLFormElement }) => {
    event.preventDefault();
    const form = event.currentTarget;
    const given = new FormData(form);
    const asset = String(given.get('asset')).trim().toUpperCase();
    const amount = String(given.get('amount')).trim();
    const sign = direction.value === 'deposit' ? '+' : '−';
    refusal.value = await act(`${id}: ${sign}${amount} ${asset}`, () =>
      rest.value.call('POST', `/admin/accounts/${encodeURIComponent(id)}/${direction.value}`, {
        asset,
        amount,
        transfer_id: transferId.value,
      }),
    );
    if (refusal.value !== undefined) return;
    form.querySelector<HTMLInputElement>('[name=amount]')?.select();
    transferId.value = crypto.randomUUID();
  };
  const renew = () => {
    transferId.value = crypto.randomUUID();
  };
  return (
    <form class="transfer" onSubmit={(event) => void submit(event)} onInput={renew}>
      <fieldset class="segmented" aria-label={say('direction')}>
        {(['deposit', 'withdraw'] as const).map((name) => (
          <button
            type="button"
            key={name}
            aria-pressed={direction.value === name}
            onClick={() => {
              direction.value = name;
              renew();
            }}
          >
            {say(name)}
          </button>
        ))}
      </fieldset>
      <label class="term">
        {say('asset')}
        <input name="asset" required list="asset-codes" defaultValue="KRW" autocomplete="off" class="code" />
        <datalist id="asset-codes">
          {assets.map((code) => (
            <option key={code} value={code} />
          ))}
        </datalist>
      </label>
      <label class="term">
        {say('amount')}
        <input name="amount" required inputMode="decimal" pattern="[0-9]+([.][0-9]+)?" autocomplete="off" />
      </label>
      <button type="submit" class="primary">
        {say(direction.value)}
      </button>
      <output class="bad">{refusal.value}</output>
    </form>
  );
}

function Moved({ entry, decimals }: { entry: AuditEntry; decimals(code: string): number }) {
  const { asset, amount } = { asset: '', amount: 0, ...(entry.after as { asset?: string; amount?: number } | null) };
  const places = decimals(asset);
  return (
    <tr>
      <td>{stampText(entry.timestamp)}</td>
      <td class="left">
        {say(entry.action === 'DEPOSIT' ? 'deposit' : 'withdraw')}{' '}
        {entry.error !== undefined && <Badge text={`${say('failed')}: ${entry.error}`} mood="bad" />}
      </td>
      <td>
        {decimalText(amount / 10 ** places, places)} {asset}
      </td>
      <td class="left">{entry.actor}</td>
    </tr>
  );
}
