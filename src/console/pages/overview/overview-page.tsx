import './overview.css';
import { Button, Group, Skeleton, Text, Title } from '@mantine/core';
import { IconRefresh } from '@tabler/icons-react';
import type { Overview } from '../../api/types.ts';
import { Empty } from '../../parts/empty.tsx';
import { shownTime } from '../../parts/format.ts';
import { ProblemAlert } from '../../parts/problem-alert.tsx';
import { ChartCard } from './chart-card.tsx';
import { EndReasons } from './end-reasons.tsx';
import { OverviewFilters } from './filters.tsx';
import { LiveNow } from './live-now.tsx';
import { MEASURES } from './measures.ts';
import { LAST, shownSpan, zoneName } from './range.ts';
import { Tiles } from './tiles.tsx';
import { type Asked, callsHref, useAsked, useOverview } from './use-overview.ts';

/** Calls in figures over time. */
export default function OverviewPage() {
  const asked = useAsked();
  const { data, error, isFetching, isLoading, isPlaceholderData, refetch } = useOverview(asked);
  return (
    <>
      <Group mb="sm" gap="sm">
        <Title order={1}>Overview</Title>
        <LiveNow filters={asked.filters} />
        <Group gap="sm" ml="auto">
          {data && (
            <Text size="xs" c="dimmed" className="tabular" title={data.at}>
              from the store, {shownTime(data.at)}
            </Text>
          )}
          <Button
            variant="default"
            size="xs"
            leftSection={<IconRefresh size={14} />}
            loading={isFetching && !isLoading}
            onClick={() => void refetch()}
          >
            Refresh
          </Button>
        </Group>
      </Group>
      <OverviewFilters asked={asked} shown={data && { from: data.from, to: data.to }} />
      {error && <ProblemAlert error={error} again={() => void refetch()} />}
      {isLoading && (
        <div className="overview-charts" aria-hidden="true">
          {MEASURES.map(({ id }) => (
            <Skeleton key={id} height={270} />
          ))}
        </div>
      )}
      {/* What is refused has no figures: those of before would be taken for its own. */}
      {data && !error && <Figures overview={data} asked={asked} isOld={isPlaceholderData} />}
    </>
  );
}

function Figures({ overview, asked, isOld }: { overview: Overview; asked: Asked; isOld: boolean }) {
  const { filters, last, tables } = asked;
  const hrefOf = (range: { from: string; to: string }) => callsHref(filters, range);
  const before = last === undefined ? 'range as long before' : `${LAST[last].words} before`;
  return (
    <div className="overview-figures" data-old={isOld}>
      <Text size="sm" c="dimmed" mb="sm">
        Calls that began {shownSpan(overview)}, compared with the {before}. Times in {zoneName()}.
      </Text>
      {overview.total.calls === 0 ? (
        <NoCalls asked={asked} />
      ) : (
        <>
          <Tiles overview={overview} href={hrefOf(overview)} />
          <Text size="sm" c="dimmed" mb="sm">
            A click on a chart lists the calls of that time; drag over a stretch to look at it closer.
          </Text>
          <div className="overview-charts">
            {MEASURES.map((measure) => (
              <ChartCard
                key={measure.id}
                measure={measure}
                overview={overview}
                isTable={tables.has(measure.id)}
                showTable={(isTable) => asked.showTable(measure.id, isTable)}
                hrefOf={hrefOf}
                select={asked.showRange}
              />
            ))}
          </div>
          <EndReasons overview={overview} />
        </>
      )}
    </div>
  );
}

function NoCalls({ asked }: { asked: Asked }) {
  const { filters, hasFilters, change, clearFilters } = asked;
  const isNarrow = filters.agentId !== '' || filters.number !== '';
  return (
    <Empty
      title={isNarrow ? 'No calls match' : 'No calls in this time'}
      action={
        <Group gap="sm" justify="center">
          {filters.tests === '' && (
            <Button variant="default" onClick={() => change({ tests: 'included' })}>
              Count test calls too
            </Button>
          )}
          {hasFilters && (
            <Button variant="default" onClick={clearFilters}>
              Clear filters
            </Button>
          )}
        </Group>
      }
    >
      Figures are here as soon as calls began in the time that is looked at and are still on record.
      {filters.tests === '' && ' Test calls are left out.'}
    </Empty>
  );
}
