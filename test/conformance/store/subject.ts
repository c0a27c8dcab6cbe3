import type { OrderEntry, Store } from '../../../src/ports/store.ts';
import { instrument, order, SCALED, type Sequencer } from './make.ts';

/** What a test of the suite works on: an empty store in which three instruments are set, and the engine's numbering. */
export interface Subject {
  store: Store;
  say: Sequencer;
}

export const TEST = instrument('TEST');
export const FREE = instrument('FREE', { maker_fee_bps: 0, taker_fee_bps: 0 });
export const COIN = instrument('COIN', SCALED);

export const buy = (order_id: string, user_id: string, price: number, quantity: number, more = {}): OrderEntry =>
  order(TEST, { order_id, user_id, is_buy: true, price, quantity, ...more });

export const sell = (order_id: string, user_id: string, price: number, quantity: number, more = {}): OrderEntry =>
  order(TEST, { order_id, user_id, is_buy: false, price, quantity, ...more });
