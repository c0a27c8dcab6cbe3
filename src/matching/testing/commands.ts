import fc from 'fast-check';
import { BUY, type OrderBook, SELL } from '../order-book.ts';

/** A command of OrderBook as a value; `restore` puts the book through its own snapshot. */
export type BookCommand =
  | {
      kind: 'submit';
      id: number;
      side: 0 | 1;
      price: number;
      quantity: number;
      flags: number;
      owner: number;
      stp: number;
    }
  | { kind: 'cancel'; id: number }
  | { kind: 'replace' | 'requeue'; id: number; price: number; quantity: number }
  | { kind: 'restore' };

/** Runs one command and returns the number of its reports. */
export function apply(book: OrderBook, command: BookCommand): number {
  switch (command.kind) {
    case 'submit': {
      const { id, side, price, quantity, flags, owner, stp } = command;
      return book.submit(id, side, price, quantity, flags, owner, stp);
    }
    case 'cancel':
      return book.cancel(command.id);
    case 'replace':
      return book.replace(command.id, command.price, command.quantity);
    case 'requeue':
      return book.requeue(command.id, command.price, command.quantity);
    case 'restore':
      book.restore(book.snapshot());
      return 0;
  }
}

const MAX_INT32 = 2 ** 31 - 1;

/** Where the prices of one run lie: close together, across a page of the ladder, far apart, or all over the range. */
const prices = fc.constantFrom(
  fc.integer({ min: 1, max: 12 }),
  fc.integer({ min: 58, max: 70 }),
  fc.integer({ min: 4_090, max: 4_100 }),
  fc.integer({ min: 0, max: 6 }).map((i) => 1_000_000 * i + 1),
  fc.integer({ min: 0, max: 5 }).map((i) => 2 ** 30 - 3 + i),
  fc.integer({ min: 1, max: MAX_INT32 }),
  fc.oneof(fc.integer({ min: 1, max: 3 }), fc.integer({ min: MAX_INT32 - 2, max: MAX_INT32 })),
  fc.integer({ min: 0, max: 30 }).map((bit) => 2 ** bit),
);

/** `length` commands over few ids, owners and prices, so that they meet. */
export function commandLists(length: number): fc.Arbitrary<BookCommand[]> {
  return prices.chain((price) => fc.array(commandAt(price), { minLength: length, maxLength: length }));
}

function commandAt(price: fc.Arbitrary<number>): fc.Arbitrary<BookCommand> {
  const id = fc.oneof({ weight: 20, arbitrary: fc.integer({ min: 0, max: 24 }) }, fc.integer({ min: 0, max: 5_000 }));
  const quantity = fc.oneof(
    { weight: 20, arbitrary: fc.integer({ min: 1, max: 9 }) },
    fc.integer({ min: 1, max: MAX_INT32 }),
  );
  const terms = fc.record({
    kind: fc.constant('submit' as const),
    id,
    side: fc.constantFrom<(0 | 1)[]>(BUY, SELL),
    price,
    otherPrice: price,
    patient: fc.boolean(),
    quantity,
    flags: fc.oneof({ weight: 2, arbitrary: fc.constant(0) }, fc.integer({ min: 0, max: 7 })),
    owner: fc.oneof({ weight: 9, arbitrary: fc.integer({ min: 0, max: 2 }) }, fc.constant(2 ** 28 - 1)),
    stp: fc.integer({ min: 0, max: 3 }),
  });
  // A patient order takes the price that is less likely to trade, so that the book grows.
  const submit = terms.map(({ otherPrice, patient, ...order }) => {
    const patientPrice = order.side === BUY ? Math.min(order.price, otherPrice) : Math.max(order.price, otherPrice);
    return { ...order, price: patient ? patientPrice : order.price };
  });
  const cancel = fc.record({ kind: fc.constant('cancel' as const), id });
  const replace = fc.record({ kind: fc.constantFrom('replace' as const, 'requeue' as const), id, price, quantity });
  return fc.oneof(
    { weight: 55, arbitrary: submit },
    { weight: 10, arbitrary: cancel },
    { weight: 34, arbitrary: replace },
    { weight: 1, arbitrary: fc.constant({ kind: 'restore' as const }) },
  );
}
