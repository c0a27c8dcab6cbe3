import { SESSION_WORDS } from '../lib/order-words.ts';
import { sessionState } from '../lib/session-state.ts';
import { word } from '../lib/words.ts';
import type { MarketSymbol } from '../state/market.ts';

/** A market that is not simply open says so. */
export function SessionMark({ item }: { item: MarketSymbol }) {
  const state = sessionState(item);
  return state === 'open' ? null : <mark class={state}>{word(SESSION_WORDS[state])}</mark>;
}
