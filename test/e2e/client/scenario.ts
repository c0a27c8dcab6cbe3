import type * as ClientPackage from '../../../client/src/index.ts';

/** What the scenario can do to the connection between client and exchange. */
export interface Wire {
  /** Cuts every WebSocket and refuses new ones until `mend`. */
  cut(): Promise<void>;
  mend(): Promise<void>;
  /** Swallows the next private messages on their way to the client. */
  loseNext(): Promise<void>;
}

export interface Seen {
  states: string[];
  gaps: [from: number, to: number][];
  useqs: number[];
  /** Open quantities of the orders as their ORDER_STATUS told them, in order. */
  quantities: number[];
  depths: number;
  refused: string;
}

/**
 * A trading session with a lost connection and a lost message, by the client package alone. It runs as it stands in Node and
 * in a browser: nothing of either is used.
 */
export async function tradeThroughTrouble(
  { ApiError, RestClient, StreamClient }: typeof ClientPackage,
  wire: Wire,
  { url, user }: { url: string; user: string },
): Promise<Seen> {
  const credentials = { testUserId: user };
  const rest = new RestClient({ url, credentials });
  const seen: Seen = { states: [], gaps: [], useqs: [], quantities: [], depths: 0, refused: '' };
  const stream = new StreamClient({
    url,
    credentials,
    pingEveryMs: 1_000,
    onState: (state) => seen.states.push(state),
    onGap: (from, to) => seen.gaps.push([from, to]),
    onPublic: ({ e }) => {
      if (e === 'd') seen.depths += 1;
    },
    onPrivate: ({ data }) => {
      seen.useqs.push(data.useq);
      seen.quantities.push(data.remaining_qty);
    },
  });
  const place = (quantity: number) => rest.placeOrder({ symbol: 'TEST', side: 'BUY', price: 900, quantity });
  stream.subscribe({ main: 'TEST' });
  stream.open();
  await until(() => stream.state === 'open');
  await place(1);
  await until(() => seen.useqs.length === 1 && seen.depths > 0);

  await wire.cut();
  await until(() => stream.state !== 'open');
  await place(2);
  await place(3);
  await wire.mend();
  await until(() => seen.useqs.length === 3);

  await wire.loseNext();
  const { order_id } = await place(4);
  await until(async () => (await rest.orders({ status: 'OPEN' })).orders.some((order) => order.order_id === order_id));
  await settled(rest, order_id);
  const depths = seen.depths;
  await place(5);
  await until(() => seen.useqs.length === 5 && seen.depths > depths);

  seen.refused = await rest.placeOrder({ symbol: 'NONE', side: 'BUY', price: 1, quantity: 1 }).then(
    () => 'nothing',
    (error) => (error instanceof ApiError ? error.code : String(error)),
  );
  stream.close();
  return seen;
}

async function settled(rest: ClientPackage.RestClient, orderId: string): Promise<void> {
  await until(async () => (await rest.order(orderId)).status === 'ACCEPTED');
  // The message of it is on the wire by now, and lost there.
  await new Promise((done) => setTimeout(done, 300));
}

async function until(right: () => boolean | Promise<boolean>): Promise<void> {
  const end = performance.now() + 90_000;
  while (!(await right())) {
    if (performance.now() > end) throw new Error(`not in time: ${right}`);
    await new Promise((done) => setTimeout(done, 10));
  }
}
