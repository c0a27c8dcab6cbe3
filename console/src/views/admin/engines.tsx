import { word } from '../../lib/words.ts';
import { rest } from '../../state/session.ts';
import type { Act } from './admin.tsx';

export interface Engine {
  engine_id: string;
  status: string;
  shards: { partition: number; offset: number; lag: number }[];
  symbols: string[];
}

/** Matching engines with their shards, and a snapshot on demand. */
export function Engines({ engines, act }: { engines: readonly Engine[]; act: Act }) {
  return (
    <section class="panel" aria-label={word('engines')}>
      <div class="panel-head">
        <h2>{word('engines')}</h2>
        <span class="grow" />
        <button
          type="button"
          onClick={() => void act(word('snapshotNow'), () => rest.value.call('POST', '/admin/snapshots'))}
        >
          {word('snapshotNow')}
        </button>
      </div>
      {engines.map((engine) => (
        <table key={engine.engine_id}>
          <thead>
            <tr>
              <th scope="col">
                {engine.engine_id} · {engine.status}
              </th>
              <th scope="col">{word('offset')}</th>
              <th scope="col">{word('lag')}</th>
            </tr>
          </thead>
          <tbody>
            {engine.shards
              .toSorted((a, b) => a.partition - b.partition)
              .map(({ partition, offset, lag }) => (
                <tr key={partition}>
                  <td>
                    {word('partition')} {partition}
                  </td>
                  <td>{offset}</td>
                  <td>{lag}</td>
                </tr>
              ))}
          </tbody>
        </table>
      ))}
    </section>
  );
}
