import type { Changes, State } from '../memory/state.ts';
import type { Cut } from './backing.ts';

/** What has changed, as it stands now. @param entered positions of order entry */
export function cutOf(state: State, changes: Changes, number: number, entered: Cut['positions']): Cut {
  return {
    number,
    forgottenOrders: [...changes.forgotten],
    newOrders: [...changes.added],
    changedOrders: [...changes.changed],
    wallets: [...changes.wallets],
    supplies: [...changes.supplies],
    replaceHolds: split(changes.replaceHolds, state.replaceHolds),
    transfers: split(changes.transfers, state.transfers),
    assets: split(changes.assets, state.assets).rows,
    instruments: split(changes.instruments, state.instruments).rows.map((definition) => ({
      symbol: definition.symbol,
      definition,
    })),
    applied: [...changes.applied].map((key) => {
      const [consumer = '', symbol = ''] = key.split(' ');
      return { consumer, symbol, seq: state.applied.get(key) ?? 0 };
    }),
    positions: [...changes.positions]
      .map((key) => {
        const [consumer = '', topic = '', partition] = key.split(' ');
        return { consumer, topic, partition: Number(partition), next_offset: state.positions.get(key) ?? 0 };
      })
      .concat(entered),
  };
}

function split<T>(keys: ReadonlySet<string>, table: ReadonlyMap<string, T>): { rows: T[]; gone: string[] } {
  const rows: T[] = [];
  const gone: string[] = [];
  for (const key of keys) {
    const row = table.get(key);
    if (row === undefined) gone.push(key);
    else rows.push(row);
  }
  return { rows, gone };
}

/** The cut was not written: what it held is unwritten again, beside what has changed since. */
export function mergeBack(cut: Changes, since: Changes): void {
  for (const id of cut.forgotten) since.forgotten.add(id);
  for (const order of cut.added) {
    since.changed.delete(order);
    // Forgotten since: it never got there, and the deletion of what is not there does no harm.
    if (!since.forgotten.has(order.order_id)) since.added.add(order);
  }
  for (const order of cut.changed) if (!since.forgotten.has(order.order_id)) since.order(order);
  for (const [asset, amount] of cut.supplies) since.supply(asset, amount);
  for (const name of [
    'wallets',
    'replaceHolds',
    'transfers',
    'assets',
    'instruments',
    'applied',
    'positions',
  ] as const) {
    const into: Set<unknown> = since[name];
    for (const key of cut[name]) into.add(key);
  }
}
