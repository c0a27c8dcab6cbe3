import type { Interval } from '@supernoba/client';

export const INTERVALS: readonly Interval[] = ['1m', '3m', '5m', '15m', '30m', '1h', '4h', '1d'];

const SECONDS: Record<Interval, number> = {
  '1m': 60,
  '3m': 180,
  '5m': 300,
  '15m': 900,
  '30m': 1_800,
  '1h': 3_600,
  '4h': 14_400,
  '1d': 86_400,
};
const DAY = 86_400;
/** No zone changes its offset except at a quarter of an hour, so it is looked up once a quarter. */
const QUARTER = 900;
const REMEMBERED = 4_096;

/**
 * The clock face of the market. Days begin at its midnight, and bars are counted from the beginning of their day, as the
 * exchange does. All moments are epoch seconds.
 */
export class MarketClock {
  readonly zone: string;
  readonly #parts: Intl.DateTimeFormat;
  readonly #time: Intl.DateTimeFormat;
  readonly #date: Intl.DateTimeFormat;
  readonly #offsets = new Map<number, number>();

  /** @throws RangeError for a zone that the browser does not know */
  constructor(zone: string) {
    this.zone = zone;
    const numbers = { year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric', minute: 'numeric' } as const;
    this.#parts = new Intl.DateTimeFormat('en-US', { timeZone: zone, hourCycle: 'h23', ...numbers, second: 'numeric' });
    this.#time = new Intl.DateTimeFormat('en-GB', { timeZone: zone, timeStyle: 'medium' });
    this.#date = new Intl.DateTimeFormat('sv-SE', { timeZone: zone, dateStyle: 'short' });
  }

  /** HH:MM:SS */
  timeText(epochMs: number): string {
    return this.#time.format(epochMs);
  }

  /** YYYY-MM-DD */
  dateText(epochMs: number): string {
    return this.#date.format(epochMs);
  }

  /** A minute YYYYMMDDHHmm of the clock face; of an hour that comes twice, the newest that `nowS` allows. */
  minuteToEpoch(minute: string, nowS = Date.now() / 1_000): number {
    const part = (from: number, to: number) => Number(minute.slice(from, to));
    const face = Date.UTC(part(0, 4), part(4, 6) - 1, part(6, 8), part(8, 10), part(10, 12)) / 1_000;
    const times = this.#candidates(face).filter((at) => at + this.offset(at) === face);
    return times.findLast((at) => at <= nowS + 60) ?? times[0] ?? face - this.offset(face);
  }

  /** Start of the bar that holds a moment. */
  barStart(at: number, interval: Interval): number {
    const day = this.#dayStart(at);
    const length = SECONDS[interval];
    return interval === '1d' ? day : day + Math.floor((at - day) / length) * length;
  }

  /**
   * The moment that reads in UTC as this one does on the clock face, for a chart that draws UTC. It always grows with time: the
   * hour that comes again when clocks are set back has no room, and is pressed into the minute before it.
   */
  axisTime(at: number): number {
    const offset = this.offset(at);
    const before = this.offset(at - 2 * 3_600);
    const back = before - offset;
    if (back <= 0 || this.offset(at - back) !== before) return at + offset;
    let turn = Math.floor(at / QUARTER) * QUARTER;
    while (this.offset(turn - QUARTER) === offset) turn -= QUARTER;
    return turn + before - 60 + (60 * (at - turn + 60)) / (back + 60);
  }

  /** Seconds that the clock face is ahead of UTC. */
  offset(at: number): number {
    const quarter = Math.floor(at / QUARTER);
    const known = this.#offsets.get(quarter);
    if (known !== undefined) return known;
    const parts: Record<string, number> = {};
    for (const { type, value } of this.#parts.formatToParts(quarter * QUARTER * 1_000)) parts[type] = Number(value);
    const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = parts;
    const offset = Date.UTC(year, month - 1, day, hour, minute, second) / 1_000 - quarter * QUARTER;
    if (this.#offsets.size >= REMEMBERED) this.#offsets.clear();
    this.#offsets.set(quarter, offset);
    return offset;
  }

  /** Where a zone skips midnight, the day begins when the skip ends. */
  #dayStart(at: number): number {
    const face = Math.floor((at + this.offset(at)) / DAY) * DAY;
    const candidates = this.#candidates(face);
    return candidates.find((start) => start + this.offset(start) >= face) ?? candidates[0] ?? face;
  }

  /** The moments, ascending, that may read like this on the clock face. */
  #candidates(face: number): number[] {
    return [face - this.offset(face - DAY), face - this.offset(face + DAY)].sort((a, b) => a - b);
  }
}

/** The market's clock: Seoul's, until the exchange has told another. */
let shown = new MarketClock('Asia/Seoul');

export function marketClock(): MarketClock {
  return shown;
}

/** What the exchange tells before anything is drawn. A zone that this browser does not know changes nothing. */
export function setMarketZone(zone: string): void {
  if (zone === shown.zone) return;
  try {
    shown = new MarketClock(zone);
  } catch {
    console.warn(`The time zone ${zone} is not known here; times are shown in ${shown.zone}.`);
  }
}
