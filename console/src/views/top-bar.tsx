import { language, word } from '../lib/words.ts';
import { colours, theme } from '../state/look.ts';
import { connection, credentials, isAdmin, latencyMs, stale, view } from '../state/session.ts';
import { SignIn } from './sign-in/sign-in.tsx';
import { say } from './sign-in/words.ts';

/** Name, connection and tier, language, theme, and who is signed in. */
export function TopBar() {
  return (
    <header class="top-bar">
      <h1>
        <span aria-hidden="true">✦</span> Supernoba
      </h1>
      {isAdmin.value && <Views />}
      <Connection />
      <span class="grow" />
      <button
        type="button"
        class="quiet"
        onClick={() => {
          language.value = language.value === 'ko' ? 'en' : 'ko';
          localStorage.setItem('supernoba.language', language.value);
        }}
      >
        {language.value === 'ko' ? 'EN' : '한국어'}
      </button>
      <button
        type="button"
        class="quiet"
        aria-label={word('theme')}
        onClick={() => {
          theme.value = theme.value === 'dark' ? 'light' : 'dark';
        }}
      >
        ◐
      </button>
      <button
        type="button"
        class="quiet"
        aria-label={word('colours')}
        onClick={() => {
          colours.value = colours.value === 'korean' ? 'western' : 'korean';
        }}
      >
        <span class="up">▲</span>
        <span class="down">▼</span>
      </button>
      <SignIn />
    </header>
  );
}

function Views() {
  return (
    <nav class="segmented" aria-label={word('views')}>
      {(['trade', 'admin', 'tests'] as const).map((name) => (
        <button
          type="button"
          key={name}
          aria-pressed={view.value === name}
          onClick={() => {
            view.value = name;
          }}
        >
          {word(name)}
        </button>
      ))}
    </nav>
  );
}

function Connection() {
  const open = connection.value === 'open';
  const anonymous = credentials.value === undefined;
  const tier = anonymous ? word('anonymous') : word('live');
  return (
    <span class={`connection ${open && !stale.value ? 'open' : 'broken'}`}>
      <i aria-hidden="true" />
      {/* What is read out when it changes; the latency beside it changes every other second. */}
      <output>{open ? (stale.value ? word('stale') : tier) : word('reconnecting')}</output>
      <b class="short" aria-hidden="true">
        {open ? (stale.value ? word('stale') : say(anonymous ? 'every500' : 'every50')) : word('reconnecting')}
      </b>
      {open && latencyMs.value !== undefined && <small>{latencyMs.value.toFixed(0)} ms</small>}
    </span>
  );
}
