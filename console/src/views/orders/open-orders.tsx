import { type Signal, useSignal } from '@preact/signals';
import type { Order } from '@supernoba/client';
import { useEffect, useRef } from 'preact/hooks';
import { type ChangeFields, changeOf } from '../../lib/my-orders.ts';
import { inputText, momentText, shortText, stepPrice, typedNumber } from '../../lib/numbers.ts';
import { stepQuantity } from '../../lib/order-rules.ts';
import { refusalText } from '../../lib/refusal.ts';
import { word } from '../../lib/words.ts';
import { openOrders, tellLate, touched } from '../../state/account.ts';
import { type MarketSymbol, symbols } from '../../state/market.ts';
import { rest } from '../../state/session.ts';
import { Heads, NumberCell, priceText, SideCell, StatusCell, TypeCell } from './parts.tsx';

const COLUMNS = ['time', 'symbol', 'side', 'type', 'price', 'quantity', 'filled', 'status', ''] as const;

/** Orders in the book; each can be cancelled, or changed in its row. */
export function OpenOrders() {
  if (openOrders.value.length === 0) return <p class="hint">{word('noOpenOrders')}</p>;
  return (
    <table>
      <Heads names={COLUMNS} />
      <tbody>
        {openOrders.value.map((order) => (
          <OpenOrder key={order.order_id} order={order} />
        ))}
      </tbody>
    </table>
  );
}

function OpenOrder({ order }: { order: Order }) {
  const editing = useSignal(false);
  const problem = useSignal('');
  const price = useSignal('');
  const remaining = useSignal('');
  const item = symbols.value.find(({ symbol }) => symbol === order.symbol);

  const attempt = (work: Promise<unknown>) => {
    problem.value = '';
    tellLate(undefined);
    work.catch((error) => {
      problem.value = refusalText(error);
    });
  };
  const began = useRef<ChangeFields>({ price: '', remaining: '' });
  const edit = () => {
    began.current = { price: inputText(order.price), remaining: inputText(order.remaining_qty) };
    price.value = began.current.price;
    remaining.value = began.current.remaining;
    problem.value = '';
    editing.value = true;
  };
  const save = () => {
    editing.value = false;
    const terms = changeOf(began.current, { price: price.value, remaining: remaining.value });
    if (Object.keys(terms).length > 0) attempt(rest.value.replaceOrder(order.order_id, terms));
  };
  // Who works by keyboard goes on where the change began.
  const change = useRef<HTMLButtonElement>(null);
  const wasEditing = useRef(false);
  useEffect(() => {
    if (wasEditing.current && !editing.value) change.current?.focus();
    wasEditing.current = editing.value;
  }, [editing.value]);
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'Enter') save();
    if (event.key === 'Escape') editing.value = false;
  };

  return (
    <>
      <tr
        class={touched.value === order.order_id ? 'flash' : ''}
        data-order={order.order_id}
        data-status={order.status}
      >
        <td class="time">{momentText(order.created_at, Date.now())}</td>
        <td class="symbol">{order.symbol}</td>
        <SideCell side={order.side} />
        <TypeCell order={order} />
        {editing.value ? (
          <EditCells item={item} price={price} remaining={remaining} onKeyDown={onKeyDown} />
        ) : (
          <>
            {/* An order placed elsewhere is heard of before its terms are read. */}
            <NumberCell name="price">{order.price === null ? '…' : priceText(order.symbol, order.price)}</NumberCell>
            <NumberCell name="quantity">{shortText(order.quantity, 8)}</NumberCell>
          </>
        )}
        <NumberCell name="filled">{shortText(order.filled_qty, 8)}</NumberCell>
        <StatusCell order={order} />
        <td class="act">
          <span class="actions">
            {editing.value ? (
              <>
                <button type="button" class="primary" onClick={save}>
                  {word('save')}
                </button>
                <button
                  type="button"
                  aria-label={word('close')}
                  onClick={() => {
                    editing.value = false;
                  }}
                >
                  ✕
                </button>
              </>
            ) : (
              <>
                <button type="button" ref={change} disabled={order.price === null} onClick={edit}>
                  {word('replace')}
                </button>
                <button type="button" onClick={() => attempt(rest.value.cancelOrder(order.order_id))}>
                  {word('cancel')}
                </button>
              </>
            )}
          </span>
        </td>
      </tr>
      {problem.value !== '' && (
        <tr class="problem">
          <td colSpan={COLUMNS.length}>
            <output class="bad">{problem.value}</output>
          </td>
        </tr>
      )}
    </>
  );
}

interface EditProps {
  item: MarketSymbol | undefined;
  price: Signal<string>;
  remaining: Signal<string>;
  onKeyDown(event: KeyboardEvent): void;
}

/** Price and open quantity to type, or to step by arrow keys; Enter saves, Escape leaves. */
function EditCells({ item, price, remaining, onKeyDown }: EditProps) {
  const first = useRef<HTMLInputElement>(null);
  useEffect(() => first.current?.select(), []);
  const stepped = (event: KeyboardEvent, step: (direction: 1 | -1) => void) => {
    onKeyDown(event);
    if (event.key !== 'ArrowUp' && event.key !== 'ArrowDown') return;
    event.preventDefault();
    step(event.key === 'ArrowUp' ? 1 : -1);
  };
  return (
    <>
      <td class="price" data-label={word('price')}>
        <input
          size={8}
          ref={first}
          inputMode="decimal"
          aria-label={word('price')}
          value={price.value}
          onInput={(event) => {
            price.value = typedNumber(event.currentTarget.value);
          }}
          onKeyDown={(event) =>
            stepped(event, (direction) => {
              if (item === undefined) return;
              price.value = inputText(
                stepPrice(Number(price.value) || 0, item.tick_table, direction, item.price_decimals),
              );
            })
          }
        />
      </td>
      <td class="quantity" data-label={word('remaining')}>
        <input
          size={6}
          inputMode="decimal"
          aria-label={word('remaining')}
          value={remaining.value}
          onInput={(event) => {
            remaining.value = typedNumber(event.currentTarget.value);
          }}
          onKeyDown={(event) =>
            stepped(event, (direction) => {
              if (item !== undefined)
                remaining.value = inputText(stepQuantity(item, Number(remaining.value), direction));
            })
          }
        />
      </td>
    </>
  );
}
