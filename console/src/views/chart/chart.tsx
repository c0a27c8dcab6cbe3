import { useSignal, useSignalEffect } from '@preact/signals';
import type { Bar } from '@supernoba/client';
import { useEffect, useMemo, useRef } from 'preact/hooks';
import { INTERVALS } from '../../lib/market-clock.ts';
import { language, word } from '../../lib/words.ts';
import { colours, interval, theme } from '../../state/look.ts';
import { current, currentName, liveCandle } from '../../state/market.ts';
import { resyncs } from '../../state/resync.ts';
import { Day } from './day.tsx';
import { Drawing } from './drawing.ts';
import { ChartHistory } from './history.ts';
import { Headline, Legend, ReadOut } from './legend.tsx';

/** Candles of the selected symbol: history by `setData`, the live bar by `update`, older bars when scrolled to the left. */
export function Chart() {
  const holder = useRef<HTMLDivElement>(null);
  const drawing = useRef<Drawing | undefined>(undefined);
  const history = useMemo(() => new ChartHistory(), []);
  const pointed = useSignal<Bar | undefined>(undefined);

  useEffect(() => {
    if (holder.current === null) return undefined;
    const made = new Drawing(
      holder.current,
      (time) => {
        pointed.value = time === undefined ? undefined : history.at(time);
      },
      () => void history.older(),
    );
    drawing.current = made;
    history.attach(made);
    return () => made.remove();
  }, []);

  useSignalEffect(() => {
    void currentName.value;
    void language.value;
    pointed.value = undefined;
    void history.open(current.peek(), interval.value);
  });
  useSignalEffect(() => {
    if (liveCandle.value !== undefined) history.grow();
  });
  useSignalEffect(() => {
    if (resyncs.value > 0) void history.refresh();
  });
  useSignalEffect(() => {
    void theme.value;
    void colours.value;
    drawing.current?.paint();
    history.redraw();
  });

  const { state, newest, count } = history;
  return (
    <section class="panel chart" aria-label={word('chart')}>
      <div class="panel-head">
        <Headline />
        <fieldset class="segmented" aria-label={word('interval')}>
          {INTERVALS.map((width) => (
            <button
              type="button"
              key={width}
              aria-pressed={interval.value === width}
              onClick={() => {
                interval.value = width;
              }}
            >
              {width}
            </button>
          ))}
        </fieldset>
      </div>
      <Day />
      <Legend bar={pointed.value ?? newest.value.at(-1)} />
      <div class="canvas">
        <div class="drawing" ref={holder} />
        {count.value === 0 && (
          <div class="hint empty">
            {word(state.value === 'loading' ? 'loading' : state.value === 'failed' ? 'chartFailed' : 'noTrades')}
            {state.value === 'failed' && (
              <button type="button" onClick={() => void history.refresh()}>
                {word('retry')}
              </button>
            )}
          </div>
        )}
      </div>
      <ReadOut bars={newest.value} count={count.value} />
    </section>
  );
}
