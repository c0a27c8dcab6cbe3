import { INTERVAL_SECONDS, type Interval, ROLLUPS } from './candle.ts';

/** The minute a trade belongs to, and the wider buckets around it. */
export interface MarketMinute {
  /** First moment, epoch seconds. */
  start: number;
  /** YYYYMMDDHHmm in market time. */
  label: string;
  /** The buckets of 3, 5, 15 and 30 minutes (ROLLUPS, in that order) that the minute lies in. */
  buckets: readonly { start: number; label: string }[];
}

const DAY_MS = 86_400_000;
/** No zone changes its offset except at a quarter of an hour of UTC, so an offset is looked up once a quarter. */
const QUARTER_MS = 900_000;
const REMEMBERED = 4_096;

/**
 * The clock face of the market: days begin at its midnight, and every interval is counted from the beginning of its day, so
 * that buckets nest and none spans two days.
 */
export class MarketTime {
  readonly zone: string;
  readonly #format: Intl.DateTimeFormat;
  readonly #offsets = new Map<number, number>();
  #day = { start: 0, end: 0 };
  #minute: MarketMinute | undefined;

  /** @throws RangeError for a zone that the IANA database does not know. */
  constructor(zone = 'Asia/Seoul') {
    this.zone = zone;
    this.#format = new Intl.DateTimeFormat('en-US', {
      timeZone: zone,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
  }

  /** Start of the market day (epoch ms) that contains a moment (epoch ms). */
  dayStart(atMs: number): number {
    if (atMs < this.#day.start || atMs >= this.#day.end) {
      const start = this.#midnight(atMs);
      this.#day = { start, end: this.#midnight(start + 1.5 * DAY_MS) };
    }
    return this.#day.start;
  }

  /** Start of the bucket of an interval that contains a moment; both in epoch seconds. */
  bucketStart(interval: Interval, atSeconds: number): number {
    const day = this.dayStart(atSeconds * 1000) / 1000;
    const length = INTERVAL_SECONDS[interval];
    return interval === '1d' ? day : day + Math.floor((atSeconds - day) / length) * length;
  }

  /** YYYYMMDDHHmm on the market's clock face. */
  label(atMs: number): string {
    const local = isoOf(atMs + this.#offset(atMs));
    return local.slice(0, 16).replace(/[-T:]/g, '');
  }

  /** The market day of a moment, as YYYY-MM-DD. */
  date(atMs: number): string {
    return isoOf(atMs + this.#offset(atMs)).slice(0, 10);
  }

  /** The minute of a trade's time (epoch ms). Trades come in runs, so the last answer is remembered. */
  minute(atMs: number): MarketMinute {
    const start = Math.floor(atMs / 60_000) * 60;
    if (this.#minute?.start === start) return this.#minute;
    const buckets = ROLLUPS.map((interval) => {
      const bucket = this.bucketStart(interval, start);
      return { start: bucket, label: this.label(bucket * 1000) };
    });
    this.#minute = { start, label: this.label(start * 1000), buckets };
    return this.#minute;
  }

  /** The first moment of the local date of `atMs`. Where a zone skips midnight, the day begins when the skip ends. */
  #midnight(atMs: number): number {
    const localDay = Math.floor((atMs + this.#offset(atMs)) / DAY_MS) * DAY_MS;
    const candidates = [this.#offset(localDay - DAY_MS), this.#offset(localDay + DAY_MS)]
      .map((offset) => localDay - offset)
      .sort((a, b) => a - b);
    return candidates.find((at) => at + this.#offset(at) >= localDay) ?? candidates[0]!;
  }

  /** Milliseconds that the market's clock face is ahead of UTC. */
  #offset(atMs: number): number {
    const quarter = Math.floor(atMs / QUARTER_MS);
    const known = this.#offsets.get(quarter);
    if (known !== undefined) return known;
    const parts: Record<string, number> = {};
    for (const { type, value } of this.#format.formatToParts(quarter * QUARTER_MS)) parts[type] = Number(value);
    const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = parts;
    const offset = Date.UTC(year, month - 1, day, hour, minute, second) - quarter * QUARTER_MS;
    if (this.#offsets.size >= REMEMBERED) this.#offsets.clear();
    this.#offsets.set(quarter, offset);
    return offset;
  }
}

function isoOf(ms: number): string {
  return new Date(ms).toISOString();
}
