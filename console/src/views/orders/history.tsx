import { useSignal } from '@preact/signals';
import { momentText, shortText } from '../../lib/numbers.ts';
import { refusalText } from '../../lib/refusal.ts';
import { word } from '../../lib/words.ts';
import { pastOrders } from '../../state/account.ts';
import { allFills, endedOrders } from '../../state/past.ts';
import { Heads, NumberCell, priceText, SideCell, StatusCell, TypeCell } from './parts.tsx';

/** Orders that have ended, newest first, each with why. */
export function History() {
  if (pastOrders.value.length === 0 && endedOrders.cursor.value === undefined) {
    return <p class="hint">{word('noHistory')}</p>;
  }
  return (
    <>
      <table>
        <Heads names={['time', 'symbol', 'side', 'type', 'price', 'quantity', 'filled', 'average', 'status']} />
        <tbody>
          {pastOrders.value.map((order) => (
            <tr key={order.order_id} data-order={order.order_id} data-status={order.status}>
              <td class="time">{momentText(order.updated_at, Date.now())}</td>
              <td class="symbol">{order.symbol}</td>
              <SideCell side={order.side} />
              <TypeCell order={order} />
              <NumberCell name="price">{priceText(order.symbol, order.price)}</NumberCell>
              <NumberCell name="quantity">{shortText(order.quantity, 8)}</NumberCell>
              <NumberCell name="filled">{shortText(order.filled_qty, 8)}</NumberCell>
              <NumberCell name="average">{order.avg_price === null ? '–' : shortText(order.avg_price, 8)}</NumberCell>
              <StatusCell order={order} />
            </tr>
          ))}
        </tbody>
      </table>
      <Older pages={endedOrders} />
    </>
  );
}

export function Fills() {
  if (allFills.rows.value.length === 0) return <p class="hint">{word('noFills')}</p>;
  return (
    <>
      <table>
        <Heads names={['time', 'symbol', 'side', 'price', 'quantity', 'amount_', 'fee_', 'liquidity']} />
        <tbody>
          {allFills.rows.value.map((fill) => (
            <tr key={`${fill.trade_id}${fill.order_id}`}>
              <td class="time">{momentText(fill.timestamp, Date.now())}</td>
              <td class="symbol">{fill.symbol}</td>
              <SideCell side={fill.side} />
              <NumberCell name="price">{priceText(fill.symbol, fill.price)}</NumberCell>
              <NumberCell name="quantity">{shortText(fill.quantity, 8)}</NumberCell>
              <NumberCell name="amount_">{shortText(fill.amount, 8)}</NumberCell>
              <NumberCell name="fee_">{shortText(fill.fee, 8)}</NumberCell>
              <td class="state">{word(fill.liquidity === 'MAKER' ? 'maker' : 'taker')}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <Older pages={allFills} />
    </>
  );
}

/** Reads what is older, as long as there is something. */
function Older({ pages }: { pages: Pick<typeof endedOrders, 'cursor' | 'older'> }) {
  const problem = useSignal('');
  const busy = useSignal(false);
  if (pages.cursor.value === undefined) return null;
  const read = async () => {
    busy.value = true;
    problem.value = '';
    await pages.older().catch((error) => {
      problem.value = refusalText(error);
    });
    busy.value = false;
  };
  return (
    <p class="older">
      <button type="button" disabled={busy.value} onClick={() => void read()}>
        {word('older')}
      </button>
      <output class="bad">{problem.value}</output>
    </p>
  );
}
