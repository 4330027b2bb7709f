import './numbers.css';
import { Button, Group, Select, Text, TextInput, Title } from '@mantine/core';
import { IconDownload, IconPlus, IconRefresh, IconStethoscope, IconUpload } from '@tabler/icons-react';
import { useState } from 'react';
import { useLocation, useSearch } from 'wouter';
import { Empty } from '../../parts/empty.tsx';
import { ProblemAlert } from '../../parts/problem-alert.tsx';
import { useAgents } from '../../parts/use-agents.ts';
import { useFilters } from '../../parts/use-filters.ts';
import { useRole } from '../../parts/use-role.ts';
import { saveFile, writeSheet } from './csv.ts';
import { COLUMNS, recordOf } from './csv-columns.ts';
import { ImportDialog } from './import-dialog.tsx';
import { NumberDrawer } from './number-drawer.tsx';
import { NumberList } from './number-list.tsx';
import { SyncDialog } from './sync-dialog.tsx';
import { useChecks } from './use-checks.ts';
import { useNumbers } from './use-numbers.ts';

const ADDRESS = '/numbers';

/** Numbers and what answers them; `/numbers/new`, `/numbers/import` and `/numbers/+1415…` open over the list. */
export default function NumbersPage() {
  const { filters, hasFilters, setFilter, clear } = useFilters(['search', 'agentId']);
  const { data: agents = [] } = useAgents();
  const { all, shown, error, isLoading, again, nameOf } = useNumbers(filters);
  const checks = useChecks();
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set());
  const [syncing, setSyncing] = useState<readonly string[]>();
  const mayEdit = useRole() === 'admin';
  const [location, navigate] = useLocation();
  const search = useSearch();
  const to = (place: string) => `${ADDRESS}${place}${search === '' ? '' : `?${search}`}`;
  const opened = location.slice(ADDRESS.length + 1).replace('%2B', '+');
  const close = () => navigate(to(''));
  const chosen = shown.filter(({ number }) => selected.has(number)).map(({ number }) => number);
  const toCheck = chosen.length > 0 ? chosen : shown.map(({ number }) => number);
  const closeSync = () => {
    setSyncing(undefined);
    // What it found at Twilio.
    again();
  };
  const exportAll = async () => {
    const rows = all.map((number) => {
      const record = recordOf(number, nameOf(number.agentId));
      return COLUMNS.map((column) => record[column]);
    });
    saveFile('numbers.csv', await writeSheet([COLUMNS, ...rows]));
  };
  return (
    <>
      <Title order={1} mb="sm">
        Numbers
      </Title>
      <Group mb="sm" gap="sm" align="end">
        <TextInput
          label="Search"
          type="search"
          placeholder="number, agent, words"
          value={filters.search}
          onChange={(event) => setFilter('search', event.currentTarget.value)}
        />
        <Select
          label="Agent"
          data={agents.map(({ id, name }) => ({ value: id, label: name }))}
          value={filters.agentId === '' ? null : filters.agentId}
          onChange={(agentId) => setFilter('agentId', agentId)}
          placeholder="all"
          searchable
          allowDeselect
          clearable
          clearButtonProps={{ 'aria-label': 'All agents' }}
        />
        {hasFilters && (
          <Button variant="subtle" onClick={clear}>
            Clear filters
          </Button>
        )}
        <Group gap="xs" ml="auto">
          {mayEdit && (
            <Button
              variant="default"
              leftSection={<IconRefresh size={16} />}
              disabled={chosen.length === 0}
              onClick={() => setSyncing(chosen)}
            >
              {chosen.length === 0 ? 'Sync…' : `Sync ${chosen.length}…`}
            </Button>
          )}
          {mayEdit && (
            <Button variant="default" leftSection={<IconUpload size={16} />} onClick={() => navigate(to('/import'))}>
              Import CSV
            </Button>
          )}
          <Button
            variant="default"
            leftSection={<IconDownload size={16} />}
            disabled={all.length === 0}
            onClick={() => void exportAll()}
          >
            Export CSV
          </Button>
          {mayEdit && (
            <Button leftSection={<IconPlus size={16} />} onClick={() => navigate(to('/new'))}>
              Assign a number
            </Button>
          )}
        </Group>
      </Group>
      {checks.error !== undefined && <ProblemAlert error={checks.error} again={() => void checks.check(toCheck)} />}
      {error && <ProblemAlert error={error} again={again} />}
      {!error && !isLoading && shown.length === 0 && (
        <Empty title={hasFilters ? 'No numbers match' : 'No numbers yet'}>
          {hasFilters
            ? 'Clear the filters to see all numbers.'
            : 'A number of your Twilio account is here once you have said which agent answers it.'}
        </Empty>
      )}
      {shown.length > 0 && (
        <NumberList
          numbers={shown}
          nameOf={nameOf}
          addressOf={(number) => to(`/${number}`)}
          selected={selected}
          select={mayEdit ? setSelected : undefined}
        >
          <Button
            size="compact-sm"
            variant="subtle"
            leftSection={<IconStethoscope size={16} />}
            disabled={checks.isChecking}
            onClick={() => void checks.check(toCheck)}
          >
            {chosen.length === 0 ? 'Check at Twilio' : `Check ${chosen.length} at Twilio`}
          </Button>
          <Text size="sm" c="dimmed" role="status">
            {checks.words}
          </Text>
        </NumberList>
      )}
      {opened === 'import' && mayEdit && <ImportDialog close={close} />}
      {opened !== '' && opened !== 'import' && (
        <NumberDrawer
          key={opened}
          e164={opened === 'new' ? null : opened}
          close={close}
          sync={(e164) => setSyncing([e164])}
          isBehind={syncing !== undefined}
        />
      )}
      {syncing && <SyncDialog numbers={syncing} close={closeSync} />}
    </>
  );
}
