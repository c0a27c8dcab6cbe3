import { ApiError } from '@supernoba/client';
import { koreanReason } from './order-words.ts';
import { said, type Text } from './phrases.ts';
import { word } from './words.ts';

/** Why a request was refused, in the exchange's own words; in Korean where the console has words for the code. */
export function refusalText(error: unknown): string {
  return error instanceof ApiError ? said(failureTexts(error)) : word('noAnswer');
}

/** The same for what is shown later, in either language. Of an error that is no refusal: what it says itself. */
export function failureTexts(error: unknown): Text {
  if (error instanceof ApiError) {
    const { code, message } = error;
    return [`${message} (${code})`, `${koreanReason(code) ?? message} (${code})`];
  }
  const text = error instanceof Error ? error.message : String(error);
  return [text, text];
}
