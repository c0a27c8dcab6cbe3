import { useSignal } from '@preact/signals';
import type { Symbols } from '@supernoba/client';
import { decimalText, shortText } from '../../lib/numbers.ts';
import { rest } from '../../state/session.ts';
import type { Market } from './api.ts';
import { DayClose, Delist } from './market-ends.tsx';
import { MarketForm } from './market-form.tsx';
import { type Act, Badge, Panel, Table } from './parts.tsx';
import { thenRead, usePolled } from './polled.ts';
import { say } from './words.ts';

type Open = { kind: 'new' } | { kind: 'edit' | 'delist' | 'dayClose'; market: Market } | undefined;

/** Instruments: made, edited, halted, resumed, delisted, and their days closed. */
export function Markets({ act }: { act: Act }) {
  const polled = usePolled<Symbols>('/admin/symbols');
  const open = useSignal<Open>(undefined);
  const search = useSignal('');
  const delisted = useSignal(false);
  const { symbols = [], assets = [] } = polled.value.data ?? {};
  const wanted = search.value.trim().toLowerCase();
  const shown = symbols.filter(
    ({ symbol, name, status }) =>
      (delisted.value || status !== 'DELISTED') && `${symbol} ${name}`.toLowerCase().includes(wanted),
  );
  const doAndRead = thenRead(act, polled);
  const close = () => {
    open.value = undefined;
  };
  const sheet = open.value;

  return (
    <>
      <Panel
        title={say('markets')}
        polled={polled.value}
        tools={
          <>
            <input
              class="find"
              type="search"
              placeholder={say('find')}
              aria-label={say('find')}
              value={search.value}
              onInput={(event) => {
                search.value = event.currentTarget.value;
              }}
            />
            <label class="check">
              <input
                type="checkbox"
                checked={delisted.value}
                onChange={(event) => {
                  delisted.value = event.currentTarget.checked;
                }}
              />
              {say('showDelisted')}
            </label>
            <button
              type="button"
              class="primary"
              onClick={() => {
                open.value = { kind: 'new' };
              }}
            >
              {say('newMarket')}
            </button>
          </>
        }
      >
        <Table label={say('markets')} tall head={<Head />}>
          {shown.map((market) => (
            <Row
              key={market.symbol}
              market={market}
              act={doAndRead}
              open={(kind) => {
                open.value = { kind, market };
              }}
            />
          ))}
        </Table>
        {shown.length === 0 && <p class="hint">{polled.value.data === undefined ? say('loading') : say('none')}</p>}
      </Panel>
      {sheet?.kind === 'new' && <MarketForm act={doAndRead} close={close} assets={assets} />}
      {sheet?.kind === 'edit' && <MarketForm act={doAndRead} close={close} assets={assets} market={sheet.market} />}
      {sheet?.kind === 'delist' && <Delist act={doAndRead} close={close} market={sheet.market} />}
      {sheet?.kind === 'dayClose' && <DayClose act={doAndRead} close={close} market={sheet.market} />}
    </>
  );
}

function Head() {
  return (
    <>
      <th scope="col">{say('market')}</th>
      <th scope="col" class="left">
        {say('status')}
      </th>
      <th scope="col" class="wide">
        {say('reference')}
      </th>
      <th scope="col" class="wide">
        {say('limits')}
      </th>
      <th scope="col" class="wide">
        {say('tick')}
      </th>
      <th scope="col" class="wide">
        {say('lot')}
      </th>
      <th scope="col" class="wide">
        {say('maxQuantity')}
      </th>
      <th scope="col" class="wide">
        {say('fees')}
      </th>
      <th scope="col" class="left wide">
        {say('calendar')}
      </th>
      <td />
    </>
  );
}

const MOODS = { ACTIVE: 'good', HALTED: 'bad', CANCEL_ONLY: 'warn', DELISTED: 'flat' } as const;

function Row(props: { market: Market; act: Act; open(kind: 'edit' | 'delist' | 'dayClose'): void }) {
  const { market, act, open } = props;
  const price = (value: number | null) => (value === null ? '–' : decimalText(value, market.price_decimals));
  const listed = market.status !== 'DELISTED';
  return (
    <tr>
      <th scope="row" class="market-name">
        <b>{market.symbol}</b>
        <small>
          {market.name} · {market.quote}
        </small>
      </th>
      <td class="left">
        <Badge text={say(market.status)} mood={MOODS[market.status]} />
      </td>
      <td class="wide">{price(market.reference_price)}</td>
      <td class="wide">
        {market.lower_limit === null || market.upper_limit === null ? (
          say('noLimits')
        ) : (
          <>
            {price(market.lower_limit)} – {price(market.upper_limit)} <small>±{market.price_limit_pct} %</small>
          </>
        )}
      </td>
      <td class="wide">
        {price(market.tick_size)} {market.tick_table.length > 1 && <small>/ {market.tick_table.length}</small>}
      </td>
      <td class="wide">{shortText(market.lot_size, market.quantity_decimals)}</td>
      <td class="wide">{shortText(market.max_quantity, market.quantity_decimals)}</td>
      <td class="wide">
        {market.maker_fee_bps} / {market.taker_fee_bps} <small>bp</small>
      </td>
      <td class="left wide">{say(market.calendar === 'KRX' ? 'krx' : 'always')}</td>
      <td>
        <div class="actions">
          {listed ? <Listed market={market} act={act} open={open} /> : <Relist market={market} act={act} />}
        </div>
      </td>
    </tr>
  );
}

function Listed(props: { market: Market; act: Act; open(kind: 'edit' | 'delist' | 'dayClose'): void }) {
  const { market, act, open } = props;
  const active = market.status === 'ACTIVE';
  const turn = active ? 'halt' : 'resume';
  return (
    <>
      <button
        type="button"
        aria-label={`${say(turn)} ${market.symbol}`}
        onClick={() => setStatus(market, act, say(turn), active ? 'HALTED' : 'ACTIVE')}
      >
        {say(turn)}
      </button>
      {(['edit', 'dayClose', 'delist'] as const).map((kind) => (
        <button type="button" key={kind} aria-label={`${say(kind)} ${market.symbol}`} onClick={() => open(kind)}>
          {say(kind)}
        </button>
      ))}
    </>
  );
}

function Relist({ market, act }: { market: Market; act: Act }) {
  return (
    <button
      type="button"
      aria-label={`${say('relist')} ${market.symbol}`}
      onClick={() => setStatus(market, act, say('relist'), 'ACTIVE')}
    >
      {say('relist')}
    </button>
  );
}

function setStatus({ symbol }: Market, act: Act, what: string, status: Market['status']): void {
  void act(`${symbol}: ${what}`, () =>
    rest.value.call('PATCH', `/admin/symbols/${encodeURIComponent(symbol)}`, { status }),
  );
}
