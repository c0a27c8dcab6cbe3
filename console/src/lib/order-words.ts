import type { OrderStatus, OrderType, SelfTradePrevention, TimeInForce } from '@supernoba/client';
import type { PriceFault, QuantityFault } from './order-rules.ts';
import type { SessionState } from './session-state.ts';
import { language, type Word } from './words.ts';

/** The words for the values that travel on the wire. */

export const STATUS_WORDS: Record<OrderStatus, Word> = {
  PENDING: 'statusPending',
  ACCEPTED: 'statusAccepted',
  PARTIALLY_FILLED: 'statusPartial',
  FILLED: 'statusFilled',
  CANCELLED: 'statusCancelled',
  REJECTED: 'statusRejected',
  EXPIRED: 'statusExpired',
};

export const TYPE_WORDS: Record<OrderType, Word> = {
  LIMIT: 'limit',
  MARKET: 'market',
  STOP: 'stopMarket',
  STOP_LIMIT: 'stopLimit',
};

export const TIF_WORDS: Record<TimeInForce, Word> = { GTC: 'gtc', IOC: 'ioc', FOK: 'fok', DAY: 'day' };

export const STP_WORDS: Record<SelfTradePrevention, Word> = {
  NONE: 'stpNone',
  EXPIRE_TAKER: 'stpTaker',
  EXPIRE_MAKER: 'stpMaker',
  EXPIRE_BOTH: 'stpBoth',
};

export const SESSION_WORDS: Record<Exclude<SessionState, 'open'>, Word> = {
  auction: 'auction',
  closed: 'closed',
  cancelOnly: 'cancelOnly',
  halted: 'halted',
  delisted: 'delisted',
};

export const PRICE_FAULT_WORDS: Record<PriceFault, Word> = {
  OFF_TICK: 'offTick',
  ABOVE_LIMIT: 'aboveLimit',
  BELOW_LIMIT: 'belowLimit',
};

export const QUANTITY_FAULT_WORDS: Record<Exclude<QuantityFault, 'NOT_POSITIVE'>, Word> = {
  OFF_LOT: 'offLot',
  TOO_LARGE: 'tooLarge',
};

/** Why an order ended or a request was refused, by code of the error registry. Codes without an entry are shown as they are. */
const REASONS: Readonly<Record<string, readonly [en: string, ko: string]>> = {
  BY_REQUEST: ['cancelled by you', '본인 취소'],
  BY_MASS_CANCEL: ['cancelled by you (all)', '본인 전체 취소'],
  BY_DELISTING: ['the instrument was delisted', '상장폐지'],
  IOC_REMAINDER: ['no match for the rest', '잔량 미체결 (IOC)'],
  FOK_NOT_FILLABLE: ['could not be filled whole', '전량 체결 불가 (FOK)'],
  NO_LIQUIDITY: ['nothing to trade with', '상대 호가 없음'],
  POST_ONLY_WOULD_TAKE: ['would have traded at once', '즉시 체결될 주문 (메이커 전용)'],
  SELF_TRADE: ['would have met your own order', '자기 주문과 체결'],
  DAY_END: ['the session ended', '장 종료'],
  SYMBOL_HALTED: ['trading is halted', '거래정지'],
  SYMBOL_CANCEL_ONLY: ['only cancels are taken', '취소만 가능'],
  SYMBOL_DELISTED: ['no longer traded', '상장폐지'],
  PRICE_OUT_OF_LIMITS: ['outside the daily limits', '상하한가 벗어남'],
  OFF_TICK: ['not on the tick', '호가단위 오류'],
  OFF_LOT: ['not a whole lot', '매매단위 오류'],
  ORDER_CLOSED: ['the order was no longer open', '이미 종료된 주문'],
  ORDER_UNKNOWN: ['the order was no longer open', '이미 종료된 주문'],
  INSUFFICIENT_FUNDS: ['not enough available', '주문가능 금액 부족'],
  QUANTITY_NOT_ABOVE_FILLED: ['not more than is already filled', '이미 체결된 수량 이하'],
};

export function reasonText(code: string): string {
  return REASONS[code]?.[language.value === 'ko' ? 1 : 0] ?? code;
}
