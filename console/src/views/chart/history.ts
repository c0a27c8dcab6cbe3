import { batch, signal } from '@preact/signals';
import type { Bar, Interval } from '@supernoba/client';
import { Bars } from '../../lib/bars.ts';
import { LiveBar, liveBar } from '../../lib/candles.ts';
import { liveCandle, type MarketSymbol } from '../../state/market.ts';
import { rest } from '../../state/session.ts';
import type { Drawing } from './drawing.ts';

const PAGE = 300;
/** Bars in the table for screen readers. */
const READ_OUT = 12;

/** The bars of the shown market and interval: history from `GET /chart`, the live bar from the socket, older pages on demand. */
export class ChartHistory {
  readonly #bars = new Bars();
  #drawing: Drawing | undefined;
  #item: MarketSymbol | undefined;
  #interval: Interval = '1m';
  #live: LiveBar | undefined;
  #readingOlder = false;
  /** There is nothing older than the first bar. */
  #complete = false;

  readonly state = signal<'loading' | 'ready' | 'failed'>('loading');
  /** The newest bars, for the legend and for screen readers. */
  readonly newest = signal<readonly Bar[]>([]);
  /** How many bars there are. */
  readonly count = signal(0);

  attach(drawing: Drawing): void {
    this.#drawing = drawing;
  }

  at(time: number): Bar | undefined {
    return this.#bars.at(time);
  }

  /** Begins anew with a market or interval. */
  async open(item: MarketSymbol | undefined, interval: Interval): Promise<void> {
    this.#item = item;
    this.#interval = interval;
    this.#bars.clear();
    this.#live = undefined;
    this.#complete = false;
    this.#readingOlder = false;
    this.state.value = 'loading';
    this.#show();
    if (item === undefined) return;
    this.#drawing?.setMarket(item.price_decimals, interval === '1d');
    await this.refresh();
    this.#drawing?.toNewest();
  }

  /** Reads the newest page: at first, and when live bars may have been missed. */
  async refresh(): Promise<void> {
    const [item, interval] = [this.#item, this.#interval];
    if (item === undefined) return;
    try {
      const [{ data }, minutes] = await Promise.all([
        rest.peek().chart(item.symbol, interval, PAGE),
        rest.peek().chart(item.symbol, '1m', 1),
      ]);
      if (this.#item !== item || this.#interval !== interval) return;
      if (this.#bars.renew(data)) this.#complete = false;
      if (data.length < PAGE) this.#complete = true;
      this.#live = new LiveBar(interval, data.at(-1), minutes.data.at(-1));
      this.state.value = 'ready';
      this.#show();
      this.grow();
    } catch {
      if (this.#item === item && this.#interval === interval && this.state.value === 'loading')
        this.state.value = 'failed';
    }
  }

  /** Reads the page before the first bar; asked for again after a failure, not when there is nothing older. */
  async older(): Promise<void> {
    const [item, interval, first] = [this.#item, this.#interval, this.#bars.first];
    if (item === undefined || first === undefined || this.#readingOlder || this.#complete) return;
    this.#readingOlder = true;
    try {
      const { data } = await rest.peek().chart(item.symbol, interval, PAGE, first.time);
      if (this.#item !== item || this.#interval !== interval) return;
      if (this.#bars.merge(data) === 0) this.#complete = true;
      else this.#show();
    } catch {
      // The next move of the chart asks again.
    } finally {
      if (this.#item === item && this.#interval === interval) this.#readingOlder = false;
    }
  }

  /** Puts the newest live candle into its bar. */
  grow(): void {
    const [message, item] = [liveCandle.peek(), this.#item];
    if (message === undefined || item === undefined || message.s !== item.symbol) return;
    const bar = this.#live?.update(liveBar(message, item.price_decimals, item.quantity_decimals));
    if (bar === undefined) return;
    this.#bars.put(bar);
    this.#drawing?.update(bar);
    this.#tell();
  }

  /** Draws everything again, in the colours of now. */
  redraw(): void {
    this.#drawing?.show(this.#bars.all);
  }

  #show(): void {
    this.redraw();
    this.#tell();
  }

  #tell(): void {
    batch(() => {
      this.newest.value = this.#bars.all.slice(-READ_OUT);
      this.count.value = this.#bars.all.length;
    });
  }
}
