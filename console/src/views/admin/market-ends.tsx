import { useSignal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { rest } from '../../state/session.ts';
import type { Market } from './api.ts';
import { type Act, Sheet } from './parts.tsx';
import { say } from './words.ts';

interface Ending {
  market: Market;
  act: Act;
  close(): void;
}

/** Asks once more before a market goes. */
export function Delist({ market, act, close }: Ending) {
  const what = `${market.symbol}: ${say('delist')}`;
  return (
    <Ask
      title={what}
      hint={say('delistWarning')}
      button={say('delist')}
      close={close}
      work={() => act(what, () => rest.value.call('DELETE', `/admin/symbols/${encodeURIComponent(market.symbol)}`))}
    />
  );
}

/** Ends the day of a market, with the reference price of the next one if it is not the last trade's. */
export function DayClose({ market, act, close }: Ending) {
  const reference = useSignal('');
  const what = `${market.symbol}: ${say('dayClose')}`;
  const body = () => (reference.value.trim() === '' ? {} : { reference_price: reference.value.trim() });
  return (
    <Ask
      title={what}
      hint={say('dayCloseHint')}
      button={say('dayClose')}
      close={close}
      work={() =>
        act(what, () =>
          rest.value.call('POST', `/admin/symbols/${encodeURIComponent(market.symbol)}/day-close`, body()),
        )
      }
    >
      <label class="term">
        {say('dayCloseReference')}
        <input
          inputMode="decimal"
          value={reference.value}
          onInput={(event) => {
            reference.value = event.currentTarget.value;
          }}
        />
      </label>
    </Ask>
  );
}

/** A question with its consequence, and the exchange's refusal when there is one. */
export function Ask(props: {
  title: string;
  hint: string;
  button: string;
  close(): void;
  work(): Promise<string | undefined>;
  children?: ComponentChildren;
}) {
  const refusal = useSignal<string | undefined>(undefined);
  const submit = async (event: Event) => {
    event.preventDefault();
    refusal.value = await props.work();
    if (refusal.value === undefined) props.close();
  };
  return (
    <Sheet title={props.title} close={props.close}>
      <form class="terms" onSubmit={(event) => void submit(event)}>
        <p>{props.hint}</p>
        {props.children}
        <footer>
          <output class="bad">{refusal.value}</output>
          <button type="button" onClick={props.close}>
            {say('cancel')}
          </button>
          <button type="submit" class="primary">
            {props.button}
          </button>
        </footer>
      </form>
    </Sheet>
  );
}
