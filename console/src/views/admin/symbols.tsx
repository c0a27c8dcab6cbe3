import { useSignal } from '@preact/signals';
import { decimalText } from '../../lib/numbers.ts';
import { word } from '../../lib/words.ts';
import { type MarketSymbol, symbols } from '../../state/market.ts';
import { rest } from '../../state/session.ts';
import type { Act } from './admin.tsx';

/** Instruments: made, halted, resumed, given other price limits, delisted. */
export function Symbols({ act }: { act: Act }) {
  return (
    <section class="panel" aria-label={word('markets')}>
      <div class="panel-head">
        <h2>{word('markets')}</h2>
      </div>
      <NewSymbol act={act} />
      <section class="scroll" tabIndex={0} aria-label={word('markets')}>
        <table>
          <thead>
            <tr>
              <th scope="col">{word('symbol')}</th>
              <th scope="col">{word('status')}</th>
              <th scope="col">{word('reference')}</th>
              <th scope="col">{word('limits')}</th>
              <td />
            </tr>
          </thead>
          <tbody>
            {symbols.value.map((item) => (
              <Row key={item.symbol} item={item} act={act} />
            ))}
          </tbody>
        </table>
      </section>
    </section>
  );
}

function Row({ item, act }: { item: MarketSymbol; act: Act }) {
  const path = `/admin/symbols/${encodeURIComponent(item.symbol)}`;
  const percent = useSignal('30');
  const change = (what: string, body: object) =>
    void act(`${item.symbol}: ${what}`, () => rest.value.call('PATCH', path, body));
  const active = item.status === 'ACTIVE';
  const price = (value: number | null) => (value === null ? '–' : decimalText(value, item.price_decimals));
  return (
    <tr>
      <th scope="row">{item.symbol}</th>
      <td class={active ? '' : 'bad'}>{item.status}</td>
      <td>{price(item.reference_price)}</td>
      <td>
        {price(item.lower_limit)} – {price(item.upper_limit)}
      </td>
      <td class="actions">
        <input
          size={3}
          inputMode="decimal"
          aria-label={`${item.symbol}: ${word('limitPercent')}`}
          value={percent.value}
          onInput={(event) => {
            percent.value = event.currentTarget.value;
          }}
        />
        <button
          type="button"
          onClick={() =>
            change(`±${percent.value} %`, { price_limit_pct: percent.value === '' ? null : Number(percent.value) })
          }
        >
          ± %
        </button>
        <button
          type="button"
          aria-label={`${active ? word('halt') : word('resume')} ${item.symbol}`}
          onClick={() => change(active ? word('halt') : word('resume'), { status: active ? 'HALTED' : 'ACTIVE' })}
        >
          {active ? word('halt') : word('resume')}
        </button>
        <button
          type="button"
          aria-label={`${word('delist')} ${item.symbol}`}
          onClick={() => {
            if (!confirm(`${word('delist')}: ${item.symbol}?`)) return;
            void act(`${item.symbol}: ${word('delist')}`, () => rest.value.call('DELETE', path));
          }}
        >
          {word('delist')}
        </button>
      </td>
    </tr>
  );
}

function NewSymbol({ act }: { act: Act }) {
  const submit = async (event: Event & { currentTarget: HTMLFormElement }) => {
    event.preventDefault();
    const form = event.currentTarget;
    const given = Object.fromEntries([...new FormData(form)].filter(([, value]) => value !== ''));
    const { symbol, name, quote, reference_price: reference } = given;
    const body = {
      symbol: String(symbol).toUpperCase(),
      ...(name === undefined ? {} : { name }),
      ...(quote === undefined ? {} : { quote }),
      ...(reference === undefined ? {} : { reference_price: Number(reference) }),
    };
    if (await act(`${body.symbol}: ${word('create')}`, () => rest.value.call('POST', '/admin/symbols', body))) {
      form.reset();
    }
  };
  return (
    <form class="row" onSubmit={(event) => void submit(event)}>
      <input name="symbol" required size={10} placeholder={word('symbol')} aria-label={word('symbol')} />
      <input name="name" size={16} placeholder={word('name')} aria-label={word('name')} />
      <input name="quote" size={6} placeholder="KRW" aria-label={word('quote')} />
      <input
        name="reference_price"
        size={10}
        inputMode="decimal"
        placeholder={word('reference')}
        aria-label={word('reference')}
      />
      <button type="submit" class="primary">
        {word('create')}
      </button>
    </form>
  );
}
