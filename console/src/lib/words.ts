import { signal } from '@preact/signals';

export type Language = 'en' | 'ko';

export const language = signal<Language>(navigator.language.startsWith('ko') ? 'ko' : 'en');

/** Every text of the console in both languages. */
const WORDS = {
  markets: ['Markets', '종목'],
  search: ['Search', '검색'],
  price: ['Price', '가격'],
  change: ['Change', '등락'],
  quantity: ['Quantity', '수량'],
  total: ['Total', '합계'],
  fee: ['Fee (at most)', '수수료 (최대)'],
  available: ['Available', '주문가능'],
  depth: ['Order book', '호가'],
  trades: ['Time & sales', '체결'],
  time: ['Time', '시간'],
  chart: ['Chart', '차트'],
  buy: ['Buy', '매수'],
  sell: ['Sell', '매도'],
  limit: ['Limit', '지정가'],
  market: ['Market', '시장가'],
  postOnly: ['Post only', '메이커 전용'],
  placeOrder: ['Place order', '주문하기'],
  signInToTrade: ['Sign in to trade', '로그인 후 주문할 수 있습니다'],
  openOrders: ['Open orders', '미체결'],
  history: ['History', '주문내역'],
  fills: ['Fills', '체결내역'],
  assets: ['Assets', '자산'],
  status: ['Status', '상태'],
  filled: ['Filled', '체결량'],
  side: ['Side', '구분'],
  symbol: ['Symbol', '종목'],
  cancel: ['Cancel', '취소'],
  cancelAll: ['Cancel all', '전체 취소'],
  replace: ['Change', '정정'],
  save: ['Save', '저장'],
  balance: ['Balance', '보유'],
  locked: ['Locked', '사용중'],
  average: ['Average', '평균단가'],
  value: ['Value', '평가금액'],
  signIn: ['Sign in', '로그인'],
  signOut: ['Sign out', '로그아웃'],
  userId: ['User id (test mode)', '사용자 ID (테스트 모드)'],
  token: ['Or paste a JWT', '또는 JWT 붙여넣기'],
  anonymous: ['Anonymous: updates every 500 ms', '비로그인: 500 ms 갱신'],
  live: ['Live: updates every 50 ms', '실시간: 50 ms 갱신'],
  reconnecting: ['Reconnecting', '재연결 중'],
  stale: ['Stale', '지연'],
  halted: ['Halted', '거래정지'],
  none: ['Nothing here yet.', '아직 없습니다.'],
  fee_: ['Fee', '수수료'],
  limits: ['Daily limits', '상하한가'],
  asAdmin: ['as admin', '관리자'],
  reason: ['Reason', '사유'],
  spread: ['Spread', '스프레드'],
  admin: ['Admin', '관리'],
  trade: ['Trade', '거래'],
  tests: ['Tests', '테스트'],
} as const satisfies Record<string, readonly [en: string, ko: string]>;

export type Word = keyof typeof WORDS;

export function word(key: Word): string {
  return WORDS[key][language.value === 'ko' ? 1 : 0];
}
