import { useComputed } from '@preact/signals';
import { decimalText, inputText, shortText, stepPrice, typedNumber } from '../../lib/numbers.ts';
import { priceFault, quantityFault, stepQuantity, tickAt, wholeLots } from '../../lib/order-rules.ts';
import { PRICE_FAULT_WORDS, QUANTITY_FAULT_WORDS } from '../../lib/order-words.ts';
import type { Word } from '../../lib/words.ts';
import { word } from '../../lib/words.ts';
import type { MarketSymbol } from '../../state/market.ts';
import { userName } from '../../state/session.ts';
import { isPriced, most, price, quantity, setPrice, side, takePrice } from '../../state/ticket.ts';

const SHARES = [10, 25, 50, 75, 100];
/** Steps of an arrow key with the shift key. */
const BIG_STEP = 10;

interface FieldProps {
  item: MarketSymbol | undefined;
}

/** Price with a tick up and down by button or arrow key, the day's limits to pick, and what is wrong with it. */
export function PriceField({ item }: FieldProps) {
  const step = (steps: number) => {
    if (item === undefined) return;
    let next = Number(price.value) || 0;
    for (let i = 0; i < Math.abs(steps); i += 1) {
      next = stepPrice(next, item.tick_table, steps > 0 ? 1 : -1, item.price_decimals);
    }
    setPrice(inputText(next));
  };
  const typed = Number(price.value);
  const fault = isPriced.value && item !== undefined && price.value !== '' ? priceFault(item, typed) : undefined;
  return (
    <div class="field">
      <label for="ticket-price">
        {word('price')} <small>{item?.quote}</small>
        {item !== undefined && (
          <small class="aside">
            {word('tick')} {shortText(tickAt(item.tick_table, typed || item.reference_price || 0), item.price_decimals)}
          </small>
        )}
      </label>
      <Stepper
        id="ticket-price"
        value={isPriced.value ? price.value : ''}
        placeholder={isPriced.value ? '' : word('market')}
        disabled={!isPriced.value}
        fault={fault === undefined ? undefined : word(PRICE_FAULT_WORDS[fault])}
        less="tickDown"
        more="tickUp"
        onText={setPrice}
        onStep={step}
      />
      {item !== undefined && item.lower_limit !== null && item.upper_limit !== null && (
        <span class="limits">
          <button type="button" class="link" onClick={() => takePrice(inputText(item.lower_limit))}>
            {word('lowest')} <b class="down">{decimalText(item.lower_limit, item.price_decimals)}</b>
          </button>
          <button type="button" class="link" onClick={() => takePrice(inputText(item.upper_limit))}>
            {word('highest')} <b class="up">{decimalText(item.upper_limit, item.price_decimals)}</b>
          </button>
        </span>
      )}
    </div>
  );
}

/** Quantity with lots up and down, and a slider over what the balance covers. */
export function QuantityField({ item }: FieldProps) {
  const typed = Number(quantity.value) || 0;
  const fault = item === undefined ? undefined : quantityFault(item, typed);
  const tooMuch = userName.value !== undefined && typed > most.value;
  const text =
    fault !== undefined && fault !== 'NOT_POSITIVE' ? QUANTITY_FAULT_WORDS[fault] : tooMuch ? 'notEnough' : undefined;
  return (
    <div class="field">
      <label for="ticket-quantity">
        {word('quantity')} <small>{item?.base}</small>
        {item !== undefined && (
          <small class="aside">
            {word('lot')} {shortText(item.lot_size, item.quantity_decimals)}
          </small>
        )}
      </label>
      <Stepper
        id="ticket-quantity"
        value={quantity.value}
        fault={text === undefined ? undefined : word(text)}
        less="lotDown"
        more="lotUp"
        onText={(next) => {
          quantity.value = next;
        }}
        onStep={(steps) => {
          if (item !== undefined) quantity.value = inputText(stepQuantity(item, Number(quantity.value), steps));
        }}
      />
      <BalanceSlider item={item} />
    </div>
  );
}

function BalanceSlider({ item }: FieldProps) {
  const share = useComputed(() => {
    if (most.value === 0) return 0;
    return Math.min(100, Math.round((100 * (Number(quantity.value) || 0)) / most.value));
  });
  const use = (percent: number) => {
    if (item !== undefined) quantity.value = inputText(wholeLots(item, (most.value * percent) / 100));
  };
  const off = most.value === 0;
  return (
    <div class={`balance ${side.value === 'BUY' ? 'buy' : 'sell'}`}>
      <input
        type="range"
        min={0}
        max={100}
        step={1}
        aria-label={word('shareOfBalance')}
        aria-valuetext={`${share.value}%`}
        style={{ '--share': `${share.value}%` }}
        value={share.value}
        disabled={off}
        onInput={(event) => use(Number(event.currentTarget.value))}
      />
      <output>{share.value}%</output>
      <span class="shares">
        {SHARES.map((percent) => (
          <button type="button" key={percent} disabled={off} onClick={() => use(percent)}>
            {percent}%
          </button>
        ))}
      </span>
    </div>
  );
}

interface StepperProps {
  id: string;
  value: string;
  placeholder?: string;
  disabled?: boolean;
  /** What is wrong with the value, as far as can be told here. */
  fault: string | undefined;
  less: Word;
  more: Word;
  onText(text: string): void;
  onStep(steps: number): void;
}

function Stepper({ id, value, placeholder, disabled, fault, less, more, onText, onStep }: StepperProps) {
  return (
    <>
      <span class="stepper">
        <button type="button" disabled={disabled} aria-label={word(less)} onClick={() => onStep(-1)}>
          −
        </button>
        <input
          id={id}
          inputMode="decimal"
          autocomplete="off"
          value={value}
          placeholder={placeholder}
          disabled={disabled}
          style={{ '--digits': String(Math.max(1, value.length)) }}
          aria-invalid={fault !== undefined}
          aria-describedby={`${id}-fault`}
          onInput={(event) => onText(typedNumber(event.currentTarget.value))}
          onKeyDown={(event) => {
            if (event.key !== 'ArrowUp' && event.key !== 'ArrowDown') return;
            event.preventDefault();
            onStep((event.key === 'ArrowUp' ? 1 : -1) * (event.shiftKey ? BIG_STEP : 1));
          }}
        />
        <button type="button" disabled={disabled} aria-label={word(more)} onClick={() => onStep(1)}>
          +
        </button>
      </span>
      <small class="fault" id={`${id}-fault`}>
        {fault}
      </small>
    </>
  );
}
