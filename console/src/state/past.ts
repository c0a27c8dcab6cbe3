import { signal } from '@preact/signals';
import type { Fill, Fills, Order, Orders } from '@supernoba/client';
import { isFinal } from '../lib/my-orders.ts';
import { Past } from '../lib/past.ts';
import { rest } from './session.ts';

/** The newest rows are read so many at a time, older ones too. */
export const PAGE = 100;
/** Rows that stay without having been asked for. */
const KEPT = 300;

/** What is over, read page by page: the newest with the account, older ones on demand. */
class Pages<T> {
  readonly #past: Past<T>;
  readonly #read: (cursor: string) => Promise<{ rows: readonly T[]; next: string | undefined }>;
  /** Older pages have been read: the newest page's cursor would lead back into them. */
  #paged = false;

  readonly rows = signal<readonly T[]>([]);
  /** Where older rows begin; undefined when there are none. */
  readonly cursor = signal<string | undefined>(undefined);

  constructor(past: Past<T>, read: (cursor: string) => Promise<{ rows: readonly T[]; next: string | undefined }>) {
    this.#past = past;
    this.#read = read;
  }

  /** The newest page, as it was read just now. */
  newest(rows: readonly T[], next: string | undefined): void {
    if (!this.#paged) this.cursor.value = next;
    this.add(rows);
  }

  add(rows: readonly T[]): void {
    this.#past.add(rows);
    this.rows.value = this.#past.all;
  }

  /** Reads the next older page. @throws ApiError, or TypeError without an answer */
  async older(): Promise<void> {
    const from = this.cursor.peek();
    if (from === undefined) return;
    const asked = rest.peek();
    const { rows, next } = await this.#read(from);
    if (asked !== rest.peek() || from !== this.cursor.peek()) return;
    this.#paged = true;
    this.cursor.value = next;
    this.#past.addOlder(rows);
    this.rows.value = this.#past.all;
  }

  clear(): void {
    this.#paged = false;
    this.cursor.value = undefined;
    this.#past.clear();
    this.rows.value = [];
  }
}

export const endedOrders = new Pages<Order>(
  new Past(
    ({ order_id }) => order_id,
    ({ updated_at }) => updated_at,
    KEPT,
  ),
  async (cursor) => {
    const { orders, next_cursor }: Orders = await rest.peek().orders({ limit: PAGE, cursor });
    return { rows: orders.filter(({ status }) => isFinal(status)), next: next_cursor };
  },
);

export const allFills = new Pages<Fill>(
  new Past(
    ({ trade_id, order_id }) => trade_id + order_id,
    ({ timestamp }) => timestamp,
    KEPT,
  ),
  async (cursor) => {
    const { fills, next_cursor }: Fills = await rest.peek().fills({ limit: PAGE, cursor });
    return { rows: fills, next: next_cursor };
  },
);
