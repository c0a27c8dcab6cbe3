import { type Word, word } from './lib/words.ts';
import { pane } from './state/look.ts';
import { isAdmin, stale, view } from './state/session.ts';
import { Admin } from './views/admin/admin.tsx';
import { Assets } from './views/assets.tsx';
import { Chart } from './views/chart/chart.tsx';
import { Depth } from './views/depth.tsx';
import { Orders } from './views/orders/orders.tsx';
import { SymbolBoard } from './views/symbol-board.tsx';
import { TestBench } from './views/tests/test-bench.tsx';
import { Ticket } from './views/ticket/ticket.tsx';
import { TopBar } from './views/top-bar.tsx';
import { Trades } from './views/trades.tsx';

/** The trading screen (board, chart, book, tape, ticket, and below them what is mine), and the two for operators. */
export function App() {
  const shown = isAdmin.value ? view.value : 'trade';
  return (
    <>
      <TopBar />
      {shown === 'trade' && (
        <main class={`screen ${stale.value ? 'stale' : ''}`} data-pane={pane.value}>
          <SymbolBoard />
          <Chart />
          <Depth />
          <Trades />
          <div class="mine">
            <Ticket />
            <Assets />
          </div>
          <Orders />
          <Panes />
        </main>
      )}
      {shown === 'admin' && <Admin />}
      {shown === 'tests' && <TestBench />}
    </>
  );
}

const PANES = [
  ['markets', 'paneMarkets'],
  ['chart', 'paneChart'],
  ['trade', 'paneTrade'],
  ['orders', 'paneOrders'],
  ['assets', 'paneAssets'],
] as const satisfies readonly (readonly [typeof pane.value, Word])[];

/** On a phone, one part of the screen at a time. */
function Panes() {
  return (
    <nav class="panes" aria-label={word('panes')}>
      {PANES.map(([name, label]) => (
        <button
          type="button"
          key={name}
          aria-pressed={pane.value === name}
          onClick={() => {
            pane.value = name;
          }}
        >
          {word(label)}
        </button>
      ))}
    </nav>
  );
}
