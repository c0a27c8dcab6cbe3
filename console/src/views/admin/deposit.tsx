import { word } from '../../lib/words.ts';
import { rest } from '../../state/session.ts';
import type { Act } from './admin.tsx';

/** Money or securities into an account; the transfer id makes a second press of the button harmless. */
export function Deposit({ act }: { act: Act }) {
  const submit = (event: Event & { currentTarget: HTMLFormElement }) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const [user, asset, amount] = ['user', 'asset', 'amount'].map((name) => String(form.get(name)).trim());
    const body = { asset, amount: amount ?? '', transfer_id: crypto.randomUUID() };
    void act(`${user}: +${amount} ${asset}`, () =>
      rest.value.call('POST', `/admin/accounts/${encodeURIComponent(user ?? '')}/deposit`, body),
    );
  };
  return (
    <section class="panel" aria-label={word('deposit')}>
      <div class="panel-head">
        <h2>{word('deposit')}</h2>
      </div>
      <form class="row" onSubmit={submit}>
        <input name="user" required size={12} placeholder={word('account')} aria-label={word('account')} />
        <input name="asset" required size={8} placeholder="KRW" aria-label={word('asset')} />
        <input
          name="amount"
          required
          size={12}
          inputMode="decimal"
          placeholder={word('amount')}
          aria-label={word('amount')}
        />
        <button type="submit" class="primary">
          {word('deposit')}
        </button>
      </form>
    </section>
  );
}
