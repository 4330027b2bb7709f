import { Button, Group, Select, Title } from '@mantine/core';
import { IconPlus } from '@tabler/icons-react';
import { useEffect, useState } from 'react';
import { Link } from 'wouter';
import type { CreatorJobSummary } from '../../api/types.ts';
import { Empty } from '../../parts/empty.tsx';
import { shownMoment, shownNumber } from '../../parts/format.ts';
import { List } from '../../parts/list.tsx';
import { More } from '../../parts/more.tsx';
import { ProblemAlert } from '../../parts/problem-alert.tsx';
import { useAgentName } from '../../parts/use-agents.ts';
import { queryOf, useFilters } from '../../parts/use-filters.ts';
import { usePages } from '../../parts/use-pages.ts';
import { useRole } from '../../parts/use-role.ts';
import { followJob } from './follow-job.ts';
import { JobStateBadge } from './job-state.tsx';
import { findKept } from './kept-form.ts';
import { isMoving, JOB_STATES, stageName, stateWords } from './stages.ts';

const COLUMNS = ['Procedure', 'State', 'Stage', 'Agent', 'Number', 'Started', 'By'];
/** Each one that is followed takes a connection of the browser's six. */
const MAX_FOLLOWED = 2;

/** Jobs, newest first. */
export function JobList() {
  const { filters, setFilter, clear } = useFilters(['state']);
  const { items, error, isLoading, again, ...more } = usePages<CreatorJobSummary>(`/creator/jobs${queryOf(filters)}`);
  const mayStart = useRole() === 'admin';
  const followed = new Set(
    items
      .filter(({ state }) => isMoving(state))
      .slice(0, MAX_FOLLOWED)
      .map(({ id }) => id),
  );
  const newAgent = mayStart && (
    <Button component={Link} href="/creator/new" leftSection={<IconPlus size={16} />}>
      New agent from a procedure
    </Button>
  );
  return (
    <>
      <Title order={1} mb="sm">
        Creator
      </Title>
      <Group mb="sm" gap="sm" align="end">
        <Select
          label="State"
          data={JOB_STATES.map((state) => ({ value: state, label: stateWords(state) }))}
          value={filters.state === '' ? null : filters.state}
          onChange={(state) => setFilter('state', state)}
          placeholder="all"
          allowDeselect
          clearable
          clearButtonProps={{ 'aria-label': 'All states' }}
          w={190}
        />
        <Group gap="xs" ml="auto">
          {mayStart && findKept() && <span className="creator-mark">● a draft is kept</span>}
          {newAgent}
        </Group>
      </Group>
      {error && <ProblemAlert error={error} again={again} />}
      {!error && !isLoading && items.length === 0 && filters.state !== '' && (
        <Empty
          title="No job is in this state"
          action={
            <Button variant="default" onClick={clear}>
              Show all
            </Button>
          }
        />
      )}
      {!error && !isLoading && items.length === 0 && filters.state === '' && (
        <Empty title="No agent has been made of a procedure yet" action={newAgent}>
          Paste a standard operating procedure: it becomes an agent that is planned, written, checked and rehearsed.
          Nothing answers a call before you have approved it.
        </Empty>
      )}
      {items.length > 0 && (
        <List label="Jobs" columns={COLUMNS}>
          {items.map((job) => (
            <JobRow key={job.id} listed={job} isFollowed={followed.has(job.id)} />
          ))}
        </List>
      )}
      <More {...more} />
    </>
  );
}

function JobRow({ listed, isFollowed }: { listed: CreatorJobSummary; isFollowed: boolean }) {
  const agentName = useAgentName();
  const [told, setTold] = useState<CreatorJobSummary>();
  useEffect(() => {
    if (!isFollowed) return;
    return followJob(listed.id, (news) => {
      if (news.kind === 'progress') setTold(news.job);
    }).leave;
  }, [listed.id, isFollowed]);
  const job = told && told.updatedAt >= listed.updatedAt ? told : listed;
  const last = job.stages.at(-1);
  const version = job.published?.agentVersion ?? job.baseVersion;
  return (
    <tr>
      <td className="wide">
        <Link href={`/creator/${job.id}`}>{job.title}</Link>
      </td>
      <td>
        <JobStateBadge state={job.state} />
      </td>
      <td>
        {last && stageName(last.stage)}
        {last && last.round > 1 && `, round ${last.round}`}
      </td>
      <td>{version === null ? 'a new one' : agentName(job.agentId, version)}</td>
      <td className="number">
        {job.number !== null && shownNumber(job.number)}
        {job.canaryPercent !== null && `, ${job.canaryPercent} %`}
      </td>
      <td className="tabular" title={job.createdAt}>
        {shownMoment(job.createdAt)}
      </td>
      <td>{job.actor.name}</td>
    </tr>
  );
}
