import { ExchangeError } from '../../domain/errors.ts';
import type { GatewayDeps } from './deps.ts';

const RETRY_AFTER_S = 1;

/**
 * The store as the routes ask it: where it cannot answer now (its disk is full, its connection broke) the client is told to
 * try again, as with orders. The log says why.
 */
export function storeAnswers({ store, log }: Pick<GatewayDeps, 'store' | 'log'>): GatewayDeps['store'] {
  async function asked<T>(question: Promise<T>): Promise<T> {
    try {
      return await question;
    } catch (err) {
      if (err instanceof ExchangeError) throw err;
      log.error({ err }, 'the store did not answer a question');
      throw new ExchangeError('UNAVAILABLE', 'The store does not answer now; try again.', undefined, RETRY_AFTER_S);
    }
  }
  return {
    order: (orderId) => asked(store.order(orderId)),
    orders: (query) => asked(store.orders(query)),
    fills: (query) => asked(store.fills(query)),
    wallets: (userId) => asked(store.wallets(userId)),
  };
}
