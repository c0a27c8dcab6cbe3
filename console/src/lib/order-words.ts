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
  QUANTITY_TOO_LARGE: ['more than the largest order', '최대 주문 수량 초과'],
  NOTIONAL_TOO_LARGE: ['worth more than a wallet can hold', '주문 금액이 너무 큼'],
  NUMBER_OUT_OF_RANGE: ['a number is too large or not positive', '숫자가 너무 크거나 0 이하'],
  TOO_MANY_DECIMALS: ['a number has too many decimals', '소수점 자릿수 초과'],
  ORDER_TYPE_UNSUPPORTED: ['this order type is not traded yet', '지원하지 않는 주문 유형'],
  SYMBOL_UNKNOWN: ['there is no such market', '없는 종목'],
  DUPLICATE_ORDER: ['the id was used for another order', '이미 사용된 주문 ID'],
  UNAUTHENTICATED: ['a login is needed', '로그인이 필요합니다'],
  INVALID_TOKEN: ['the sign-in is not valid', '로그인이 유효하지 않습니다'],
  TOKEN_EXPIRED: ['the sign-in has ended', '로그인이 만료되었습니다'],
  API_KEY_REQUIRED: ['orders need an API key', '주문에는 API 키가 필요합니다'],
  RATE_LIMITED: ['too many requests; try again in a moment', '요청이 너무 많습니다. 잠시 후 다시 시도하세요'],
  OVERLOADED: ['the exchange is full; nothing was done', '거래소가 혼잡합니다. 주문은 접수되지 않았습니다'],
  UNAVAILABLE: ['the exchange cannot do this now', '지금은 처리할 수 없습니다'],
};

/** The words for a code in Korean, where there are any. */
export function koreanReason(code: string): string | undefined {
  return REASONS[code]?.[1];
}

export function reasonText(code: string): string {
  return REASONS[code]?.[language.value === 'ko' ? 1 : 0] ?? code;
}
