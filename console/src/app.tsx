import { Assets } from './views/assets.tsx';
import { Chart } from './views/chart.tsx';
import { Depth } from './views/depth.tsx';
import { Orders } from './views/orders.tsx';
import { SymbolBoard } from './views/symbol-board.tsx';
import { Ticket } from './views/ticket.tsx';
import { TopBar } from './views/top-bar.tsx';
import { Trades } from './views/trades.tsx';

/** The trading screen: board, chart, book, tape, ticket, and below them what is mine. */
export function App() {
  return (
    <>
      <TopBar />
      <main class="screen">
        <SymbolBoard />
        <Chart />
        <Depth />
        <Trades />
        <Ticket />
        <Orders />
        <Assets />
      </main>
    </>
  );
}
