import { useSignal } from '@preact/signals';
import type { Symbols } from '@supernoba/client';
import type { ComponentChildren } from 'preact';
import { decimalText } from '../../lib/numbers.ts';
import { rest } from '../../state/session.ts';
import type { Market } from './api.ts';
import { type Act, Sheet } from './parts.tsx';
import { changedTerms, FRESH, readTerms, type Terms, type TickKind, termsOf } from './terms.ts';
import { say } from './words.ts';

/** Every term of a market that the admin API takes: of a new one, or of one that is changed. */
export function MarketForm(props: { act: Act; close(): void; assets: Symbols['assets']; market?: Market }) {
  const { act, close, assets, market } = props;
  const refusal = useSignal<string | undefined>(undefined);
  const busy = useSignal(false);
  const before = market === undefined ? FRESH : termsOf(market);

  async function submit(event: Event & { currentTarget: HTMLFormElement }): Promise<void> {
    event.preventDefault();
    const given = new FormData(event.currentTarget);
    const changed = changedTerms(before, readTerms(given, before));
    if (market !== undefined && Object.keys(changed).length === 0) {
      refusal.value = say('nothingChanged');
      return;
    }
    busy.value = true;
    refusal.value = await (market === undefined ? create(act, given, changed) : change(act, market, changed));
    busy.value = false;
    if (refusal.value === undefined) close();
  }

  return (
    <Sheet title={market === undefined ? say('newMarket') : `${say('edit')}: ${market.symbol}`} close={close}>
      <form class="terms" onSubmit={(event) => void submit(event)}>
        {market === undefined ? <NewIdentity assets={assets} /> : <Identity market={market} name={before.name} />}
        <Prices before={before} market={market} />
        <Group title={say('quantities')}>
          <Field label={say('lotSize')} name="lot_size" value={before.lot_size} hint={say('usual')} />
          <Field label={say('maxQuantity')} name="max_quantity" value={before.max_quantity} hint={say('usual')} />
        </Group>
        <Group title={say('costs')}>
          <Field label={say('makerFee')} name="maker_fee_bps" value={before.maker_fee_bps} whole />
          <Field label={say('takerFee')} name="taker_fee_bps" value={before.taker_fee_bps} whole />
        </Group>
        <Group title={say('session')}>
          <Choice
            label={say('status')}
            name="status"
            value={before.status}
            options={(['ACTIVE', 'HALTED', 'CANCEL_ONLY'] as const).map((status) => [status, say(status)])}
          />
          <Choice
            label={say('calendar')}
            name="calendar"
            value={before.calendar}
            options={[
              ['ALWAYS', say('always')],
              ['KRX', say('krx')],
            ]}
          />
        </Group>
        <p class="note">{say('perOrder')}</p>
        <footer>
          <output class="bad">{refusal.value}</output>
          <button type="button" onClick={close}>
            {say('cancel')}
          </button>
          <button type="submit" class="primary" disabled={busy.value}>
            {market === undefined ? say('create') : say('save')}
          </button>
        </footer>
      </form>
    </Sheet>
  );
}

function create(act: Act, given: FormData, changed: Record<string, unknown>): Promise<string | undefined> {
  const text = (name: string) => String(given.get(name) ?? '').trim();
  const symbol = text('symbol').toUpperCase();
  const body: Record<string, unknown> = { symbol, ...changed };
  for (const name of ['base', 'quote']) if (text(name) !== '') body[name] = text(name).toUpperCase();
  for (const name of ['price_decimals', 'quantity_decimals']) if (text(name) !== '') body[name] = Number(text(name));
  return act(`${symbol}: ${say('create')}`, () => rest.value.call('POST', '/admin/symbols', body));
}

function change(act: Act, { symbol }: Market, changed: Record<string, unknown>): Promise<string | undefined> {
  return act(`${symbol}: ${say('edit')}`, () =>
    rest.value.call('PATCH', `/admin/symbols/${encodeURIComponent(symbol)}`, changed),
  );
}

function NewIdentity({ assets }: { assets: Symbols['assets'] }) {
  const currencies = assets.filter(({ kind }) => kind === 'CURRENCY').map(({ code }) => [code, code] as const);
  return (
    <Group title={say('identity')}>
      <label class="term">
        {say('symbol')}
        <input name="symbol" required maxLength={10} pattern="[A-Za-z0-9]{1,10}" autocomplete="off" class="code" />
      </label>
      <Field label={say('name')} name="name" value="" text hint={say('symbol')} />
      <Field label={say('base')} name="base" value="" text hint={say('symbol')} />
      <Choice label={say('quote')} name="quote" value="KRW" options={currencies} />
      <Field label={say('priceDecimals')} name="price_decimals" value="" whole hint={say('usual')} />
      <Field label={say('quantityDecimals')} name="quantity_decimals" value="" whole hint={say('usual')} />
    </Group>
  );
}

function Identity({ market, name }: { market: Market; name: string }) {
  return (
    <Group title={say('identity')}>
      <Field label={say('name')} name="name" value={name} text />
      <dl class="fixed-terms">
        <dt>{say('base')}</dt>
        <dd>{market.base}</dd>
        <dt>{say('quote')}</dt>
        <dd>{market.quote}</dd>
        <dt>{say('priceDecimals')}</dt>
        <dd>{market.price_decimals}</dd>
        <dt>{say('quantityDecimals')}</dt>
        <dd>{market.quantity_decimals}</dd>
      </dl>
      <p class="note">{say('fixedTerms')}</p>
    </Group>
  );
}

function Prices({ before, market }: { before: Terms; market: Market | undefined }) {
  const kind = useSignal<TickKind>(before.tick_kind);
  const price = (value: number) => decimalText(value, market?.price_decimals ?? 0);
  return (
    <Group title={say('prices')}>
      <Field
        label={say('reference')}
        name="reference_price"
        value={before.reference_price}
        hint={say('emptyReference')}
      />
      <Field label={say('limitPct')} name="price_limit_pct" value={before.price_limit_pct} hint={say('emptyLimit')} />
      {market !== undefined && market.lower_limit !== null && market.upper_limit !== null && (
        <p class="note">
          {say('limitsNow')} {price(market.lower_limit)} – {price(market.upper_limit)} ({say('roundedInwards')})
        </p>
      )}
      <Choice
        label={say('tickKind')}
        name="tick_kind"
        value={before.tick_kind}
        options={[
          ['FIXED', say('tickFixed')],
          ['KRX', say('tickKrx')],
          ['BANDS', say('tickBands')],
        ]}
        onChange={(value) => {
          kind.value = value === 'KRX' || value === 'BANDS' ? value : 'FIXED';
        }}
      />
      {kind.value === 'FIXED' && (
        <Field label={say('tickSize')} name="tick_size" value={before.tick_size} hint={say('usual')} />
      )}
      {kind.value === 'BANDS' && (
        <label class="term wide">
          {say('bands')}
          <textarea name="bands" rows={Math.max(3, before.bands.split('\n').length)} defaultValue={before.bands} />
        </label>
      )}
    </Group>
  );
}

function Group({ title, children }: { title: string; children: ComponentChildren }) {
  return (
    <fieldset>
      <legend>{title}</legend>
      {children}
    </fieldset>
  );
}

function Field(props: { label: string; name: string; value: string; hint?: string; text?: boolean; whole?: boolean }) {
  return (
    <label class="term">
      {props.label}
      <input
        name={props.name}
        defaultValue={props.value}
        placeholder={props.hint}
        autocomplete="off"
        inputMode={props.text === true ? 'text' : props.whole === true ? 'numeric' : 'decimal'}
        class={props.text === true ? 'code' : ''}
        {...(props.whole === true ? { pattern: '\\d{1,5}' } : {})}
      />
    </label>
  );
}

function Choice(props: {
  label: string;
  name: string;
  value: string;
  options: readonly (readonly [value: string, text: string])[];
  onChange?(value: string): void;
}) {
  return (
    <label class="term">
      {props.label}
      <select name={props.name} onChange={(event) => props.onChange?.(event.currentTarget.value)}>
        {props.options.map(([value, text]) => (
          <option key={value} value={value} selected={value === props.value}>
            {text}
          </option>
        ))}
      </select>
    </label>
  );
}
