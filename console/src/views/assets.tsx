import { shortText, unitsText } from '../lib/numbers.ts';
import { word } from '../lib/words.ts';
import { assets } from '../state/account.ts';
import { symbols, tickers } from '../state/market.ts';

/** Wallets and positions; positions are valued at the last price. */
export function Assets() {
  const { wallets, positions } = assets.value;
  return (
    <section class="panel assets" aria-label={word('assets')}>
      <div class="panel-head">
        <h2>{word('assets')}</h2>
      </div>
      {wallets.length + positions.length === 0 ? (
        <p class="hint">{word('none')}</p>
      ) : (
        <section class="scroll" tabIndex={0} aria-label={word('assets')}>
          <table>
            <thead>
              <tr>
                <td />
                <th scope="col">{word('balance')}</th>
                <th scope="col">{word('value')}</th>
                <th scope="col">{word('average')}</th>
                <th scope="col">{word('locked')}</th>
              </tr>
            </thead>
            <tbody>
              {wallets.map(({ currency, balance, locked }) => (
                <tr key={currency}>
                  <th scope="row">{currency}</th>
                  <td>{shortText(balance, 8)}</td>
                  <td>{shortText(balance, 8)}</td>
                  <td />
                  <td>{shortText(locked, 8)}</td>
                </tr>
              ))}
              {positions.map(({ symbol, qty, locked, avg_price }) => (
                <tr key={symbol}>
                  <th scope="row">{symbol}</th>
                  <td>{shortText(qty, 8)}</td>
                  <td>{marketValue(symbol, qty)}</td>
                  <td>{avg_price === null ? '–' : shortText(avg_price, 4)}</td>
                  <td>{shortText(locked, 8)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      )}
    </section>
  );
}

function marketValue(asset: string, quantity: number): string {
  const market = symbols.value.find(({ base }) => base === asset);
  const ticker = market === undefined ? undefined : tickers.value.get(market.symbol);
  if (market === undefined || ticker === undefined) return '–';
  return `${unitsText(Math.round(ticker.p * quantity), market.price_decimals)} ${market.quote}`;
}
