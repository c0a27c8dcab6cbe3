import type { PlantedBug } from '../bug.ts';

const MARKET = 'src/services/market-data';
const CANDLES = 'Candles, trades and tickers count each trade once';
const FRAMES = { test: 'test/market-data/timeframes.test.ts', name: 'every timeframe equals a straight computation' };

/** Bugs of candles, depth and trades. */
export const marketDataBugs: readonly PlantedBug[] = [
  {
    name: 'candle-counted-twice-on-replay',
    promise: CANDLES,
    file: 'src/domain/market-state.ts',
    find: 'if (item.seq <= state.seq) continue;',
    replace: '',
    noticedBy: {
      test: `${MARKET}/writer.test.ts`,
      name: 'what the engine tells again after a restart changes nothing',
    },
  },
  {
    name: 'minute-begins-half-a-minute-early',
    promise: CANDLES,
    file: 'src/domain/market-time.ts',
    find: 'const start = Math.floor(atMs / 60_000) * 60;',
    replace: 'const start = Math.round(atMs / 60_000) * 60;',
    noticedBy: FRAMES,
  },
  {
    name: 'backup-moves-on-before-it-stores',
    promise: CANDLES,
    file: `${MARKET}/trades-backup.ts`,
    find: 'stretch.finish();',
    replace: 'stretch.finish();\n    await candles.setPosition(topic, partition, next);',
    noticedBy: FRAMES,
  },
  {
    name: 'cache-not-restored-at-the-start',
    promise: CANDLES,
    file: `${MARKET}/market-data.ts`,
    find: 'await cache.restoreMarket(symbol, recovered.state, recovered.trades);',
    replace: '',
    noticedBy: FRAMES,
  },
  {
    name: 'depth-goes-back',
    promise: CANDLES,
    file: `${MARKET}/writer.ts`,
    find: 'if (each.depth && each.depth.seq > (each.depthSeq ?? -1)) written.push([each, each.depth]);',
    replace: 'if (each.depth) written.push([each, each.depth]);',
    noticedBy: {
      test: `${MARKET}/writer.test.ts`,
      name: 'what the engine tells again after a restart changes nothing',
    },
    isQuick: true,
  },
  {
    name: 'closed-day-not-written-down',
    promise: 'The trading day ends by itself',
    file: 'src/services/session-calendar/session-calendar.ts',
    find: '      await this.#keep(today);\n',
    replace: '',
    noticedBy: { test: 'src/services/session-calendar/session-calendar.test.ts', name: 'a midnight that found' },
    isQuick: true,
  },
];
