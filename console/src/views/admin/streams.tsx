import { word } from '../../lib/words.ts';

export interface Stream {
  topic: string;
  partitions: { partition: number }[];
  records: number;
  consumers: { group: string; lag: number }[];
}

/** Streams, how long they are, and how far behind each consumer is. */
export function Streams({ streams }: { streams: readonly Stream[] }) {
  return (
    <section class="panel" aria-label={word('streams')}>
      <div class="panel-head">
        <h2>{word('streams')}</h2>
      </div>
      <section class="scroll" tabIndex={0} aria-label={word('streams')}>
        <table>
          <thead>
            <tr>
              <th scope="col">{word('streams')}</th>
              <th scope="col">{word('partition')}</th>
              <th scope="col">{word('records')}</th>
              <th scope="col">{word('lag')}</th>
            </tr>
          </thead>
          <tbody>
            {streams.map(({ topic, partitions, records, consumers }) => (
              <tr key={topic}>
                <th scope="row">{topic}</th>
                <td>{partitions.length}</td>
                <td>{records}</td>
                <td>{consumers.map(({ group, lag }) => `${group} ${lag}`).join(' · ')}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </section>
    </section>
  );
}
