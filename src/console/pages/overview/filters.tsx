import { Autocomplete, Button, Checkbox, Group, SegmentedControl, Select, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { requestAll } from '../../api/client.ts';
import type { PhoneNumber } from '../../api/types.ts';
import { useAgents } from '../../parts/use-agents.ts';
import { useRole } from '../../parts/use-role.ts';
import { fieldOf, LAST, type LastName, momentOfField } from './range.ts';
import type { Asked } from './use-overview.ts';

const OWN = 'own';
const RANGES = [
  ...Object.entries(LAST).map(([value, { name }]) => ({ value, label: name })),
  { value: OWN, label: 'Own' },
];

/** What is looked at. `shown` is the range that is on the page now, where one of one's own begins. */
export function OverviewFilters({ asked, shown }: { asked: Asked; shown: { from: string; to: string } | undefined }) {
  const { filters, change } = asked;
  const { data: agents = [] } = useAgents();
  const agent = agents.find(({ id }) => id === filters.agentId);
  const versions = Array.from({ length: agent?.version ?? 0 }, (_each, index) => String(agent!.version - index));
  return (
    <>
      <Group mb="sm" gap="sm" align="end">
        <SegmentedControl
          aria-label="Range"
          data={RANGES}
          value={asked.last ?? OWN}
          onChange={(value) => {
            if (value !== OWN) asked.showLast(value as LastName);
            else if (shown) asked.showRange(shown);
          }}
        />
        {asked.last === undefined && <OwnRange asked={asked} />}
      </Group>
      <Group mb="sm" gap="sm" align="end">
        <Select
          label="Agent"
          data={agents.map(({ id, name }) => ({ value: id, label: name }))}
          value={filters.agentId === '' ? null : filters.agentId}
          onChange={(value) => change({ agentId: value ?? '', version: '' })}
          placeholder="all"
          searchable
          allowDeselect
          clearable
          clearButtonProps={{ 'aria-label': 'All agents' }}
        />
        {filters.agentId !== '' && (
          <Select
            label="Version"
            data={versions}
            value={filters.version === '' ? null : filters.version}
            onChange={(value) => change({ version: value ?? '' })}
            placeholder="all"
            searchable
            allowDeselect
            clearable
            clearButtonProps={{ 'aria-label': 'All versions' }}
            w={110}
          />
        )}
        <NumberFilter key={filters.number} number={filters.number} change={(number) => change({ number })} />
        <Checkbox
          label="Test calls too"
          checked={filters.tests === 'included'}
          onChange={(event) => change({ tests: event.currentTarget.checked ? 'included' : '' })}
          mb={8}
        />
        {asked.hasFilters && (
          <Button variant="subtle" onClick={asked.clearFilters}>
            Clear filters
          </Button>
        )}
      </Group>
    </>
  );
}

/** Either side of a call: one of the numbers that are pointed at agents, or any other. */
function NumberFilter({ number, change }: { number: string; change: (number: string) => void }) {
  const role = useRole();
  const { data = [] } = useQuery({
    queryKey: ['numbers', 'all'],
    queryFn: ({ signal }) => requestAll<PhoneNumber>('/numbers', signal),
    // Operators may look at calls, and not at numbers.
    enabled: role !== undefined && role !== 'operator',
  });
  const take = (text: string) => {
    const next = text.replace(/[^\d+]/g, '');
    if (next !== number) change(next);
  };
  return (
    <Autocomplete
      label="Number"
      placeholder="all"
      data={[...new Set(data.map((each) => each.number))]}
      limit={20}
      defaultValue={number}
      onOptionSubmit={take}
      onBlur={(event) => take(event.currentTarget.value)}
      onKeyDown={(event) => {
        if (event.key === 'Enter') take(event.currentTarget.value);
      }}
      w={180}
    />
  );
}

/** From and to in the viewer's zone. */
function OwnRange({ asked: { from, to, showRange } }: { asked: Asked }) {
  const field = (label: string, value: string, take: (iso: string) => void) => {
    const changed = (text: string) => {
      const iso = momentOfField(text);
      if (iso !== undefined && text !== fieldOf(value)) take(iso);
    };
    return (
      <TextInput
        key={`${label} ${value}`}
        type="datetime-local"
        label={label}
        defaultValue={fieldOf(value)}
        onBlur={(event) => changed(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key === 'Enter') changed(event.currentTarget.value);
        }}
      />
    );
  };
  return (
    <>
      {field('From', from, (iso) => showRange({ from: iso, to }))}
      {field('To', to, (iso) => showRange({ from, to: iso }))}
    </>
  );
}
