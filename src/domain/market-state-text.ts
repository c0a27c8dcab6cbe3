import { emptyMarketState, type MarketState, type MinuteBar, type Session } from './market-state.ts';

/** `candle:state:S`: a MarketState as text of a fixed field order, so that equal states are equal bytes. */
const VERSION = 1;

type BarText = [start: number, label: string, open: number, high: number, low: number, close: number, volume: number];
type SessionText = [open: number, high: number, low: number, close: number, volume: number, timestamp: number];

interface StateText {
  version: number;
  seq: number;
  closed: 0 | 1;
  bar: BarText | [];
  rollups: BarText[];
  session: SessionText | [];
  previous: [...SessionText, change: number] | [];
  last: number;
  reference: number;
}

export function marketStateText(state: MarketState): string {
  const { bar, session, previous } = state;
  return JSON.stringify({
    version: VERSION,
    seq: state.seq,
    closed: state.closed ? 1 : 0,
    bar: bar ? barText(bar) : [],
    rollups: state.rollups.map(barText),
    session: session ? sessionText(session) : [],
    previous: previous ? [...sessionText(previous), previous.change] : [],
    last: state.last,
    reference: state.reference,
  } satisfies StateText);
}

/** @throws Error for a text of another version: such a cache is to be emptied (`--dev`). */
export function parseMarketState(text: string | undefined): MarketState {
  if (text === undefined) return emptyMarketState();
  // Only marketStateText and its twin in Lua write this key.
  const read = JSON.parse(text) as StateText;
  if (read.version !== VERSION)
    throw new Error(`candle state of version ${read.version}, this program knows ${VERSION}`);
  const { previous } = read;
  return {
    seq: read.seq,
    closed: read.closed === 1,
    bar: readBar(read.bar),
    rollups: read.rollups.map((bar) => readBar(bar)).filter((bar) => bar !== undefined),
    session: readSession(read.session),
    previous: previous.length === 0 ? undefined : { ...sessionOf(previous), change: previous[6] },
    last: read.last,
    reference: read.reference,
  };
}

function barText(bar: MinuteBar): BarText {
  return [bar.start, bar.label, bar.open, bar.high, bar.low, bar.close, bar.volume];
}

function readBar(text: BarText | []): MinuteBar | undefined {
  if (text.length === 0) return undefined;
  const [start, label, open, high, low, close, volume] = text;
  return { start, label, open, high, low, close, volume };
}

function sessionText(day: Session): SessionText {
  return [day.open, day.high, day.low, day.close, day.volume, day.timestamp];
}

function readSession(text: SessionText | []): Session | undefined {
  return text.length === 0 ? undefined : sessionOf(text);
}

function sessionOf([open, high, low, close, volume, timestamp]: SessionText | [...SessionText, number]): Session {
  return { open, high, low, close, volume, timestamp };
}
