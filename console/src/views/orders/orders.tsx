import { useSignal } from '@preact/signals';
import { reasonText } from '../../lib/order-words.ts';
import { refusalText } from '../../lib/refusal.ts';
import { type Word, word } from '../../lib/words.ts';
import { lateRefusal, moreOpen, openOrders, tellLate } from '../../state/account.ts';
import { rest, userName } from '../../state/session.ts';
import { Fills, History } from './history.tsx';
import { OpenOrders } from './open-orders.tsx';

const TABS = ['openOrders', 'history', 'fills'] as const satisfies readonly Word[];

/** Open orders with cancel and replace, past orders with their reasons, and fills. */
export function Orders() {
  const tab = useSignal<(typeof TABS)[number]>('openOrders');
  const problem = useSignal('');
  const late = lateRefusal.value;
  const count = openOrders.value.length;
  const cancelAll = () => {
    problem.value = '';
    tellLate(undefined);
    rest.value.cancelAll().catch((error) => {
      problem.value = refusalText(error);
    });
  };
  return (
    <section class="panel orders" aria-label={word('paneOrders')}>
      <div class="panel-head">
        <fieldset class="segmented" aria-label={word('paneOrders')}>
          {TABS.map((name) => (
            <button
              type="button"
              key={name}
              aria-pressed={tab.value === name}
              onClick={() => {
                tab.value = name;
              }}
            >
              {word(name)} {name === 'openOrders' && count > 0 ? `(${count}${moreOpen.value ? '+' : ''})` : ''}
            </button>
          ))}
        </fieldset>
        <span class="grow" />
        <output class="bad">
          {problem.value ||
            (late === undefined
              ? ''
              : `${word('lateRefusal')}: ${late.symbol}, ${reasonText(late.code)} (${late.code})`)}
        </output>
        {count > 0 && tab.value === 'openOrders' && (
          <button type="button" onClick={cancelAll}>
            {word('cancelAll')}
          </button>
        )}
      </div>
      <section class="scroll" tabIndex={0} aria-label={word(tab.value)}>
        {userName.value === undefined ? (
          <p class="hint">{word('signInForOrders')}</p>
        ) : (
          <>
            {tab.value === 'openOrders' && <OpenOrders />}
            {tab.value === 'history' && <History />}
            {tab.value === 'fills' && <Fills />}
          </>
        )}
      </section>
    </section>
  );
}
