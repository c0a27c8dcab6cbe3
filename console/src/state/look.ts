import { effect, signal } from '@preact/signals';
import type { Interval } from '@supernoba/client';
import { INTERVALS } from '../lib/market-clock.ts';
import { language } from '../lib/words.ts';

/** Dark or light: as chosen before, else as the system prefers. */
export const theme = signal<'dark' | 'light'>(
  localStorage.getItem('supernoba.theme') === 'light' ||
    (localStorage.getItem('supernoba.theme') === null && matchMedia('(prefers-color-scheme: light)').matches)
    ? 'light'
    : 'dark',
);

/** Korean: a rise is red, a fall blue. Western: green and red. */
export const colours = signal<'korean' | 'western'>(
  localStorage.getItem('supernoba.colours') === 'western' ? 'western' : 'korean',
);

/** The width of the chart's bars. */
export const interval = signal<Interval>(
  INTERVALS.find((known) => known === localStorage.getItem('supernoba.interval')) ?? '1m',
);

/** Which part of the trading screen a phone shows; wider screens show all. */
export const pane = signal<'markets' | 'chart' | 'trade' | 'orders' | 'assets'>('chart');

/** Puts the look on the page and keeps it for the next visit. */
export function followLook(): void {
  effect(() => {
    document.documentElement.dataset.theme = theme.value;
    document.documentElement.dataset.colours = colours.value;
    localStorage.setItem('supernoba.theme', theme.value);
    document.documentElement.lang = language.value;
    localStorage.setItem('supernoba.colours', colours.value);
    localStorage.setItem('supernoba.interval', interval.value);
  });
}
