import { Button, Group, TextInput } from '@mantine/core';
import { Fragment, useState } from 'react';
import type { AuditEntry } from '../../api/types.ts';
import { Empty } from '../../parts/empty.tsx';
import { shownMoment } from '../../parts/format.ts';
import { List } from '../../parts/list.tsx';
import { More } from '../../parts/more.tsx';
import { ProblemAlert } from '../../parts/problem-alert.tsx';
import { queryOf, useFilters } from '../../parts/use-filters.ts';
import { usePages } from '../../parts/use-pages.ts';

/** Every change: who, when, before, after; newest first. */
export function AuditTrail() {
  const { filters, setFilter } = useFilters(['subject', 'action', 'actorId']);
  const { items, error, isLoading, again, ...more } = usePages<AuditEntry>(`/audit${queryOf(filters)}`);
  const [openId, setOpenId] = useState<string>();
  return (
    <>
      <Group mb="sm" gap="sm">
        <TextInput
          label="Object"
          placeholder="agent/…, number/+1415…"
          defaultValue={filters.subject}
          onBlur={(event) => setFilter('subject', event.currentTarget.value.trim())}
        />
        <TextInput
          label="Action"
          placeholder="agent.patched"
          defaultValue={filters.action}
          onBlur={(event) => setFilter('action', event.currentTarget.value.trim())}
        />
      </Group>
      {error && <ProblemAlert error={error} again={again} />}
      {!error && !isLoading && items.length === 0 && <Empty title="Nothing of that kind has been done" />}
      {items.length > 0 && (
        <List label="Audit trail" columns={['When', 'Who', 'Did', 'Object', 'Change']}>
          {items.map((entry) => (
            <Fragment key={entry.id}>
              <tr>
                <td className="tabular" title={entry.at}>
                  {shownMoment(entry.at)}
                </td>
                <td>
                  {entry.actor.name} ({entry.actor.role})
                </td>
                <td>{entry.action}</td>
                <td className="mono">{entry.subject}</td>
                <td>
                  <Button
                    size="compact-sm"
                    variant="subtle"
                    aria-expanded={openId === entry.id}
                    aria-label={`What ${entry.action} changed`}
                    onClick={() => setOpenId(openId === entry.id ? undefined : entry.id)}
                  >
                    before and after
                  </Button>
                </td>
              </tr>
              {openId === entry.id && (
                <tr>
                  <td className="wide" colSpan={5}>
                    <pre className="mono" style={{ whiteSpace: 'pre-wrap', margin: 0 }}>
                      {JSON.stringify({ before: entry.before, after: entry.after }, null, 2)}
                    </pre>
                  </td>
                </tr>
              )}
            </Fragment>
          ))}
        </List>
      )}
      <More {...more} />
    </>
  );
}
