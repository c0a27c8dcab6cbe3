import type { EngineEvent } from '../../src/domain/events.ts';
import type { DepthMessage, TradeMessage } from '../../src/domain/messages.ts';

/** What the watchers have seen of the markets, to be held against the naive book and the log at the end. */
export class MarketSights {
  readonly faults: string[] = [];
  /** By symbol and `u`. */
  readonly #depths = new Map<string, Map<number, string>>();
  readonly #trades = new Map<string, TradeMessage>();

  depth(depth: DepthMessage): void {
    const seen = this.#depths.get(depth.s) ?? new Map<number, string>();
    this.#depths.set(depth.s, seen);
    const sides = sidesOf(depth.b, depth.a);
    const before = seen.get(depth.u);
    if (before !== undefined && before !== sides)
      this.faults.push(`depth ${depth.u} of ${depth.s} is ${before} and ${sides}`);
    seen.set(depth.u, sides);
  }

  traded(trade: TradeMessage): void {
    const before = this.#trades.get(trade.id);
    if (before !== undefined && JSON.stringify(before) !== JSON.stringify(trade)) {
      this.faults.push(`trade ${trade.id} is ${JSON.stringify(before)} and ${JSON.stringify(trade)}`);
    }
    this.#trades.set(trade.id, trade);
  }

  /** What was seen at a `u`, once: whoever asks confirms or refutes it. */
  take(symbol: string, u: number): string | undefined {
    const seen = this.#depths.get(symbol);
    const sides = seen?.get(u);
    seen?.delete(u);
    return sides;
  }

  /** Depths that nobody has taken. */
  unconfirmed(symbol: string): { u: number; sides: string }[] {
    return [...(this.#depths.get(symbol) ?? [])].map(([u, sides]) => ({ u, sides }));
  }

  /** Each trade seen is one of the log, in its words. */
  compareTrades(events: readonly EngineEvent[]): string[] {
    const faults: string[] = [];
    const fills = new Map(events.flatMap((event) => (event.event === 'FILL' ? [[event.trade_id, event]] : [])));
    for (const { id, s, p, q, side, t } of this.#trades.values()) {
      const fill = fills.get(id);
      const told = `${s} ${p} x ${q} ${side} @${t}`;
      const truth = fill && `${fill.symbol} ${fill.price} x ${fill.quantity} ${fill.taker_side} @${fill.timestamp}`;
      if (truth !== told) faults.push(`trade ${id} was told as ${told}, the log has ${truth ?? 'none'}`);
    }
    return faults;
  }
}

type Level = readonly [price: number, quantity: number];

export function sidesOf(bids: readonly Level[], asks: readonly Level[]): string {
  return JSON.stringify([bids, asks]);
}
