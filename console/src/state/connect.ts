import { computed, effect } from '@preact/signals';
import { StreamClient } from '@supernoba/client';
import { watchedSymbols } from '../lib/watched.ts';
import { assets, loadAccount, onPrivate } from './account.ts';
import { beginAnew, board, loadSparks, loadSymbols, onPublic, selected, symbols } from './market.ts';
import { resync, watchForGaps } from './resync.ts';
import { connection, credentials, latencyMs, stale } from './session.ts';

/** Pings go out so often, and a connection silent for longer than STALE_MS shows old data. */
const PING_EVERY_MS = 2_000;
const STALE_MS = 3_500;
/** Halts and price limits are not pushed: the list of symbols is read again so often. */
const SYMBOLS_EVERY_MS = 2_000;

/** The symbols whose tickers are wanted; what the user holds has a value, so its price is needed. */
const symbolNames = computed(() => {
  const held = new Set(assets.value.positions.map(({ symbol }) => symbol));
  const listed = symbols.value.filter(({ status }) => status !== 'DELISTED');
  const needed = listed.filter(({ base, symbol }) => held.has(base) || symbol === selected.value);
  const names = (items: readonly { symbol: string }[]) => items.map(({ symbol }) => symbol);
  return watchedSymbols(names(listed), new Set(names(needed)), new Set(names(board.value))).join(' ');
});

let stream: StreamClient | undefined;

/** Keeps one socket open for who is signed in, with the selected symbol as main and every symbol's ticker. */
export function startConnection(): void {
  effect(() => {
    stream?.close();
    stream = new StreamClient({
      url: location.origin,
      credentials: credentials.value,
      pingEveryMs: PING_EVERY_MS,
      onPublic,
      onPrivate,
      onState: (state) => {
        connection.value = state;
        if (state === 'open') {
          beginAnew();
          refresh();
        }
      },
      onLatency: (ms) => {
        latencyMs.value = ms;
      },
      onLost: refresh,
    });
    stream.open();
    loadAccount().catch(() => {});
  });
  effect(() => {
    const names = symbolNames.value === '' ? [] : symbolNames.value.split(' ');
    // Reading the credentials ties the subscription to the socket that the effect above has just made.
    void credentials.value;
    if (names.length > 0) stream?.subscribe({ ...(selected.value === '' ? {} : { main: selected.value }), sub: names });
  });
  effect(() => {
    if (symbolNames.value !== '') loadSparks().catch(() => {});
  });
  watchForGaps();
  setInterval(() => {
    if (connection.value === 'open' && !document.hidden) loadSymbols().catch(() => {});
  }, SYMBOLS_EVERY_MS);
  setInterval(() => {
    stale.value = connection.value !== 'open' || (stream?.silentMs ?? 0) > STALE_MS;
  }, 500);
}

let opened = false;

/** Reads everything again that messages only change: after a reconnect nothing may be missing. */
function refresh(): void {
  Promise.all([loadSymbols(), loadAccount(), ...(opened ? [resync()] : [])]).catch(() => {});
  opened = true;
}
