import { useSignal } from '@preact/signals';
import type { Streams as StreamsAnswer } from '@supernoba/client';
import { useEffect, useRef } from 'preact/hooks';
import { shortText } from '../../lib/numbers.ts';
import { rest } from '../../state/session.ts';
import type { Stream } from './api.ts';
import { Ask } from './market-ends.tsx';
import { type Act, Panel, Spark, Table } from './parts.tsx';
import { thenRead, usePolled } from './polled.ts';
import { say } from './words.ts';

const POINTS = 60;

/** Length and lag of a stream as they were at one moment. */
interface Sample {
  at: number;
  ends: ReadonlyMap<string, number>;
  lags: ReadonlyMap<string, number>;
}

/** Streams, how long they are and grow, and how far behind each of their consumers is. */
export function Streams({ act }: { act: Act }) {
  const polled = usePolled<StreamsAnswer>('/admin/streams');
  const samples = useRef<Sample[]>([]);
  const removing = useSignal<string | undefined>(undefined);
  const streams = polled.value.data?.streams;
  useEffect(() => {
    if (streams !== undefined && polled.value.at !== undefined) {
      samples.current = [...samples.current.slice(1 - POINTS), sampleOf(streams, polled.value.at)];
    }
  }, [polled.value.at]);
  const doAndRead = thenRead(act, polled);
  const topic = removing.value;
  return (
    <>
      <Panel title={say('streams')} polled={polled.value}>
        <Table label={say('streams')} tall head={<Head />}>
          {(streams ?? []).map((stream) => (
            <Row
              key={stream.topic}
              stream={stream}
              samples={samples.current}
              remove={() => {
                removing.value = stream.topic;
              }}
            />
          ))}
        </Table>
        {streams === undefined && <p class="hint">{say('loading')}</p>}
      </Panel>
      <NewStream act={doAndRead} />
      {topic !== undefined && (
        <Ask
          title={`${topic}: ${say('remove')}`}
          hint={say('removeStream')}
          button={say('remove')}
          close={() => {
            removing.value = undefined;
          }}
          work={() =>
            doAndRead(`${topic}: ${say('remove')}`, () =>
              rest.value.call('DELETE', `/admin/streams/${encodeURIComponent(topic)}`),
            )
          }
        />
      )}
    </>
  );
}

function sampleOf(streams: readonly Stream[], at: number): Sample {
  const ends = streams.map(
    ({ topic, partitions }) => [topic, partitions.reduce((sum, { end }) => sum + end, 0)] as const,
  );
  const lags = streams.flatMap(({ topic, consumers }) =>
    consumers.map(({ group, lag }) => [`${topic}/${group}`, lag] as const),
  );
  return { at, ends: new Map(ends), lags: new Map(lags) };
}

function Head() {
  return (
    <>
      <th scope="col">{say('stream')}</th>
      <th scope="col">{say('partitions')}</th>
      <th scope="col">{say('records')}</th>
      <th scope="col">{say('perSecond')}</th>
      <th scope="col" class="left">
        {say('consumers')}
      </th>
      <td />
    </>
  );
}

function Row({ stream, samples, remove }: { stream: Stream; samples: readonly Sample[]; remove(): void }) {
  const { topic, partitions, records, consumers } = stream;
  const growth = growthOf(topic, samples);
  return (
    <tr>
      <th scope="row">{topic}</th>
      <td title={partitions.map(({ partition, begin, end }) => `${partition}: ${begin} – ${end}`).join('\n')}>
        {partitions.length}
      </td>
      <td>{shortText(records, 0)}</td>
      <td>{growth === undefined ? '–' : shortText(growth, 1)}</td>
      <td class="left">
        <ul class="lags">
          {consumers.map(({ group, lag }) => (
            <li key={group}>
              <span>{group}</span>
              <b class={lag > 0 ? 'behind' : ''}>{shortText(lag, 0)}</b>
              <Spark points={samples.map(({ lags }) => lags.get(`${topic}/${group}`) ?? 0)} />
            </li>
          ))}
        </ul>
      </td>
      <td>
        {stream.protected ? (
          <small>{say('own')}</small>
        ) : (
          <div class="actions">
            <button type="button" aria-label={`${say('remove')} ${topic}`} onClick={remove}>
              {say('remove')}
            </button>
          </div>
        )}
      </td>
    </tr>
  );
}

/** Records a second between the two newest samples. */
function growthOf(topic: string, samples: readonly Sample[]): number | undefined {
  const [before, last] = samples.slice(-2);
  if (before === undefined || last === undefined) return undefined;
  const grown = (last.ends.get(topic) ?? 0) - (before.ends.get(topic) ?? 0);
  return (grown / Math.max(1, last.at - before.at)) * 1_000;
}

function NewStream({ act }: { act: Act }) {
  const refusal = useSignal<string | undefined>(undefined);
  const submit = async (event: Event & { currentTarget: HTMLFormElement }) => {
    event.preventDefault();
    const form = event.currentTarget;
    const given = new FormData(form);
    const topic = String(given.get('topic')).trim();
    refusal.value = await act(`${topic}: ${say('create')}`, () =>
      rest.value.call('POST', '/admin/streams', {
        action: 'create',
        topic,
        partitions: Number(given.get('partitions')),
        replicationFactor: Number(given.get('replication')),
      }),
    );
    if (refusal.value === undefined) form.reset();
  };
  return (
    <Panel title={say('newStream')}>
      <form class="row" onSubmit={(event) => void submit(event)}>
        <label class="inline">
          {say('stream')}
          <input name="topic" required pattern="[A-Za-z0-9][A-Za-z0-9._\-]{0,99}" autocomplete="off" />
        </label>
        <label class="inline">
          {say('partitions')}
          <input name="partitions" type="number" min={1} max={64} defaultValue="3" required />
        </label>
        <label class="inline">
          {say('replication')}
          <input name="replication" type="number" min={1} max={5} defaultValue="2" required />
        </label>
        <button type="submit" class="primary">
          {say('create')}
        </button>
        <output class="bad">{refusal.value}</output>
      </form>
    </Panel>
  );
}
