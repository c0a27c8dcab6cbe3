import { language } from './words.ts';

/** A screen's own texts in both languages: `say('key')` gives the one of the language shown. */
export function phrases<const T extends Record<string, readonly [en: string, ko: string]>>(
  texts: T,
): (key: keyof T) => string {
  return (key) => texts[key]?.[language.value === 'ko' ? 1 : 0] ?? String(key);
}
