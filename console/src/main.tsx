import { render } from 'preact';
import { App } from './app.tsx';
import { startConnection } from './state/connect.ts';
import { followDay } from './state/day.ts';
import { followKeys } from './state/keys.ts';
import { keepSession } from './state/login.ts';
import { followLook } from './state/look.ts';
import { followAddress, followTitle, loadSymbols } from './state/market.ts';
import { loadSettings } from './state/settings.ts';
import './styles.css';

const root = document.getElementById('app');
if (root === null) throw new Error('the page has no #app');
followLook();
followKeys();
followAddress();
followTitle();
render(<App />, root);
// The settings tell the market's time zone, in which all that follows is drawn.
loadSettings()
  .catch(() => {})
  .finally(() => {
    loadSymbols().catch(() => {});
    startConnection();
    followDay();
    keepSession();
  });
