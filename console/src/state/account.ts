import { computed, signal } from '@preact/signals';
import { ApiError, type Assets, type NewOrder, type Order, type PrivateMessage } from '@supernoba/client';
import { afterMessage, isFinal, mergeRead, placedOrder, strangeOrder } from '../lib/my-orders.ts';
import { onRefused } from './login.ts';
import { symbols } from './market.ts';
import { allFills, endedOrders, PAGE } from './past.ts';
import { rest, userName } from './session.ts';

const REFRESH_MS = 500;
/** Two readings are so far apart at least, however many messages come: an address may ask only so much in a minute. */
const APART_MS = 1_000;
/** After one that failed the next waits; a new connection reads at once. */
const FAILED_MS = 3_000;
/** What is read within this time of a message may be older than the message: settlement follows the match. */
const SETTLING_MS = 1_500;
/** So many open orders are read, the newest. */
const OPEN_READ = 500;
/** A refusal of the engine stands so long. */
const LATE_SHOWN_MS = 30_000;

export const orders = signal<ReadonlyMap<string, Order>>(new Map());
export const assets = signal<Assets>({ wallets: [], positions: [] });
/** Whether there are more open orders than are read and shown. */
export const moreOpen = signal(false);
/** The order whose state has just changed, to flash it. */
export const touched = signal<string | undefined>(undefined);
/** Why the exchange's engine refused a cancel or replace that the router had taken. */
export const lateRefusal = signal<{ symbol: string; code: string } | undefined>(undefined);

let lateTimer: ReturnType<typeof setTimeout> | undefined;

/** Shows a refusal of the engine for a while, or (undefined) none: what is done next is not to stand beside an old one. */
export function tellLate(refusal: { symbol: string; code: string } | undefined): void {
  clearTimeout(lateTimer);
  lateRefusal.value = refusal;
  if (refusal === undefined) return;
  lateTimer = setTimeout(() => {
    lateRefusal.value = undefined;
  }, LATE_SHOWN_MS);
}

/** When each order was last heard of, by performance.now(). */
const heardAt = new Map<string, number>();
/** Terms of orders on their way, by client_order_id: their first message may come before the answer. */
const underWay = new Map<string, NewOrder>();

export const openOrders = computed(() =>
  [...orders.value.values()].filter(({ status }) => !isFinal(status)).sort((a, b) => b.created_at - a.created_at),
);
export const pastOrders = computed(() => {
  const rows = new Map(endedOrders.rows.value.map((order) => [order.order_id, order]));
  for (const order of orders.value.values()) if (isFinal(order.status)) rows.set(order.order_id, order);
  return [...rows.values()].sort((a, b) => b.updated_at - a.updated_at);
});

export async function loadAccount(): Promise<void> {
  if (userName.value === undefined) {
    orders.value = new Map();
    moreOpen.value = false;
    heardAt.clear();
    endedOrders.clear();
    allFills.clear();
    assets.value = { wallets: [], positions: [] };
    return;
  }
  const asked = rest.value;
  const askedAt = performance.now();
  lastRead = askedAt;
  const answers = Promise.all([
    asked.orders({ status: 'OPEN', limit: OPEN_READ }),
    asked.orders({ limit: PAGE }),
    asked.fills({ limit: PAGE }),
    asked.assets(),
  ]);
  answers.catch(onRefused);
  const [open, newest, traded, owned] = await answers;
  // Signed in as somebody else while the answers were on their way: they are not this user's.
  if (asked !== rest.value) return;
  for (const [id, at] of heardAt) if (askedAt - at >= SETTLING_MS) heardAt.delete(id);
  const fresh = (id: string) => askedAt - (heardAt.get(id) ?? -Infinity) < SETTLING_MS;
  moreOpen.value = open.next_cursor !== undefined;
  const read = [...open.orders, ...newest.orders];
  orders.value = mergeRead(orders.value, read, fresh);
  for (const { client_order_id } of read) heardOf(client_order_id);
  if (read.some(({ order_id }) => fresh(order_id))) scheduleRefresh(SETTLING_MS);
  endedOrders.newest(
    newest.orders.filter(({ status }) => isFinal(status)),
    newest.next_cursor,
  );
  allFills.newest(traded.fills, traded.next_cursor);
  assets.value = owned;
}

/**
 * The order that was sent last, where no answer came: it may have been taken. The same terms go out under the same id
 * again, so that the exchange makes no second order of them.
 */
let unanswered: { terms: string; id: string } | undefined;

/** No answer came to an order: whether it was taken is not known until it is heard of. */
export class NoAnswer extends Error {
  readonly clientOrderId: string;

  constructor(clientOrderId: string) {
    super('No answer came.');
    this.clientOrderId = clientOrderId;
  }
}

/**
 * Places an order and shows it at once; what becomes of it comes as private messages. After a NoAnswer it may be called
 * again with the same terms: that is the same order, unless it has been heard of meanwhile.
 * @throws NoAnswer, or ApiError with the exchange's refusal
 */
export async function placeOrder(order: NewOrder): Promise<string> {
  const sent = JSON.stringify([userName.value, order]);
  const client_order_id = unanswered?.terms === sent ? unanswered.id : newId();
  const terms = { ...order, client_order_id };
  underWay.set(client_order_id, terms);
  unanswered = { terms: sent, id: client_order_id };
  try {
    const placed = await rest.value.placeOrder(terms).catch((error: unknown) => {
      if (!(error instanceof ApiError)) throw new NoAnswer(client_order_id);
      if (error.status < 500) heardOf(client_order_id);
      throw error;
    });
    heardOf(client_order_id);
    if (!orders.value.has(placed.order_id)) show(placedOrder(terms, placed, Date.now()));
    return placed.order_id;
  } finally {
    underWay.delete(client_order_id);
    scheduleRefresh();
  }
}

/** The exchange has told what became of an order: the next one is another, even with the same terms. */
function heardOf(clientOrderId: string | null): void {
  if (unanswered?.id === clientOrderId) unanswered = undefined;
}

/** 128 bits of chance. (`crypto.randomUUID` is there only on pages that came over TLS or from this machine.) */
function newId(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** A status change shows within the frame of its message; fees, fills and balances follow from REST shortly after. */
export function onPrivate(message: PrivateMessage): void {
  const { order_id, symbol, client_order_id = null } = message.data;
  heardOf(client_order_id);
  const scales = symbols.value.find((item) => item.symbol === symbol);
  if (scales !== undefined) {
    const known = orders.value.get(order_id) ?? orderUnderWay(message);
    show(afterMessage(known, message, scales, Date.now()));
  }
  if (message.type === 'ORDER_STATUS' && message.data.event?.endsWith('_REJECTED') === true) {
    tellLate({ symbol, code: message.data.reason ?? '' });
  }
  scheduleRefresh();
}

function orderUnderWay(message: PrivateMessage): Order {
  const { client_order_id, order_id, symbol } = message.data;
  const terms = client_order_id === null ? undefined : underWay.get(client_order_id);
  if (terms === undefined) return strangeOrder(message, Date.now());
  const placed = {
    message: 'Order accepted',
    topic: '',
    order_id,
    client_order_id,
    symbol,
    status: 'PENDING',
  } as const;
  return placedOrder(terms, placed, Date.now());
}

function show(order: Order): void {
  heardAt.set(order.order_id, performance.now());
  orders.value = new Map(orders.value).set(order.order_id, order);
  // An old order that ends is not among the newest ones that are read.
  if (isFinal(order.status)) endedOrders.add([order]);
  touched.value = order.order_id;
}

let timer: ReturnType<typeof setTimeout> | undefined;
let dueAt = Infinity;
/** When the account was asked for last. */
let lastRead = -Infinity;

/** Reads the account again after a while; of several wishes the earliest counts. */
function scheduleRefresh(afterMs = REFRESH_MS): void {
  const now = performance.now();
  const due = Math.max(now + afterMs, lastRead + APART_MS);
  if (due >= dueAt) return;
  clearTimeout(timer);
  dueAt = due;
  timer = setTimeout(() => {
    dueAt = Infinity;
    loadAccount().catch(() => scheduleRefresh(FAILED_MS));
  }, due - now);
}
