import { Button, Group, Select, TextInput, Title } from '@mantine/core';
import { Link, Route, Switch } from 'wouter';
import type { CallSummary } from '../../api/types.ts';
import { Empty } from '../../parts/empty.tsx';
import { shownDuration, shownMoment, shownNumber } from '../../parts/format.ts';
import { List } from '../../parts/list.tsx';
import { More } from '../../parts/more.tsx';
import { ProblemAlert } from '../../parts/problem-alert.tsx';
import { useAgentName, useAgents } from '../../parts/use-agents.ts';
import { queryOf, useFilters } from '../../parts/use-filters.ts';
import { usePages } from '../../parts/use-pages.ts';
import { CallPage } from './call-page.tsx';

export default function CallsPage() {
  return (
    <Switch>
      <Route path="/calls/:callSid">{({ callSid }) => <CallPage callSid={callSid} />}</Route>
      <Route>
        <CallList />
      </Route>
    </Switch>
  );
}

const COLUMNS = ['When', 'Caller', 'Number', 'Agent', 'State', 'Duration', 'Turns', 'Tools', 'Dead air'];

/** Calls on record, newest first. */
function CallList() {
  const { filters, hasFilters, setFilter, clear } = useFilters([
    ...(['state', 'number', 'agentId', 'version', 'tests', 'from', 'to'] as const),
  ]);
  const { data: agents = [] } = useAgents();
  const agentName = useAgentName();
  const { version = 0 } = agents.find(({ id }) => id === filters.agentId) ?? {};
  const { items, error, isLoading, again, ...more } = usePages<CallSummary>(`/calls${queryOf(filters)}`);
  return (
    <>
      <Title order={1} mb="sm">
        Calls
      </Title>
      <Group mb="sm" gap="sm" align="end">
        <TextInput
          label="Number"
          placeholder="+1 415 555 0100"
          defaultValue={filters.number}
          onBlur={(event) => setFilter('number', event.currentTarget.value.replace(/[^\d+]/g, ''))}
          onKeyDown={(event) => {
            if (event.key === 'Enter') setFilter('number', event.currentTarget.value.replace(/[^\d+]/g, ''));
          }}
        />
        <Select
          label="State"
          data={['ringing', 'live', 'ended']}
          value={filters.state === '' ? null : filters.state}
          onChange={(value) => setFilter('state', value)}
          placeholder="all"
          allowDeselect
          clearable
          clearButtonProps={{ 'aria-label': 'All states' }}
          w={130}
        />
        <Select
          label="Agent"
          data={agents.map(({ id, name }) => ({ value: id, label: name }))}
          value={filters.agentId === '' ? null : filters.agentId}
          onChange={(value) => {
            setFilter('agentId', value);
            setFilter('version', null);
          }}
          placeholder="all"
          searchable
          allowDeselect
          clearable
          clearButtonProps={{ 'aria-label': 'All agents' }}
        />
        {filters.agentId !== '' && (
          <Select
            label="Version"
            data={Array.from({ length: version }, (_each, index) => String(version - index))}
            value={filters.version === '' ? null : filters.version}
            onChange={(value) => setFilter('version', value)}
            placeholder="all"
            searchable
            allowDeselect
            clearable
            clearButtonProps={{ 'aria-label': 'All versions' }}
            w={110}
          />
        )}
        <Select
          label="Test calls"
          data={[
            { value: 'excluded', label: 'left out' },
            { value: 'only', label: 'alone' },
          ]}
          value={['excluded', 'only'].includes(filters.tests) ? filters.tests : null}
          onChange={(value) => setFilter('tests', value)}
          placeholder="shown too"
          allowDeselect
          clearable
          clearButtonProps={{ 'aria-label': 'Show test calls too' }}
          w={140}
        />
        {hasFilters && (
          <Button variant="subtle" onClick={clear}>
            Clear filters
          </Button>
        )}
      </Group>
      {error && <ProblemAlert error={error} again={again} />}
      {!error && !isLoading && items.length === 0 && (
        <Empty title={hasFilters ? 'No calls match' : 'No calls yet'}>
          {hasFilters ? 'Clear the filters to see all calls.' : 'Calls are here from the moment they ring.'}
        </Empty>
      )}
      {items.length > 0 && (
        <List label="Calls" columns={COLUMNS}>
          {items.map((call) => (
            <tr key={call.callSid}>
              <td className="tabular" title={call.startedAt}>
                <Link href={`/calls/${encodeURIComponent(call.callSid)}`}>{shownMoment(call.startedAt)}</Link>
              </td>
              <td className="number">{shownNumber(call.from)}</td>
              <td className="number">{shownNumber(call.to)}</td>
              <td>{agentName(call.agentId, call.agentVersion)}</td>
              <td>
                {call.state}
                {call.endReason !== null && `: ${call.endReason}`}
                {call.test && ' (test)'}
              </td>
              <td className="tabular">{call.durationMs === null ? '' : shownDuration(call.durationMs)}</td>
              <td className="tabular">{call.turnCount}</td>
              <td className="tabular">{call.toolCallCount}</td>
              <td className="tabular">
                {call.audio.deadAirMs > 0 ? `${(call.audio.deadAirMs / 1000).toFixed(1)} s` : ''}
              </td>
            </tr>
          ))}
        </List>
      )}
      <More {...more} />
    </>
  );
}
