import { view } from './session.ts';
import { side } from './ticket.ts';

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
    if (key === 'b' || key === 's') {
      side.value = key === 'b' ? 'BUY' : 'SELL';
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
