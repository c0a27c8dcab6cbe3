import { ApiError } from '@supernoba/client';
import { reasonKnown, reasonText } from './order-words.ts';
import { language, word } from './words.ts';

/** Why a request was refused, in the exchange's own words; in Korean where the console has words for the code. */
export function refusalText(error: unknown): string {
  if (!(error instanceof ApiError)) return word('noAnswer');
  const text = language.value === 'ko' && reasonKnown(error.code) ? reasonText(error.code) : error.message;
  return `${text} (${error.code})`;
}
