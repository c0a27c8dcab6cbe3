import type { Engines as EnginesAnswer, Snapshots as SnapshotsAnswer } from '@supernoba/client';
import { shortText } from '../../lib/numbers.ts';
import { rest } from '../../state/session.ts';
import type { Engine, Snapshot } from './api.ts';
import { Health } from './health.tsx';
import { type Act, Badge, Panel, Table } from './parts.tsx';
import { thenRead, usePolled } from './polled.ts';
import { say } from './words.ts';

/** Matching engines with their shards, the snapshots of the archive, and a snapshot on demand. */
export function Engines({ act }: { act: Act }) {
  const engines = usePolled<EnginesAnswer>('/admin/engines');
  const snapshots = usePolled<SnapshotsAnswer>('/admin/snapshots', 5_000);
  const shards = (engines.value.data?.engines ?? []).flatMap((engine) => engine.shards);
  const take = () => thenRead(act, snapshots)(say('snapshotNow'), () => rest.value.call('POST', '/admin/snapshots'));
  return (
    <>
      <Health />
      <div class="split">
        <Panel title={say('engines')} polled={engines.value}>
          {(engines.value.data?.engines ?? []).map((engine) => (
            <EngineTable key={engine.engine_id} engine={engine} />
          ))}
        </Panel>
        <Panel
          title={say('snapshots')}
          polled={snapshots.value}
          tools={
            <button type="button" class="primary" onClick={() => void take()}>
              {say('snapshotNow')}
            </button>
          }
        >
          <Snapshots snapshots={snapshots.value.data?.snapshots} shards={shards} />
        </Panel>
      </div>
    </>
  );
}

function EngineTable({ engine }: { engine: Engine }) {
  return (
    <>
      <p class="row">
        <b>{engine.engine_id}</b>
        <Badge text={engine.status} mood={engine.status === 'RUNNING' ? 'good' : 'bad'} />
        <small>
          {engine.symbols.length} {say('symbolsHeld')}: {engine.symbols.slice(0, 12).join(', ')}
          {engine.symbols.length > 12 && ' …'}
        </small>
      </p>
      <Table
        label={engine.engine_id}
        head={
          <>
            <th scope="col">{say('shard')}</th>
            <th scope="col">{say('offset')}</th>
            <th scope="col">{say('lag')}</th>
          </>
        }
      >
        {engine.shards
          .toSorted((a, b) => a.partition - b.partition)
          .map(({ partition, offset, lag }) => (
            <tr key={partition}>
              <th scope="row">{partition}</th>
              <td>{shortText(offset, 0)}</td>
              <td>{shortText(lag, 0)}</td>
            </tr>
          ))}
      </Table>
    </>
  );
}

/** Newest first; what would be replayed after a crash is counted from the newest of each shard. */
function Snapshots(props: { snapshots: readonly Snapshot[] | undefined; shards: Engine['shards'] }) {
  const { snapshots, shards } = props;
  if (snapshots === undefined) return <p class="hint">{say('loading')}</p>;
  if (snapshots.length === 0) return <p class="hint">{say('noSnapshots')}</p>;
  const newest = snapshots.toSorted((a, b) => b.offset - a.offset || a.partition - b.partition);
  return (
    <Table
      label={say('snapshots')}
      tall
      head={
        <>
          <th scope="col">{say('key')}</th>
          <th scope="col">{say('shard')}</th>
          <th scope="col">{say('readsOn')}</th>
          <th scope="col">{say('toReplay')}</th>
        </>
      }
    >
      {newest.map(({ key, partition, offset }) => {
        const shard = shards.find((candidate) => candidate.partition === partition);
        const first = newest.find((candidate) => candidate.partition === partition)?.key === key;
        return (
          <tr key={key}>
            <th scope="row">{key}</th>
            <td>{partition}</td>
            <td>{shortText(offset, 0)}</td>
            <td>{first && shard !== undefined ? shortText(Math.max(0, shard.offset - offset), 0) : ''}</td>
          </tr>
        );
      })}
    </Table>
  );
}
