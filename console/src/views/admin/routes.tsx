import type { Routes as RoutesAnswer } from '@supernoba/client';
import { Badge, Panel, Table } from './parts.tsx';
import { usePolled } from './polled.ts';
import { say } from './words.ts';

/** Where each symbol trades, and the moves of symbols between engines, as far as the admin API tells them. */
export function Routes() {
  const routes = usePolled<RoutesAnswer>('/admin/routes');
  const migrations = usePolled<{ migrations: Record<string, unknown>[] }>('/admin/migrations');
  return (
    <div class="split">
      <Panel title={say('routes')} polled={routes.value}>
        <p class="hint">{say('routesHint')}</p>
        <Table
          label={say('routes')}
          tall
          head={
            <>
              <th scope="col">{say('symbol')}</th>
              <th scope="col">{say('shard')}</th>
              <th scope="col" class="left">
                {say('status')}
              </th>
              <th scope="col" class="left">
                {say('target')}
              </th>
              <th scope="col">{say('epoch')}</th>
            </>
          }
        >
          {(routes.value.data?.routes ?? []).map(({ symbol, shard, status, target_instance, epoch }) => (
            <tr key={symbol}>
              <th scope="row">{symbol}</th>
              <td>{shard}</td>
              <td class="left">
                <Badge text={status} mood={status === 'ACTIVE' ? 'good' : 'warn'} />
              </td>
              <td class="left">{target_instance ?? say('byShard')}</td>
              <td>{epoch}</td>
            </tr>
          ))}
        </Table>
      </Panel>
      <Panel title={say('migrations')} polled={migrations.value}>
        <Migrations migrations={migrations.value.data?.migrations} />
      </Panel>
    </div>
  );
}

/** One column for every field that the API tells of a move. */
function Migrations({ migrations }: { migrations: readonly Record<string, unknown>[] | undefined }) {
  if (migrations === undefined) return <p class="hint">{say('loading')}</p>;
  if (migrations.length === 0) return <p class="hint">{say('noMigrations')}</p>;
  const columns = [...new Set(migrations.flatMap((migration) => Object.keys(migration)))];
  return (
    <Table
      label={say('migrations')}
      tall
      head={columns.map((column) => (
        <th scope="col" class="left" key={column}>
          {column}
        </th>
      ))}
    >
      {migrations.map((migration, index) => (
        <tr key={index}>
          {columns.map((column) => (
            <td class="left" key={column}>
              {typeof migration[column] === 'object'
                ? JSON.stringify(migration[column])
                : String(migration[column] ?? '–')}
            </td>
          ))}
        </tr>
      ))}
    </Table>
  );
}
