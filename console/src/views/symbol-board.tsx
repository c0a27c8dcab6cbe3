import { useSignal } from '@preact/signals';
import { decimalText, percentText, trend, unitsText } from '../lib/numbers.ts';
import { word } from '../lib/words.ts';
import { type MarketSymbol, select, selected, sparks, symbols, tickers } from '../state/market.ts';

/** All symbols with price, change and a sparkline; a click makes one the main symbol. */
export function SymbolBoard() {
  const search = useSignal('');
  const needle = search.value.trim().toUpperCase();
  const shown = symbols.value.filter(
    ({ symbol, name }) => symbol.includes(needle) || name.toUpperCase().includes(needle),
  );
  return (
    <section class="panel board" aria-label={word('markets')}>
      <div class="panel-head">
        <h2>{word('markets')}</h2>
        <input
          type="search"
          placeholder={word('search')}
          aria-label={word('search')}
          value={search.value}
          onInput={(event) => {
            search.value = event.currentTarget.value;
          }}
        />
      </div>
      <ul>
        {shown.map((item) => (
          <li key={item.symbol}>
            <button type="button" aria-current={item.symbol === selected.value} onClick={() => select(item.symbol)}>
              <span class="name">
                <b>{item.symbol}</b>
                <small>{item.status === 'ACTIVE' ? item.name : word('halted')}</small>
              </span>
              <Spark symbol={item.symbol} />
              <Price item={item} />
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Price({ item }: { item: MarketSymbol }) {
  const ticker = tickers.value.get(item.symbol);
  if (ticker === undefined) {
    return (
      <span class="price">
        {item.reference_price === null ? '–' : decimalText(item.reference_price, item.price_decimals)}
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

const WIDTH = 48;
const HEIGHT = 20;

function Spark({ symbol }: { symbol: string }) {
  void tickers.value.get(symbol);
  const points = sparks.get(symbol) ?? [];
  if (points.length < 2) return <svg class="spark" width={WIDTH} height={HEIGHT} aria-hidden="true" />;
  const low = Math.min(...points);
  const span = Math.max(...points) - low || 1;
  const path = points
    .map(
      (price, index) =>
        `${((index / (points.length - 1)) * WIDTH).toFixed(1)},${(HEIGHT - 2 - ((price - low) / span) * (HEIGHT - 4)).toFixed(1)}`,
    )
    .join(' ');
  return (
    <svg class={`spark ${trend(points.at(-1)! - points[0]!)}`} width={WIDTH} height={HEIGHT} aria-hidden="true">
      <polyline points={path} />
    </svg>
  );
}
