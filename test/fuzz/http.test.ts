import fc from 'fast-check';
import { Edge } from './edge.ts';
import { NASTY, pick } from './mutate.ts';
import { hold, type Inputs, surface } from './surface.ts';

/** Conversations at one time. */
const AT_ONCE = 16;

surface({
  name: 'http',
  async run(inputs, t) {
    const edge = await Edge.open();
    try {
      const shapes = shapedRequests(inputs);
      const all = inputs.all((chance) => (chance.random() < 0.4 ? shapes.next().value : inputs.mutated()));
      const work = async () => {
        for (const input of all)
          await hold(inputs, input, async () => edge.judge(await edge.converse(cut(inputs, input))));
      };
      await Promise.all(Array.from({ length: AT_ONCE }, work));
      await edge.finish();
      t.diagnostic(`http: ${edge.acknowledged.size} orders were accepted on the way`);
    } finally {
      await edge.close();
    }
  },
});

/** Some inputs come in two pieces. */
function cut(inputs: Inputs, input: Buffer): Buffer[] {
  if (inputs.chance.random() < 0.8) return [input];
  const at = Math.floor(inputs.chance.random() * input.length);
  return [input.subarray(0, at), input.subarray(at)];
}

const value = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom<unknown>(...NASTY) },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 60 }) },
  { weight: 1, arbitrary: fc.double() },
  { weight: 1, arbitrary: fc.jsonValue({ maxDepth: 3 }) },
);
const fields = fc.constantFrom(
  ...['symbol', 'side', 'order_type', 'orderType', 'price', 'quantity', 'qty', 'time_in_force', 'post_only'],
  ...['stop_price', 'display_quantity', 'stp', 'client_order_id', 'clientOrderId', 'user_id', 'remaining', 'orders'],
  ...['asset', 'amount', 'transfer_id', 'name', 'quote', 'tick_size', 'lot_size', 'reference_price', 'tick_table'],
);
const usual = fc.constantFrom<object>(
  { symbol: 'FZA', side: 'BUY', price: 100, quantity: 1 },
  { symbol: 'FZA', side: 'SELL', price: 100, quantity: 2 },
  { symbol: 'FZB', side: 'BUY', price: '1.25', quantity: '0.5' },
  { asset: 'KRW', amount: 7 },
);
const request = fc.record({
  line: fc.constantFrom(
    ...['POST /orders', 'POST /orders', 'POST /orders', 'POST /orders/batch', 'PATCH /orders/ord_1', 'DELETE /orders'],
    ...['POST /admin/accounts/fuzz1/deposit', 'POST /admin/accounts/fuzz2/withdraw', 'PATCH /admin/symbols/FZA'],
    ...['POST /admin/symbols', 'POST /admin/streams', 'GET /orders', 'GET /chart?symbol=FZA&interval=1m'],
  ),
  user: fc.constantFrom('fuzz1', 'fuzz2', 'fuzz3', 'stranger', '__proto__'),
  base: usual,
  changes: fc.dictionary(fields, value, { maxKeys: 4 }),
});

/** Requests whose bodies are JSON of about the right shape, with some fields that are anything. */
function* shapedRequests(inputs: Inputs): Generator<Buffer, never> {
  for (;;) {
    const seed = Math.floor(inputs.chance.random() * 2 ** 31);
    for (const { line, user, base, changes } of fc.sample(request, { seed, numRuns: 200 })) {
      const one = { ...base, ...changes };
      const body = line.endsWith('batch') ? { orders: [one, base, pick(inputs.chance, [one, base])] } : one;
      const text = JSON.stringify(body);
      const head = `${line} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nx-user-id: ${user}\r\nx-user-role: admin\r\n`;
      const length = Buffer.byteLength(text);
      yield Buffer.from(`${head}Content-Type: application/json\r\nContent-Length: ${length}\r\n\r\n${text}`);
    }
  }
}
