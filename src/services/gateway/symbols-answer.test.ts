import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SimulatedClock } from '../../adapters/clock/simulated.ts';
import type { Instrument } from '../../domain/instrument.ts';
import { InstrumentRegistry } from '../instruments/registry.ts';
import { SymbolsAnswers } from './symbols-answer.ts';

const START = Date.UTC(2026, 0, 2);
const DAY_MS = 86_400_000;

const DATED: Instrument = {
  symbol: 'DATED',
  name: 'With a table of tomorrow',
  base: 'DATED',
  quote: 'KRW',
  base_decimals: 0,
  quote_decimals: 0,
  price_decimals: 0,
  quantity_decimals: 0,
  amount_scale: 1,
  base_scale: 1,
  tick_tables: [
    { effective_at: 0, bands: [{ from: 0, tick: 1 }] },
    { effective_at: START + DAY_MS, bands: [{ from: 0, tick: 5 }] },
  ],
  lot_size: 1,
  max_quantity: 1_000_000,
  reference_price: 1_000,
  price_limit_bps: 3_000,
  status: 'ACTIVE',
  calendar: 'ALWAYS',
  maker_fee_bps: 0,
  taker_fee_bps: 0,
};

test('made once, and again when an instrument changes', () => {
  const instruments = new InstrumentRegistry();
  const answers = new SymbolsAnswers({ instruments, clock: new SimulatedClock(START) });
  const empty = answers.now();
  assert.deepEqual(empty.answer.symbols, []);
  instruments.put(DATED);
  const first = answers.now();
  assert.notEqual(first.etag, empty.etag);
  assert.equal(answers.now(), first);
  instruments.put({ ...DATED, status: 'HALTED' });
  assert.equal(answers.now().answer.symbols[0]?.status, 'HALTED');
  assert.notEqual(answers.now().etag, first.etag);
});

test('made again when a dated tick table comes into force, and when the clock is set back before it', () => {
  const instruments = new InstrumentRegistry();
  instruments.put(DATED);
  const clock = new SimulatedClock(START);
  const answers = new SymbolsAnswers({ instruments, clock });
  const tick = () => answers.now().answer.symbols[0]?.tick_size;
  const before = answers.now();
  clock.skew(DAY_MS - 1);
  assert.deepEqual([answers.now(), tick()], [before, 1]);
  clock.skew(1);
  assert.equal(tick(), 5);
  clock.skew(-1);
  assert.deepEqual([answers.now().etag, tick()], [before.etag, 1]);
});
