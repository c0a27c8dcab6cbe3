import { useSignal } from '@preact/signals';
import { ApiError, type Settings } from '@supernoba/client';
import { useEffect, useRef } from 'preact/hooks';
import { word } from '../../lib/words.ts';
import { ended, signInByPassword, signInByTestMode, signInByToken, signOut } from '../../state/login.ts';
import { isAdmin, keepApiKey, userName } from '../../state/session.ts';
import { loadSettings, settings } from '../../state/settings.ts';
import { SignInError } from '../../state/supabase.ts';
import './sign-in.css';
import { say } from './words.ts';

type Method = 'password' | 'token' | 'testMode';

/** Who is signed in, or the ways to sign in that this exchange offers. */
export function SignIn() {
  const open = useSignal(false);
  useEffect(() => {
    if (ended.value !== undefined) open.value = true;
  }, [ended.value]);
  if (userName.value !== undefined) {
    return (
      <span class="who">
        <b class="user-name" title={userName.value}>
          {userName.value}
        </b>
        {isAdmin.value && <small class="role">{say('adminRole')}</small>}
        <button
          type="button"
          class="sign-out"
          aria-label={word('signOut')}
          title={`${word('signOut')}: ${userName.value}`}
          onClick={() => {
            open.value = false;
            void signOut();
          }}
        >
          <span>{word('signOut')}</span>
          <svg viewBox="0 0 16 16" aria-hidden="true">
            <path d="M6 2H3v12h3M7 8h7m-3-3 3 3-3 3" />
          </svg>
        </button>
      </span>
    );
  }
  return (
    <span class="who">
      <button
        type="button"
        class="primary"
        aria-expanded={open.value}
        onClick={() => {
          open.value = !open.value;
        }}
      >
        {word('signIn')}
      </button>
      {open.value && (
        <SignInForm
          close={() => {
            open.value = false;
          }}
        />
      )}
    </span>
  );
}

/** None while the exchange has not told its settings. */
function methodsOf(known: Settings | undefined): Method[] {
  if (known === undefined) return [];
  return [
    ...(known.supabase_url === null || known.supabase_anon_key === null ? [] : (['password'] as const)),
    ...(known.test_mode ? (['testMode'] as const) : []),
    'token',
  ];
}

function SignInForm({ close }: { close(): void }) {
  const form = useRef<HTMLFormElement>(null);
  const chosen = useSignal<Method | undefined>(undefined);
  const problem = useSignal('');
  const busy = useSignal(false);
  const methods = methodsOf(settings.value);
  const method = chosen.value ?? methods[0];

  useEffect(() => {
    loadSettings().catch(() => {
      problem.value = say('unreachable');
    });
  }, []);
  useEffect(() => {
    form.current?.querySelector<HTMLElement>('input, textarea')?.focus();
  }, [method]);

  async function submit(event: Event & { currentTarget: HTMLFormElement }): Promise<void> {
    event.preventDefault();
    const given = new FormData(event.currentTarget);
    problem.value = '';
    busy.value = true;
    try {
      await signInBy(method, given);
      const key = String(given.get('api_key') ?? '').trim();
      if (key !== '') keepApiKey(key);
      close();
    } catch (error) {
      problem.value = sentenceOf(error);
    } finally {
      busy.value = false;
    }
  }

  return (
    <form
      ref={form}
      class="sign-in"
      aria-label={word('signIn')}
      onSubmit={(event) => void submit(event)}
      onKeyDown={(event) => {
        if (event.key === 'Escape') close();
      }}
    >
      {ended.value !== undefined && <p class="bad">{say(ended.value)}</p>}
      {methods.length > 1 && (
        <fieldset class="segmented methods" aria-label={say('method')}>
          {methods.map((name) => (
            <button
              type="button"
              key={name}
              aria-pressed={method === name}
              onClick={() => {
                problem.value = '';
                chosen.value = name;
              }}
            >
              {say(name)}
            </button>
          ))}
        </fieldset>
      )}
      {method === 'password' && <PasswordFields />}
      {method === 'token' && <TokenField />}
      {method === 'testMode' && <TestFields />}
      {settings.value?.api_key_required === true && <ApiKeyField />}
      <output class="bad">{problem.value}</output>
      <button type="submit" class="primary" disabled={busy.value || method === undefined}>
        {busy.value ? say('asking') : word('signIn')}
      </button>
    </form>
  );
}

function PasswordFields() {
  const url = settings.value?.supabase_url;
  return (
    <>
      <label>
        {say('email')}
        <input name="email" type="email" autocomplete="username" required />
      </label>
      <label>
        {say('secret')}
        <input name="password" type="password" autocomplete="current-password" required />
      </label>
      {url != null && (
        <small>
          {say('supabaseHint')} {new URL(url).host}
        </small>
      )}
    </>
  );
}

function TokenField() {
  return (
    <>
      <label>
        {say('jwt')}
        <textarea name="token" rows={4} required spellcheck={false} autocomplete="off" />
      </label>
      <small>{say('jwtHint')}</small>
    </>
  );
}

function TestFields() {
  return (
    <>
      <label>
        {word('userId')}
        <input name="user" defaultValue="demo1" required pattern="[!-~]{1,128}" autocomplete="off" />
      </label>
      <label class="check">
        <input type="checkbox" name="admin" />
        {word('asAdmin')}
      </label>
      <small>{say('testHint')}</small>
    </>
  );
}

function ApiKeyField() {
  return (
    <>
      <label>
        {say('apiKey')}
        <input name="api_key" type="password" autocomplete="off" spellcheck={false} />
      </label>
      <small>{say('apiKeyHint')}</small>
    </>
  );
}

function signInBy(method: Method | undefined, given: FormData): Promise<void> {
  const text = (name: string) => String(given.get(name) ?? '');
  if (method === 'password') return signInByPassword(text('email'), text('password'));
  if (method === 'testMode') return signInByTestMode(text('user'), given.get('admin') !== null);
  return signInByToken(text('token'));
}

function sentenceOf(error: unknown): string {
  if (error instanceof ApiError) return `${error.message} (${error.code})`;
  if (error instanceof SignInError) return error.message;
  return say('unreachable');
}
