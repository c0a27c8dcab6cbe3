import { unitsText } from '../lib/numbers.ts';
import { word } from '../lib/words.ts';
import { current, depth } from '../state/market.ts';
import { ticketPrice } from './ticket.tsx';

const LEVELS = 10;

type Level = [price: number, quantity: number];

/** The ladder: asks above, bids below, bars show the quantity; a click puts the price into the ticket. */
export function Depth() {
  const book = depth.value;
  const asks = book?.a.slice(0, LEVELS) ?? [];
  const bids = book?.b.slice(0, LEVELS) ?? [];
  const most = Math.max(1, ...asks.map(([, quantity]) => quantity), ...bids.map(([, quantity]) => quantity));
  const item = current.value;
  const spread = asks[0] !== undefined && bids[0] !== undefined ? asks[0][0] - bids[0][0] : undefined;
  return (
    <section class="panel depth" aria-label={word('depth')}>
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
        <Rows side="ask" levels={pad(asks).reverse()} most={most} />
        <hr />
        <Rows side="bid" levels={pad(bids)} most={most} />
      </div>
    </section>
  );
}

/** Always the same number of rows, so that the ladder does not jump. */
function pad(levels: readonly Level[]): (Level | undefined)[] {
  return Array.from({ length: LEVELS }, (_, index) => levels[index]);
}

function Rows({ side, levels, most }: { side: 'ask' | 'bid'; levels: (Level | undefined)[]; most: number }) {
  const item = current.value;
  return (
    <>
      {levels.map((level, index) => {
        if (level === undefined || item === undefined) return <div class="rung" key={index} />;
        const [price, quantity] = level;
        return (
          <button
            type="button"
            class={`rung ${side}`}
            key={index}
            onClick={() => {
              ticketPrice.value = String(price / 10 ** item.price_decimals);
            }}
          >
            <i style={{ width: `${(quantity / most) * 100}%` }} />
            <span class={side === 'ask' ? 'down' : 'up'}>{unitsText(price, item.price_decimals)}</span>
            <span>{unitsText(quantity, item.quantity_decimals)}</span>
          </button>
        );
      })}
    </>
  );
}
