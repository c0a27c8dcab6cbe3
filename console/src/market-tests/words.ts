import type { Text } from '../lib/phrases.ts';

/** What the market tests say: names of their comparisons, and one line of what each saw. */
export const TEXTS = {
  trades: ['trades: price, quantity', '체결: 가격, 수량'],
  minutes: ['minutes with a candle', '캔들이 있는 분'],
  bars: ['3m bars', '3분봉'],
  liveCandle: ['live candle on the socket', '실시간 캔들 (웹소켓)'],
  bid: ['the bid', '매수 주문'],
  ask: ['the ask', '매도 주문'],
  publicTrade: ['the public trade', '공개 체결'],
  paid: ['paid by the buyer', '매수자가 낸 금액'],
  partly: ['after 3 of 10', '10 중 3 체결 후'],
  held: ['money held for the rest', '잔량에 묶인 금액'],
  cancelled: ['after the cancel', '취소 후'],
  fok: ['FOK of 5 against 2', '매도 2에 FOK 5'],
  ioc: ['IOC of 5 against 2', '매도 2에 IOC 5'],
  resting: ['the resting order', '대기 주문'],
  socket: ['the socket', '웹소켓'],
  away: ['messages while the socket was away', '연결이 끊긴 동안의 메시지'],
  useqs: ['useq without a gap or a double', 'useq 누락·중복 없음'],
  together: ['both accounts together, available and locked', '두 계정 합계: 사용 가능, 묶임'],
} as const satisfies Record<string, Text>;

export function minuteOnChart(time: string): Text {
  return [`1m ${time} on the chart`, `1분봉 ${time} (차트)`];
}

export function closedMinute(time: string): Text {
  return [`closed ${time} on the socket`, `마감 캔들 ${time} (웹소켓)`];
}

export function crossed(bid: number, paid: number | null): Text {
  return [`a bid of ${bid} paid ${paid}`, `${bid} 매수 주문이 ${paid}에 체결`];
}

export function partlyFilled(filled: number, quantity: number): Text {
  return [`filled ${filled} of ${quantity}, the rest cancelled`, `${quantity} 중 ${filled} 체결, 나머지 취소`];
}

export function immediate(filled: number, quantity: number): Text {
  return [`IOC filled ${filled} of ${quantity}, FOK none`, `IOC는 ${quantity} 중 ${filled} 체결, FOK는 체결 없음`];
}

export function raceWon(round: number, winner: 'cancel' | 'fill'): Text {
  return [`race ${round}: won by the ${winner}`, `경합 ${round}: ${winner === 'fill' ? '체결' : '취소'} 승`];
}

export function bothWon(rounds: number): Text {
  return [`each side won at least once in ${rounds} races`, `경합 ${rounds}회에서 양쪽 모두 한 번 이상 승`];
}

export function races(rounds: number, won: { cancel: number; fill: number }, late: number): Text {
  return [
    `${rounds} races: ${won.fill} won by the fill, ${won.cancel} by the cancel; ${late} cancels were told at once that they came too late`,
    `경합 ${rounds}회: 체결 ${won.fill}승, 취소 ${won.cancel}승; 취소 ${late}건은 늦었다는 응답을 바로 받음`,
  ];
}

export function came(status: string, orderId: string): Text {
  return [`${status} of ${orderId} came`, `${orderId}: ${status} 수신`];
}

export function resumed(first: number | undefined, last: number | undefined, after: number): Text {
  return [
    `useq ${first} to ${last}, ${after} of them after the reconnect`,
    `useq ${first}~${last}, 그중 ${after}개는 재연결 후`,
  ];
}

export function unknownOrder(orderId: string): Text {
  return [`the exchange does not know the order ${orderId}`, `거래소가 주문 ${orderId}을(를) 모릅니다`];
}

export function different([en, ko]: Text, expected: string, actual: string): Text {
  return [`${en}: expected ${expected}, got ${actual}`, `${ko}: 기대값 ${expected}, 실제값 ${actual}`];
}
