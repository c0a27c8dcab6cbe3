import { language } from './words.ts';

/** One text in both languages, for what is made now and shown in whichever language is chosen later. */
export type Text = readonly [en: string, ko: string];

/** A text in the language shown. */
export function said([en, ko]: Text): string {
  return language.value === 'ko' ? ko : en;
}

/** A screen's own texts in both languages: `say('key')` gives the one of the language shown. */
export function phrases<const T extends Record<string, Text>>(texts: T): (key: keyof T) => string {
  return (key) => (texts[key] === undefined ? String(key) : said(texts[key]));
}
