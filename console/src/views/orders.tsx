import { useSignal } from '@preact/signals';
import { ApiError, type Order } from '@supernoba/client';
import { clockText, shortText } from '../lib/numbers.ts';
import { type Word, word } from '../lib/words.ts';
import { fills, openOrders, pastOrders, touched } from '../state/account.ts';
import { rest } from '../state/session.ts';

const TABS = ['openOrders', 'history', 'fills'] as const satisfies readonly Word[];

/** Open orders with cancel and replace, past orders with their reasons, and fills. */
export function Orders() {
  const tab = useSignal<(typeof TABS)[number]>('openOrders');
  const problem = useSignal('');
  const report = (work: Promise<unknown>) =>
    void work.then(
      () => {
        problem.value = '';
      },
      (error) => {
        problem.value = error instanceof ApiError ? `${error.message} (${error.code})` : String(error);
      },
    );
  return (
    <section class="panel orders" aria-label={word('openOrders')}>
      <div class="panel-head">
        <fieldset class="segmented" aria-label={word('openOrders')}>
          {TABS.map((name) => (
            <button
              type="button"
              key={name}
              aria-pressed={tab.value === name}
              onClick={() => {
                tab.value = name;
              }}
            >
              {word(name)} {name === 'openOrders' && openOrders.value.length > 0 ? `(${openOrders.value.length})` : ''}
            </button>
          ))}
        </fieldset>
        <span class="grow" />
        <output class="bad">{problem.value}</output>
        {openOrders.value.length > 0 && (
          <button type="button" onClick={() => report(rest.value.cancelAll())}>
            {word('cancelAll')}
          </button>
        )}
      </div>
      <section class="scroll" tabIndex={0} aria-label={word(tab.value)}>
        {tab.value === 'openOrders' && <OpenOrders report={report} />}
        {tab.value === 'history' && <History />}
        {tab.value === 'fills' && <Fills />}
      </section>
    </section>
  );
}

function Heads({ names }: { names: readonly (Word | '')[] }) {
  return (
    <thead>
      <tr>
        {names.map((name, index) =>
          name === '' ? (
            <td key={index} />
          ) : (
            <th scope="col" key={index}>
              {word(name)}
            </th>
          ),
        )}
      </tr>
    </thead>
  );
}

function SideCell({ side }: { side: Order['side'] }) {
  return <td class={side === 'BUY' ? 'up' : 'down'}>{side === 'BUY' ? word('buy') : word('sell')}</td>;
}

function OpenOrders({ report }: { report(work: Promise<unknown>): void }) {
  const editing = useSignal('');
  const price = useSignal('');
  const open = useSignal('');
  if (openOrders.value.length === 0) return <p class="hint">{word('none')}</p>;
  const save = (order: Order) => {
    const change = {
      ...(Number(price.value) === order.price ? {} : { price: price.value }),
      ...(Number(open.value) === order.remaining_qty ? {} : { remaining: open.value }),
    };
    editing.value = '';
    if (Object.keys(change).length > 0) report(rest.value.replaceOrder(order.order_id, change));
  };
  return (
    <table>
      <Heads names={['time', 'symbol', 'side', 'price', 'quantity', 'filled', 'status', '']} />
      <tbody>
        {openOrders.value.map((order) => (
          <tr key={order.order_id} class={touched.value === order.order_id ? 'flash' : ''}>
            <td>{clockText(order.created_at)}</td>
            <td>{order.symbol}</td>
            <SideCell side={order.side} />
            {editing.value === order.order_id ? (
              <>
                <td>
                  <input
                    size={8}
                    aria-label={word('price')}
                    value={price.value}
                    onInput={(event) => {
                      price.value = event.currentTarget.value;
                    }}
                  />
                </td>
                <td>
                  <input
                    size={6}
                    aria-label={word('quantity')}
                    value={open.value}
                    onInput={(event) => {
                      open.value = event.currentTarget.value;
                    }}
                  />
                </td>
              </>
            ) : (
              <>
                <td>{shortText(order.price, 8)}</td>
                <td>{shortText(order.quantity, 8)}</td>
              </>
            )}
            <td>{shortText(order.filled_qty, 8)}</td>
            <td>{order.status}</td>
            <td class="actions">
              {editing.value === order.order_id ? (
                <button type="button" onClick={() => save(order)}>
                  {word('save')}
                </button>
              ) : (
                <button
                  type="button"
                  onClick={() => {
                    editing.value = order.order_id;
                    price.value = String(order.price);
                    open.value = String(order.remaining_qty);
                  }}
                >
                  {word('replace')}
                </button>
              )}
              <button type="button" onClick={() => report(rest.value.cancelOrder(order.order_id))}>
                {word('cancel')}
              </button>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function History() {
  if (pastOrders.value.length === 0) return <p class="hint">{word('none')}</p>;
  return (
    <table>
      <Heads names={['time', 'symbol', 'side', 'price', 'quantity', 'filled', 'average', 'status', 'reason']} />
      <tbody>
        {pastOrders.value.map((order) => (
          <tr key={order.order_id}>
            <td>{clockText(order.updated_at)}</td>
            <td>{order.symbol}</td>
            <SideCell side={order.side} />
            <td>{order.order_type === 'MARKET' ? word('market') : shortText(order.price, 8)}</td>
            <td>{shortText(order.quantity, 8)}</td>
            <td>{shortText(order.filled_qty, 8)}</td>
            <td>{order.avg_price === null ? '–' : shortText(order.avg_price, 8)}</td>
            <td>{order.status}</td>
            <td>{order.reason ?? ''}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Fills() {
  if (fills.value.length === 0) return <p class="hint">{word('none')}</p>;
  return (
    <table>
      <Heads names={['time', 'symbol', 'side', 'price', 'quantity', 'fee_']} />
      <tbody>
        {fills.value.map((fill) => (
          <tr key={`${fill.trade_id}${fill.order_id}`}>
            <td>{clockText(fill.timestamp)}</td>
            <td>{fill.symbol}</td>
            <SideCell side={fill.side} />
            <td>{shortText(fill.price, 8)}</td>
            <td>{shortText(fill.quantity, 8)}</td>
            <td>{shortText(fill.fee, 8)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
