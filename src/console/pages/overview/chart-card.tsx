import { Button, Text, Title } from '@mantine/core';
import { IconChartLine, IconTable } from '@tabler/icons-react';
import { useId, useState } from 'react';
import type { Overview } from '../../api/types.ts';
import { Chart } from './chart.tsx';
import { FigureTable } from './figure-table.tsx';
import type { Measure } from './measures.ts';
import { shownSpan } from './range.ts';

interface ChartCardProps {
  readonly measure: Measure;
  readonly overview: Overview;
  readonly isTable: boolean;
  readonly showTable: (isTable: boolean) => void;
  readonly hrefOf: (bucket: { from: string; to: string }) => string;
  readonly select: (range: { from: string; to: string }) => void;
}

/** A measure over time: as a chart or as a table, and the figures under the pointer. */
export function ChartCard({ measure, overview, isTable, showTable, hrefOf, select }: ChartCardProps) {
  const titleId = useId();
  const [index, point] = useState<number | null>(null);
  const { title, series, base, shown, nothing } = measure;
  const hasValues = overview.buckets.some((bucket) => series.some(({ value }) => value(bucket) !== null));
  const pointed = index === null || isTable ? undefined : overview.buckets[index];
  const told = pointed ?? overview.total;
  return (
    <section className="overview-card" aria-labelledby={titleId} data-measure={measure.id}>
      <header>
        <Title order={2} size="h3" id={titleId}>
          {title}
        </Title>
        <Button
          variant="subtle"
          size="compact-sm"
          leftSection={isTable ? <IconChartLine size={14} /> : <IconTable size={14} />}
          aria-label={isTable ? `${title} as a chart` : `${title} as a table`}
          onClick={() => showTable(!isTable)}
        >
          {isTable ? 'Chart' : 'Table'}
        </Button>
      </header>
      <p className="overview-told tabular">
        <span>{pointed ? shownSpan(pointed) : 'Whole range'}</span>
        {series.map(({ name, colour, isDashed, value }) => {
          const now = value(told);
          return (
            <span key={name} className="overview-series">
              <svg width="16" height="8" aria-hidden="true">
                <line
                  x1="0"
                  x2="16"
                  y1="4"
                  y2="4"
                  stroke={`var(${colour})`}
                  strokeWidth="3"
                  {...(isDashed && { strokeDasharray: '5 3' })}
                />
              </svg>
              {name} <b>{now === null ? 'none' : shown(now)}</b>
            </span>
          );
        })}
        {base && (
          <span>
            {base.count(told).toLocaleString()} {base.name}
          </span>
        )}
      </p>
      {isTable && <FigureTable measure={measure} overview={overview} hrefOf={hrefOf} />}
      {!isTable && hasValues && (
        <Chart measure={measure} overview={overview} hrefOf={hrefOf} point={point} select={select} />
      )}
      {!isTable && !hasValues && (
        <Text size="sm" c="dimmed" className="overview-plot overview-nothing">
          {nothing}
        </Text>
      )}
    </section>
  );
}
