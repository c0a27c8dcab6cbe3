import { useRef } from 'preact/hooks';
import { decimalText, percentText, trend, unitsText } from '../lib/numbers.ts';
import { sparkPath } from '../lib/sparkline.ts';
import { word } from '../lib/words.ts';
import { pane } from '../state/look.ts';
import {
  board,
  boardTooLong,
  type MarketSymbol,
  search,
  select,
  selected,
  sparkOf,
  sparksRead,
  symbols,
  symbolsKnown,
  tickerOf,
} from '../state/market.ts';
import { SessionMark } from './session-mark.tsx';

/** All symbols with price, change and a sparkline; a click makes one the main symbol. */
export function SymbolBoard() {
  const shown = board.value;
  const list = useRef<HTMLUListElement>(null);
  // However long the list is, it is one stop of the tab key; arrow keys go on from there.
  const stop = (shown.find(({ symbol }) => symbol === selected.value) ?? shown[0])?.symbol;
  return (
    <section class="panel board" aria-label={word('markets')}>
      <div class="panel-head">
        <h2>{word('markets')}</h2>
        <input
          id="market-search"
          type="search"
          placeholder={word('search')}
          aria-label={word('search')}
          value={search.value}
          onInput={(event) => {
            search.value = event.currentTarget.value;
          }}
          onKeyDown={(event) => {
            if (event.key === 'Enter') takeFirst(event.currentTarget);
            if (event.key !== 'ArrowDown') return;
            event.preventDefault();
            list.current?.querySelector('button')?.focus();
          }}
        />
      </div>
      {shown.length === 0 && (
        <p class="hint">
          {word(symbolsKnown.value ? (symbols.value.length === 0 ? 'noMarkets' : 'noMatch') : 'loading')}
        </p>
      )}
      <ul ref={list} onKeyDown={moveFocus}>
        {shown.map((item) => (
          <Row key={item.symbol} item={item} stop={item.symbol === stop} />
        ))}
      </ul>
      {boardTooLong.value && <p class="hint">{word('boardTooLong')}</p>}
    </section>
  );
}

function choose(symbol: string): void {
  select(symbol);
  if (pane.value === 'markets') pane.value = 'chart';
}

/** The first market that the search has found; the search is done then, and keys are the ticket's again. */
function takeFirst(field: HTMLInputElement): void {
  const [first] = board.peek();
  if (first === undefined || search.peek() === '') return;
  choose(first.symbol);
  search.value = '';
  field.blur();
}

/** Up and down from market to market, and from the first one up to the search. */
function moveFocus(event: KeyboardEvent & { currentTarget: HTMLElement }): void {
  if (event.key !== 'ArrowUp' && event.key !== 'ArrowDown') return;
  event.preventDefault();
  const row = document.activeElement?.closest('li');
  const next = event.key === 'ArrowUp' ? row?.previousElementSibling : row?.nextElementSibling;
  const button = next?.querySelector('button');
  if (button != null) button.focus();
  else if (event.key === 'ArrowUp') document.getElementById('market-search')?.focus();
}

function Row({ item, stop }: { item: MarketSymbol; stop: boolean }) {
  return (
    <li class={item.status === 'ACTIVE' ? '' : 'resting'}>
      <button
        type="button"
        aria-current={item.symbol === selected.value}
        tabIndex={stop ? 0 : -1}
        onClick={() => choose(item.symbol)}
      >
        <span class="name">
          <b>{item.symbol}</b>
          {item.status === 'ACTIVE' ? <small>{item.name}</small> : <SessionMark item={item} />}
        </span>
        <Spark symbol={item.symbol} />
        <Price item={item} />
      </button>
    </li>
  );
}

function Price({ item }: { item: MarketSymbol }) {
  const ticker = tickerOf(item.symbol).value;
  if (ticker === undefined) {
    return (
      <span class="price">
        {item.reference_price === null ? '–' : decimalText(item.reference_price, item.price_decimals)}
        <small>–</small>
      </span>
    );
  }
  return (
    <span class={`price ${trend(ticker.c)}`}>
      {unitsText(ticker.p, item.price_decimals)}
      <small>{percentText(ticker.c)}</small>
    </span>
  );
}

const WIDTH = 52;
const HEIGHT = 22;

/** Coloured as the change of the day that stands beside it. */
function Spark({ symbol }: { symbol: string }) {
  void sparksRead.value;
  const ticker = tickerOf(symbol).value;
  const { prices } = sparkOf(symbol);
  return (
    <svg class={`spark ${trend(ticker?.c ?? 0)}`} width={WIDTH} height={HEIGHT} aria-hidden="true">
      {prices.length > 1 && <polyline points={sparkPath(prices, WIDTH, HEIGHT)} />}
    </svg>
  );
}
