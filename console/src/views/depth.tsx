import { unitsText } from '../lib/numbers.ts';
import { word } from '../lib/words.ts';
import { current, depth } from '../state/market.ts';
import { ticketPrice } from './ticket.tsx';

const LEVELS = 10;

type Level = [price: number, quantity: number];
type Rung = { price: number; quantity: number; cumulative: number };

/** The ladder: asks above, bids below, bars show how much stands up to each price; a click puts the price into the ticket. */
export function Depth() {
  const book = depth.value;
  const asks = rungs(book?.a ?? []);
  const bids = rungs(book?.b ?? []);
  const most = Math.max(1, asks.at(-1)?.cumulative ?? 0, bids.at(-1)?.cumulative ?? 0);
  const item = current.value;
  const spread = asks[0] !== undefined && bids[0] !== undefined ? asks[0].price - bids[0].price : undefined;
  return (
    <section class="panel depth" aria-label={word('depth')} data-u={book?.u}>
      <div class="panel-head">
        <h2>{word('depth')}</h2>
        <span class="grow" />
        {spread !== undefined && item !== undefined && (
          <small>
            {word('spread')} {unitsText(spread, item.price_decimals)}
          </small>
        )}
      </div>
      <div class="ladder">
        <div class="ladder-head" aria-hidden="true">
          <span>{word('price')}</span>
          <span>{word('quantity')}</span>
          <span>{word('cumulative')}</span>
        </div>
        <Rows side="ask" levels={pad(asks).reverse()} most={most} />
        <hr />
        <Rows side="bid" levels={pad(bids)} most={most} />
      </div>
    </section>
  );
}

function rungs(levels: readonly Level[]): Rung[] {
  let cumulative = 0;
  return levels.slice(0, LEVELS).map(([price, quantity]) => {
    cumulative += quantity;
    return { price, quantity, cumulative };
  });
}

/** Always the same number of rows, so that the ladder does not jump. */
function pad(levels: readonly Rung[]): (Rung | undefined)[] {
  return Array.from({ length: LEVELS }, (_, index) => levels[index]);
}

function Rows({ side, levels, most }: { side: 'ask' | 'bid'; levels: (Rung | undefined)[]; most: number }) {
  const item = current.value;
  return (
    <>
      {levels.map((level, index) => {
        if (level === undefined || item === undefined) return <div class="rung" key={index} />;
        const { price, quantity, cumulative } = level;
        return (
          <button
            type="button"
            class={`rung ${side}`}
            key={index}
            onClick={() => {
              ticketPrice.value = String(price / 10 ** item.price_decimals);
            }}
          >
            <i style={{ transform: `scaleX(${(cumulative / most).toFixed(4)})` }} />
            <span class={side === 'ask' ? 'down' : 'up'}>{unitsText(price, item.price_decimals)}</span>
            <span>{unitsText(quantity, item.quantity_decimals)}</span>
            <span class="cumulative">{unitsText(cumulative, item.quantity_decimals)}</span>
          </button>
        );
      })}
    </>
  );
}
