import type { ComparedFill } from '../../../../flow/compare.ts';
import type { FillMessage, Outcome } from './private-feed.ts';

/** A command that the exchange acknowledged: the row it came from and when it was sent (performance.now() ms). */
export interface SentCommand {
  idx: number;
  sent_ms: number;
}

/** An order of the exchange and the rows that became it. */
interface PlayedOrder {
  csv_id: string;
  entered: SentCommand;
  /** Acknowledged replaces, in order. */
  replaces: SentCommand[];
  answered: number;
  /** When it entered the book, or entered it anew: the seq of the event and the command that caused it. */
  activations: { seq: number; command: SentCommand }[];
}

interface Trade {
  seq: number;
  price: number;
  quantity: number;
  buy: string;
  sell: string;
  buy_ms: number;
  sell_ms: number;
}

export interface AttributedFill extends ComparedFill {
  /** From sending the order that took to its FILL on its owner's socket; undefined for an order of the opening book. */
  latency_ms: number;
}

/**
 * Finds out from private messages alone which recorded row caused which trade. Both sides of a trade are told under one
 * trade id; the one that entered the book (or was replaced) last took the other.
 */
export class Attribution {
  readonly #orders = new Map<string, PlayedOrder>();
  readonly #outcomes: Outcome[] = [];
  readonly #trades = new Map<string, Trade>();
  /** Answers of the engine seen so far: one for every acknowledged command. */
  outcomes = 0;

  placed(orderId: string, csvId: string, command: SentCommand): void {
    this.#orders.set(orderId, { csv_id: csvId, entered: command, replaces: [], answered: 0, activations: [] });
  }

  replaced(orderId: string, command: SentCommand): void {
    this.#orders.get(orderId)?.replaces.push(command);
  }

  readonly onOutcome = (outcome: Outcome): void => {
    // An immediate-or-cancel remainder is an end that nobody asked for: it answers no command.
    if (outcome.event !== 'EXPIRED') this.outcomes += 1;
    if (outcome.event !== 'CANCELLED' && outcome.event !== 'EXPIRED') this.#outcomes.push(outcome);
  };

  readonly onFill = (fill: FillMessage): void => {
    const { seq, price, quantity } = fill;
    const trade = this.#trades.get(fill.trade_id) ?? { seq, price, quantity, buy: '', sell: '', buy_ms: 0, sell_ms: 0 };
    if (fill.side === 'BUY') Object.assign(trade, { buy: fill.order_id, buy_ms: fill.at_ms });
    else Object.assign(trade, { sell: fill.order_id, sell_ms: fill.at_ms });
    this.#trades.set(fill.trade_id, trade);
  };

  /** Every trade with the row that caused it, in the order of the engine. Call once, when no message is outstanding. */
  fills(): AttributedFill[] {
    this.#activate();
    return [...this.#trades.values()].sort((a, b) => a.seq - b.seq).map((trade) => this.#attribute(trade));
  }

  #activate(): void {
    for (const { order_id, event, seq } of this.#outcomes.sort((a, b) => a.seq - b.seq)) {
      const order = this.#orders.get(order_id);
      if (order === undefined) continue;
      if (event === 'ACCEPTED') order.activations.push({ seq, command: order.entered });
      if (event !== 'REPLACED' && event !== 'REPLACE_REJECTED') continue;
      const command = order.replaces[order.answered++];
      if (event === 'REPLACED' && command !== undefined) order.activations.push({ seq, command });
    }
  }

  #attribute(trade: Trade): AttributedFill {
    const buy = this.#lastActive(trade.buy, trade.seq);
    const sell = this.#lastActive(trade.sell, trade.seq);
    const bought = (buy?.seq ?? 0) > (sell?.seq ?? 0);
    const [taker, maker] = bought ? [trade.buy, trade.sell] : [trade.sell, trade.buy];
    const command = (bought ? buy : sell)?.command;
    return {
      idx: command?.idx ?? -1,
      aggressor_id: this.#orders.get(taker)?.csv_id ?? taker,
      resting_id: this.#orders.get(maker)?.csv_id ?? maker,
      aggressor_side: bought ? 'BUY' : 'SELL',
      price: trade.price,
      quantity: trade.quantity,
      latency_ms: (bought ? trade.buy_ms : trade.sell_ms) - (command?.sent_ms ?? 0),
    };
  }

  #lastActive(orderId: string, before: number): { seq: number; command: SentCommand } | undefined {
    return this.#orders.get(orderId)?.activations.findLast(({ seq }) => seq < before);
  }
}
