import { useSignal } from '@preact/signals';
import type { Audit as AuditPage } from '@supernoba/client';
import { Badge, Panel, Table } from './parts.tsx';
import { usePolled } from './polled.ts';
import { stampText } from './stamps.ts';
import { say } from './words.ts';

const PAGE = 50;

/** Who did what to which thing, when, and how it looked before and after. Newest first, page by page. */
export function Audit() {
  const cursors = useSignal<readonly string[]>([]);
  const wanted = useSignal('');
  const cursor = cursors.value.at(-1);
  const polled = usePolled<AuditPage>(`/admin/audit?limit=${PAGE}${cursor === undefined ? '' : `&cursor=${cursor}`}`);
  const page = polled.value.data;
  const filter = wanted.value.trim().toLowerCase();
  const shown = (page?.entries ?? []).filter(({ actor, action, target }) =>
    `${actor} ${action} ${target}`.toLowerCase().includes(filter),
  );
  return (
    <Panel
      title={say('audit')}
      polled={polled.value}
      tools={
        <>
          <input
            class="find"
            type="search"
            placeholder={say('filter')}
            aria-label={say('filter')}
            value={wanted.value}
            onInput={(event) => {
              wanted.value = event.currentTarget.value;
            }}
          />
          <button
            type="button"
            disabled={cursor === undefined}
            onClick={() => {
              cursors.value = [];
            }}
          >
            {say('newest')}
          </button>
          <button
            type="button"
            disabled={page?.next_cursor === undefined}
            onClick={() => {
              if (page?.next_cursor !== undefined) cursors.value = [...cursors.value, page.next_cursor];
            }}
          >
            {say('older')}
          </button>
        </>
      }
    >
      <Table
        label={say('audit')}
        tall
        head={
          <>
            <th scope="col">{say('time')}</th>
            <th scope="col" class="left">
              {say('actor')}
            </th>
            <th scope="col" class="left">
              {say('action')}
            </th>
            <th scope="col" class="left">
              {say('on')}
            </th>
            <th scope="col" class="left">
              {say('changes')}
            </th>
          </>
        }
      >
        {shown.map((entry) => (
          <tr key={`${entry.audit_id}${entry.error ?? ''}`}>
            <td>{stampText(entry.timestamp)}</td>
            <td class="left">{entry.actor}</td>
            <td class="left">
              {entry.action}{' '}
              {entry.error !== undefined && <Badge text={`${say('failed')}: ${entry.error}`} mood="bad" />}
            </td>
            <td class="left">{entry.target}</td>
            <td class="left changes">{changesOf(entry.before, entry.after)}</td>
          </tr>
        ))}
      </Table>
      {shown.length === 0 && <p class="hint">{page === undefined ? say('loading') : say('none')}</p>}
    </Panel>
  );
}

/**
 * The fields in which two states differ: `status: ACTIVE → HALTED`. Numbers are in units, as the log keeps them; an amount
 * is of the asset that stands before it.
 */
function changesOf(before: unknown, after: unknown): string {
  const [was, is] = [fieldsOf(before), fieldsOf(after)];
  const same = (key: string) => JSON.stringify(was[key]) === JSON.stringify(is[key]);
  const changed = Object.keys(is).filter((key) => key === 'asset' || !same(key));
  const text = (value: unknown) => (typeof value === 'string' ? value : JSON.stringify(value));
  return changed
    .map((key) =>
      was[key] === undefined || same(key) ? `${key}: ${text(is[key])}` : `${key}: ${text(was[key])} → ${text(is[key])}`,
    )
    .join(' · ');
}

function fieldsOf(state: unknown): Record<string, unknown> {
  return typeof state === 'object' && state !== null ? { ...state } : {};
}
