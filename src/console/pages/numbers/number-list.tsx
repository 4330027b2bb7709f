import { Checkbox, Group } from '@mantine/core';
import type { ReactNode } from 'react';
import { Link } from 'wouter';
import type { ListedNumber } from '../../api/types.ts';
import { shownMoment, shownNumber } from '../../parts/format.ts';
import { List } from '../../parts/list.tsx';
import { CarrierState } from './carrier-state.tsx';
import { hoursText } from './hours-text.ts';
import { findKept } from './kept-number.ts';
import { shownCanary, shownTarget } from './shown-fields.ts';

const COLUMNS = ['Number', 'Twilio', 'Agent', 'Fallback', 'Hours', 'Recording', 'Updated'];

/** Numbers, one a row; with boxes where some can be selected. */
export function NumberList(props: {
  numbers: readonly ListedNumber[];
  nameOf: (agentId: string) => string;
  addressOf: (number: string) => string;
  selected: ReadonlySet<string>;
  select: ((selected: ReadonlySet<string>) => void) | undefined;
  /** What can be done with those that are selected. */
  children?: ReactNode;
}) {
  const { numbers, nameOf, addressOf, selected, select, children } = props;
  const chosen = numbers.filter(({ number }) => selected.has(number)).length;
  const toggle = (number: string, isOn: boolean) => {
    const next = new Set(selected);
    if (isOn) next.add(number);
    else next.delete(number);
    select?.(next);
  };
  return (
    <div className="number-list">
      {select && (
        <Group mb="xs" gap="md">
          <Checkbox
            label={chosen === 0 ? `Select all ${numbers.length}` : `${chosen} of ${numbers.length} selected`}
            checked={chosen === numbers.length}
            indeterminate={chosen > 0 && chosen < numbers.length}
            onChange={() =>
              select(chosen === numbers.length ? new Set() : new Set(numbers.map(({ number }) => number)))
            }
          />
          {children}
        </Group>
      )}
      <List label="Numbers" columns={select ? ['Select', ...COLUMNS] : COLUMNS}>
        {numbers.map((number) => (
          <tr key={number.number}>
            {select && (
              <td className="list-select">
                <Checkbox
                  aria-label={`Select ${shownNumber(number.number)}`}
                  checked={selected.has(number.number)}
                  onChange={(event) => toggle(number.number, event.currentTarget.checked)}
                />
              </td>
            )}
            <td className="number">
              <Link href={addressOf(number.number)}>{shownNumber(number.number)}</Link>
              {findKept(number.number) && <span className="number-draft"> ● draft</span>}
              <LastCall of={number} />
            </td>
            <td>
              <CarrierState check={number.carrier} />
            </td>
            <td>
              {nameOf(number.agentId)}{' '}
              {number.agentVersion === undefined ? '(latest)' : `v${number.agentVersion} (pinned)`}
              {number.canary && <div className="number-quiet">canary {shownCanary(number.canary)}</div>}
            </td>
            <td className="number-cut" title={shownTarget(number.fallback)}>
              {shownTarget(number.fallback)}
            </td>
            <td className="number-cut" title={number.hours && hoursText(number.hours.open)}>
              {number.hours ? hoursText(number.hours.open) : '24 h'}
            </td>
            <td>{number.recording ? 'on' : 'off'}</td>
            <td className="tabular number-when" title={number.updatedAt}>
              {shownMoment(number.updatedAt)}
            </td>
          </tr>
        ))}
      </List>
    </div>
  );
}

function LastCall({ of: { lastCallAt, lastCallSid } }: { of: ListedNumber }) {
  if (lastCallAt === undefined || lastCallSid === undefined) {
    return <div className="number-quiet">no call on record</div>;
  }
  return (
    <div className="number-quiet number-last">
      last call{' '}
      <Link href={`/calls/${encodeURIComponent(lastCallSid)}`} title={lastCallAt}>
        {shownMoment(lastCallAt)}
      </Link>
    </div>
  );
}
