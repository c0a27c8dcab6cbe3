import { isAdmin, stale, view } from './state/session.ts';
import { Admin } from './views/admin/admin.tsx';
import { Assets } from './views/assets.tsx';
import { Chart } from './views/chart.tsx';
import { Depth } from './views/depth.tsx';
import { Orders } from './views/orders.tsx';
import { SymbolBoard } from './views/symbol-board.tsx';
import { TestBench } from './views/tests/test-bench.tsx';
import { Ticket } from './views/ticket.tsx';
import { TopBar } from './views/top-bar.tsx';
import { Trades } from './views/trades.tsx';

/** The trading screen (board, chart, book, tape, ticket, and below them what is mine), and the two for operators. */
export function App() {
  const shown = isAdmin.value ? view.value : 'trade';
  return (
    <>
      <TopBar />
      {shown === 'trade' && (
        <main class={`screen ${stale.value ? 'stale' : ''}`}>
          <SymbolBoard />
          <Chart />
          <Depth />
          <Trades />
          <Ticket />
          <Orders />
          <Assets />
        </main>
      )}
      {shown === 'admin' && <Admin />}
      {shown === 'tests' && <TestBench />}
    </>
  );
}
