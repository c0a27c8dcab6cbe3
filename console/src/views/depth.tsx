import { computed, useSignalEffect } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { ColumnRoom } from '../lib/columns.ts';
import { deepened, type Rung, rungsOf } from '../lib/ladder.ts';
import { inputText, percentText, trend, unitsText } from '../lib/numbers.ts';
import { word } from '../lib/words.ts';
import { openOrders } from '../state/account.ts';
import { current, depth, type MarketSymbol, tickerOf } from '../state/market.ts';
import { DEEP_LEVELS, deepBook, deepWanted, LIVE_LEVELS, resyncs } from '../state/resync.ts';
import { takePrice } from '../state/ticket.ts';

/** Prices, in integers of the instrument, at which the user has open orders in the shown market. */
const myPrices = computed(() => {
  const item = current.value;
  const prices = new Set<number>();
  if (item === undefined) return prices;
  for (const { symbol, price } of openOrders.value) {
    if (symbol === item.symbol && price !== null) prices.add(Math.round(price * 10 ** item.price_decimals));
  }
  return prices;
});

/** Digits that price, quantity and sum get at least. */
const LEAST_ROOM = [5, 6.5, 5];

/** The ladder: asks above, bids below, bars show how much stands up to each price; a click puts the price into the ticket. */
export function Depth() {
  const ladder = useRef<HTMLFieldSetElement>(null);
  const item = current.value;
  const book = depth.value;
  const deep = deepWanted.value && deepBook.value?.symbol === book?.s ? deepBook.value : undefined;
  const levels = deepWanted.value ? DEEP_LEVELS : LIVE_LEVELS;
  const asks = rungsOf(deepened(book?.a ?? [], deep?.asks ?? [], LIVE_LEVELS), levels);
  const bids = rungsOf(deepened(book?.b ?? [], deep?.bids ?? [], LIVE_LEVELS), levels);
  const most = Math.max(1, asks.at(-1)?.cumulative ?? 0, bids.at(-1)?.cumulative ?? 0);
  const empty = asks.length + bids.length === 0;
  const room = useRef(new ColumnRoom(LEAST_ROOM));

  // A ladder of many levels opens at its middle.
  const centred = useRef(false);
  useSignalEffect(() => {
    void deepWanted.value;
    centred.current = false;
  });
  useEffect(() => {
    const element = ladder.current;
    if (element === null || centred.current || (deepWanted.peek() && deep === undefined)) return;
    centred.current = true;
    const middle = element.querySelector<HTMLElement>('.middle');
    if (middle !== null) element.scrollTop = middle.offsetTop - (element.clientHeight - middle.offsetHeight) / 2;
  });

  return (
    <section
      class="panel depth"
      aria-label={word('depth')}
      data-u={book?.u}
      data-resyncs={resyncs.value}
      style={roomStyle(room.current, item, [...asks, ...bids])}
    >
      <div class="panel-head">
        <h2>{word('depth')}</h2>
        {/* On a phone nothing else beside the ticket says which market it is. */}
        <b class="of">{item?.symbol}</b>
        <span class="grow" />
        <button
          type="button"
          class="toggle"
          aria-pressed={deepWanted.value}
          title={word('moreLevelsLong')}
          onClick={() => {
            deepWanted.value = !deepWanted.value;
          }}
        >
          {word('moreLevels')}
        </button>
      </div>
      <div class="columns" aria-hidden="true">
        <span>{word('price')}</span>
        <span>{word('quantity')}</span>
        <span class="cumulative">{word('cumulative')}</span>
      </div>
      <fieldset
        class={`ladder ${deepWanted.value ? 'deep' : ''}`}
        aria-label={word('depth')}
        ref={ladder}
        onKeyDown={moveFocus}
      >
        <Rows side="ask" rungs={padded(asks, LIVE_LEVELS).reverse()} most={most} item={item} />
        <Middle item={item} spread={asks[0] && bids[0] && asks[0].price - bids[0].price} empty={empty} />
        <Rows side="bid" rungs={padded(bids, LIVE_LEVELS)} most={most} item={item} />
      </fieldset>
    </section>
  );
}

/** What the style sheet divides the ladder by: columns as wide as their longest numbers, and smaller type where they are too wide. */
function roomStyle(room: ColumnRoom, item: MarketSymbol | undefined, rungs: readonly Rung[]): Record<string, string> {
  const rows =
    item === undefined
      ? []
      : rungs.map(({ price, quantity, cumulative }) => [
          unitsText(price, item.price_decimals),
          unitsText(quantity, item.quantity_decimals),
          unitsText(cumulative, item.quantity_decimals),
        ]);
  const [price = 0, quantity = 0, cumulative = 0] = room.fit(item?.symbol, rows);
  return {
    '--price': `${price}fr`,
    '--quantity': `${quantity}fr`,
    '--cumulative': `${cumulative}fr`,
    '--digits': String(price + quantity + cumulative),
    '--digits-narrow': String(price + quantity),
  };
}

/** Last price and spread, between the sides. */
function Middle({
  item,
  spread,
  empty,
}: {
  item: MarketSymbol | undefined;
  spread: number | undefined;
  empty: boolean;
}) {
  const ticker = item === undefined ? undefined : tickerOf(item.symbol).value;
  if (item === undefined || (empty && ticker === undefined)) {
    return <div class="middle hint">{word(item === undefined ? 'loading' : 'noBook')}</div>;
  }
  return (
    <div class="middle">
      {ticker !== undefined && (
        <strong class={trend(ticker.c)}>
          {unitsText(ticker.p, item.price_decimals)} <small>{percentText(ticker.c)}</small>
        </strong>
      )}
      <span class="grow" />
      {spread !== undefined && (
        <small>
          {word('spread')} {unitsText(spread, item.price_decimals)}
        </small>
      )}
    </div>
  );
}

/** At least so many rows, so that the ladder does not jump. */
function padded(rungs: readonly Rung[], least: number): (Rung | undefined)[] {
  return Array.from({ length: Math.max(least, rungs.length) }, (_, index) => rungs[index]);
}

interface RowsProps {
  side: 'ask' | 'bid';
  rungs: (Rung | undefined)[];
  most: number;
  item: MarketSymbol | undefined;
}

function Rows({ side, rungs, most, item }: RowsProps) {
  const mine = myPrices.value;
  const best = side === 'ask' ? rungs.length - 1 : 0;
  return (
    <fieldset class="side" aria-label={word(side === 'ask' ? 'asks' : 'bids')}>
      {rungs.map((rung, index) => {
        // Rows are kept by their distance from the middle: a price that moves changes texts, not rows.
        const key = side === 'ask' ? index - rungs.length : index;
        if (rung === undefined || item === undefined) return <div class="rung" key={key} />;
        const isMine = mine.has(rung.price);
        return (
          <button
            type="button"
            class={`rung ${side} ${isMine ? 'mine' : ''}`}
            key={key}
            // One stop for the tab key on each side; arrow keys go on from there.
            tabIndex={index === best ? 0 : -1}
            onClick={() => takePrice(inputText(rung.price / 10 ** item.price_decimals))}
          >
            <i style={{ transform: `scaleX(${(rung.cumulative / most).toFixed(3)})` }} />
            <span class={side === 'ask' ? 'down' : 'up'}>{unitsText(rung.price, item.price_decimals)}</span>
            <span>{unitsText(rung.quantity, item.quantity_decimals)}</span>
            <span class="cumulative">{unitsText(rung.cumulative, item.quantity_decimals)}</span>
            {isMine && <em role="img" aria-label={word('myOrder')} />}
          </button>
        );
      })}
    </fieldset>
  );
}

function moveFocus(event: KeyboardEvent & { currentTarget: HTMLElement }): void {
  if (event.key !== 'ArrowUp' && event.key !== 'ArrowDown') return;
  const rungs = event.currentTarget.querySelectorAll<HTMLElement>('button.rung');
  for (const [at, rung] of rungs.entries()) {
    if (rung !== document.activeElement) continue;
    event.preventDefault();
    rungs[at + (event.key === 'ArrowUp' ? -1 : 1)]?.focus();
    return;
  }
}
