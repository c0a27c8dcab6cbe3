import { computed, signal } from '@preact/signals';
import type { Assets, Fill, NewOrder, Order, PrivateMessage } from '@supernoba/client';
import { rest, userName } from './session.ts';

const FINAL = new Set(['FILLED', 'CANCELLED', 'REJECTED', 'EXPIRED']);
const REFRESH_MS = 400;

export const orders = signal<ReadonlyMap<string, Order>>(new Map());
export const fills = signal<readonly Fill[]>([]);
export const assets = signal<Assets>({ wallets: [], positions: [] });
/** Orders whose state has just changed, to flash them. */
export const touched = signal<string | undefined>(undefined);

export const openOrders = computed(() =>
  [...orders.value.values()].filter(({ status }) => !FINAL.has(status)).sort((a, b) => b.created_at - a.created_at),
);
export const pastOrders = computed(() =>
  [...orders.value.values()].filter(({ status }) => FINAL.has(status)).sort((a, b) => b.updated_at - a.updated_at),
);

export async function loadAccount(): Promise<void> {
  if (userName.value === undefined) {
    orders.value = new Map();
    fills.value = [];
    assets.value = { wallets: [], positions: [] };
    return;
  }
  const [mine, traded, owned] = await Promise.all([
    rest.value.orders({ limit: 100 }),
    rest.value.fills({ limit: 50 }),
    rest.value.assets(),
  ]);
  orders.value = new Map(mine.orders.map((order) => [order.order_id, order]));
  fills.value = traded.fills;
  assets.value = owned;
}

/** Places an order and shows it at once; what becomes of it comes as private messages. */
export async function placeOrder(order: NewOrder): Promise<string> {
  const placed = await rest.value.placeOrder({ ...order, client_order_id: crypto.randomUUID() });
  scheduleRefresh();
  return placed.order_id;
}

/** A status change shows within the frame of its message; amounts and fills follow from REST shortly after. */
export function onPrivate(message: PrivateMessage): void {
  const { order_id, status, remaining_qty } = message.data;
  const known = orders.value.get(order_id);
  if (known !== undefined) {
    const next = new Map(orders.value);
    const reason = 'reason' in message.data && message.data.reason !== undefined ? { reason: message.data.reason } : {};
    next.set(order_id, { ...known, status, ...reason, ...(remaining_qty === 0 ? { remaining_qty: 0 } : {}) });
    orders.value = next;
  }
  touched.value = order_id;
  scheduleRefresh();
}

let timer: ReturnType<typeof setTimeout> | undefined;

function scheduleRefresh(): void {
  if (timer !== undefined) return;
  timer = setTimeout(() => {
    timer = undefined;
    loadAccount().catch(() => scheduleRefresh());
  }, REFRESH_MS);
}
