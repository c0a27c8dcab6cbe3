import { view } from './session.ts';
import { side } from './ticket.ts';

/** The letters of the keys, also as a Korean keyboard has them. */
const BUY = ['b', 'ㅠ'];
const SELL = ['s', 'ㄴ'];

/** Keys of the trading screen, for whoever has no field in hand: B and S choose the side, / searches. */
export function followKeys(): void {
  addEventListener('keydown', (event) => {
    const { target } = event;
    const typing =
      target instanceof HTMLInputElement ||
      target instanceof HTMLTextAreaElement ||
      target instanceof HTMLSelectElement;
    if (typing && event.key === 'Escape') target.blur();
    if (typing || event.ctrlKey || event.metaKey || event.altKey || view.value !== 'trade') return;
    const key = event.key.toLowerCase();
    if (BUY.includes(key) || SELL.includes(key)) {
      side.value = BUY.includes(key) ? 'BUY' : 'SELL';
      focus('ticket-quantity');
    } else if (key === '/') {
      focus('market-search');
    } else {
      return;
    }
    event.preventDefault();
  });
}

function focus(id: string): void {
  const field = document.getElementById(id);
  field?.focus();
  if (field instanceof HTMLInputElement) field.select();
}
