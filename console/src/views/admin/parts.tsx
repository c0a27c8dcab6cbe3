import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { clockText } from '../../lib/numbers.ts';
import type { Polled } from './polled.ts';
import { say } from './words.ts';

/** Does what an admin asked for and tells how it went: undefined when it was done, else the exchange's refusal. */
export type Act = (what: string, work: () => Promise<unknown>) => Promise<string | undefined>;

/** A titled panel, with the freshness of what it shows and room for buttons in its head. */
export function Panel(props: {
  title: string;
  polled?: Polled<unknown>;
  tools?: ComponentChildren;
  children: ComponentChildren;
}) {
  const { title, polled, tools, children } = props;
  return (
    <section class="panel" aria-label={title}>
      <div class="panel-head">
        <h2>{title}</h2>
        {polled?.problem !== undefined && (
          <output class="bad">
            {polled.at === undefined
              ? polled.problem
              : `${say('notUpdated')} ${clockText(polled.at)}: ${polled.problem}`}
          </output>
        )}
        <span class="grow" />
        {tools}
      </div>
      {children}
    </section>
  );
}

/** A table that scrolls sideways in itself where the screen is narrow. */
export function Table(props: { label: string; head: ComponentChildren; children: ComponentChildren; tall?: boolean }) {
  return (
    <section
      class={`scroll ${props.tall === true ? 'tall' : ''}`}
      tabIndex={0}
      aria-label={`${props.label}: ${say('table')}`}
    >
      <table>
        <thead>
          <tr>{props.head}</tr>
        </thead>
        <tbody>{props.children}</tbody>
      </table>
    </section>
  );
}

/** A dialog over the page; Escape and the button beside its title close it. */
export function Sheet({ title, close, children }: { title: string; close(): void; children: ComponentChildren }) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog ref={dialog} class="sheet" aria-label={title} onClose={close}>
      <header>
        <h2>{title}</h2>
        <span class="grow" />
        <button type="button" class="quiet" aria-label={say('close')} onClick={close}>
          ✕
        </button>
      </header>
      {children}
    </dialog>
  );
}

/** The last minute or so as a filled line from 0 to its highest point. */
export function Spark({ points }: { points: readonly number[] }) {
  const most = Math.max(...points, 1e-9);
  const step = 100 / Math.max(1, points.length - 1);
  const line = points.map((point, index) => `${(index * step).toFixed(2)},${(30 - (point / most) * 28).toFixed(2)}`);
  return (
    <svg class="area" viewBox="0 0 100 32" preserveAspectRatio="none" aria-hidden="true">
      {points.length > 1 && (
        <>
          <polygon points={`0,31 ${line.join(' ')} 100,31`} />
          <polyline points={line.join(' ')} />
        </>
      )}
    </svg>
  );
}

/** The state of a thing as a coloured label. */
export function Badge({ text, mood }: { text: string; mood: 'good' | 'warn' | 'bad' | 'flat' }) {
  return <span class={`badge ${mood}`}>{text}</span>;
}
