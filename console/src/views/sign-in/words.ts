import { phrases } from '../../lib/phrases.ts';

export const say = phrases({
  method: ['How to sign in', '로그인 방법'],
  password: ['E-mail', '이메일'],
  token: ['Token', '토큰'],
  testMode: ['Test mode', '테스트 모드'],
  email: ['E-mail', '이메일'],
  secret: ['Password', '비밀번호'],
  jwt: ['JWT', 'JWT'],
  jwtHint: [
    'Any token the exchange accepts. It stays in this tab and ends with it.',
    '거래소가 인정하는 토큰을 붙여넣으세요. 이 탭에만 보관되며 탭을 닫으면 사라집니다.',
  ],
  testHint: [
    'For trying things out on this machine: no password is asked.',
    '이 컴퓨터에서 시험할 때만 씁니다. 비밀번호가 필요 없습니다.',
  ],
  supabaseHint: ['Signed in by Supabase at', 'Supabase 로그인:'],
  apiKey: ['API key', 'API 키'],
  apiKeyHint: [
    'This exchange takes orders only with a key. It stays in this tab and ends with the session.',
    '이 거래소는 키가 있어야 주문을 받습니다. 키는 이 탭에만 보관되며 로그아웃하면 사라집니다.',
  ],
  asking: ['Signing in…', '로그인 중…'],
  expired: ['Your sign-in has ended. Sign in again.', '로그인이 만료되었습니다. 다시 로그인하세요.'],
  refused: [
    'The exchange no longer accepts this sign-in. Sign in again.',
    '로그인이 더 이상 유효하지 않습니다. 다시 로그인하세요.',
  ],
  unreachable: ['The exchange does not answer.', '거래소가 응답하지 않습니다.'],
  adminRole: ['admin', '관리자'],
  every500: ['every 500 ms', '500 ms 갱신'],
  every50: ['every 50 ms', '50 ms 갱신'],
  close: ['Close', '닫기'],
});
