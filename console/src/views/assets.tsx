import type { Position } from '@supernoba/client';
import { decimalText, percentText, shortText, trend } from '../lib/numbers.ts';
import { word } from '../lib/words.ts';
import { assets } from '../state/account.ts';
import { type MarketSymbol, select, symbols, tickerOf } from '../state/market.ts';
import { userName } from '../state/session.ts';

/** Money, and positions at what they would bring at the last price. */
export function Assets() {
  const { wallets, positions } = assets.value;
  const none = wallets.length + positions.length === 0;
  return (
    <section class="panel assets" aria-label={word('assets')}>
      <div class="panel-head">
        <h2>{word('assets')}</h2>
        <span class="grow" />
        <Totals />
      </div>
      {none ? (
        <p class="hint">{word(userName.value === undefined ? 'signInForAssets' : 'noAssets')}</p>
      ) : (
        <section class="scroll" tabIndex={0} aria-label={word('holdings')}>
          <table>
            <thead>
              <tr>
                <td />
                <th scope="col">{word('held')}</th>
                <th scope="col">{word('value')}</th>
              </tr>
            </thead>
            <tbody>
              {wallets.map(({ currency, balance, locked }) => (
                <tr key={currency}>
                  <th scope="row">{currency}</th>
                  <td>
                    {shortText(balance, 8)}
                    <Locked amount={locked} />
                  </td>
                  <td>{moneyText(balance, currency)}</td>
                </tr>
              ))}
              {positions.map((position) => (
                <PositionRow key={position.symbol} position={position} />
              ))}
            </tbody>
          </table>
        </section>
      )}
    </section>
  );
}

function Locked({ amount }: { amount: number }) {
  if (amount === 0) return null;
  return (
    <small>
      {word('locked')} {shortText(amount, 8)}
    </small>
  );
}

function PositionRow({ position }: { position: Position }) {
  const { symbol, qty, locked, avg_price } = position;
  const market = marketOf(symbol);
  const price = market === undefined ? undefined : lastPrice(market);
  const profit = price === undefined || avg_price === null ? undefined : (price - avg_price) * qty;
  const money = (value: number) => moneyText(value, market?.quote ?? '');
  return (
    <tr>
      <th scope="row">
        {market === undefined ? (
          symbol
        ) : (
          <button type="button" class="link" onClick={() => select(market.symbol)}>
            {symbol}
          </button>
        )}
      </th>
      <td>
        {shortText(qty, 8)}
        {avg_price !== null && <small>@ {shortText(avg_price, 4)}</small>}
        <Locked amount={locked} />
      </td>
      <td>
        {price === undefined ? '–' : money(price * qty)}
        {profit !== undefined && avg_price !== null && price !== undefined && (
          <small class={trend(profit)} title={word('profit')}>
            {profit > 0 ? '+' : ''}
            {money(profit)} {avg_price > 0 && percentText((100 * (price - avg_price)) / avg_price)}
          </small>
        )}
      </td>
    </tr>
  );
}

/** What everything is worth, by currency. */
function Totals() {
  const { wallets, positions } = assets.value;
  const sums = new Map(wallets.map(({ currency, balance }) => [currency, balance]));
  for (const { symbol, qty } of positions) {
    const market = marketOf(symbol);
    const price = market === undefined ? undefined : lastPrice(market);
    if (market === undefined || price === undefined) continue;
    sums.set(market.quote, (sums.get(market.quote) ?? 0) + price * qty);
  }
  return (
    <small class="totals">
      {[...sums].map(([currency, sum]) => (
        <span key={currency}>
          {moneyText(sum, currency)} {currency}
        </span>
      ))}
    </small>
  );
}

function marketOf(asset: string): MarketSymbol | undefined {
  return symbols.value.find(({ base }) => base === asset);
}

/** The last price, or before the first trade the reference. */
function lastPrice(market: MarketSymbol): number | undefined {
  const ticker = tickerOf(market.symbol).value;
  return ticker === undefined ? (market.reference_price ?? undefined) : ticker.p / 10 ** market.price_decimals;
}

/** What something is worth, for a glance: no more than two decimals. */
function moneyText(value: number, currency: string): string {
  const decimals = symbols.value.find(({ quote }) => quote === currency)?.quote_decimals ?? 0;
  return decimalText(value, Math.min(decimals, 2));
}
