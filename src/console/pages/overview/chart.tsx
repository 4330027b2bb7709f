import { Text, useComputedColorScheme } from '@mantine/core';
import { useEffect, useRef, useState } from 'react';
import { useLocation } from 'wouter';
import type { Overview } from '../../api/types.ts';
import type { Measure } from './measures.ts';

type DrawPlot = typeof import('./plot.ts').drawPlot;

interface ChartProps {
  readonly measure: Measure;
  readonly overview: Overview;
  readonly hrefOf: (bucket: { from: string; to: string }) => string;
  readonly point: (index: number | null) => void;
  readonly select: (range: { from: string; to: string }) => void;
}

/** A measure over time, drawn. Who cannot see or point at it has the table. */
export function Chart({ measure, overview, hrefOf, point, select }: ChartProps) {
  const box = useRef<HTMLDivElement>(null);
  const scheme = useComputedColorScheme('light');
  const [, navigate] = useLocation();
  const drawPlot = useDrawPlot();
  const latest = useRef({ hrefOf, point, select, navigate });
  latest.current = { hrefOf, point, select, navigate };

  useEffect(() => {
    if (typeof drawPlot !== 'function' || !box.current) return;
    const { buckets } = overview;
    return drawPlot(box.current, measure, overview, {
      pointed: (index) => latest.current.point(index),
      clicked: (index) => latest.current.navigate(latest.current.hrefOf(buckets[index]!)),
      selected: (first, last) => latest.current.select({ from: buckets[first]!.from, to: buckets[last]!.to }),
    });
  }, [drawPlot, measure, overview, scheme]);

  if (drawPlot === 'failed') {
    return (
      <Text size="sm" className="overview-plot">
        The chart cannot be drawn here. The table has the same figures.
      </Text>
    );
  }
  return <div ref={box} className="overview-plot" role="img" aria-label={summaryOf(measure, overview)} />;
}

/** What draws, read when it is first needed; or that it could not be read. */
function useDrawPlot(): DrawPlot | 'failed' | undefined {
  const [drawPlot, setDrawPlot] = useState<{ is: DrawPlot | 'failed' }>();
  useEffect(() => {
    let isWanted = true;
    import('./plot.ts')
      .then((module) => module.drawPlot)
      .catch(() => 'failed' as const)
      .then((is) => isWanted && setDrawPlot({ is }));
    return () => {
      isWanted = false;
    };
  }, []);
  return drawPlot?.is;
}

/** `Response gap over time. p50: 520 ms to 810 ms. p95: …` */
function summaryOf({ title, series, shown }: Measure, { buckets }: Overview): string {
  const parts = series.map(({ name, value }) => {
    const values = buckets.map(value).filter((each) => each !== null);
    return `${name}: ${shown(Math.min(...values))} to ${shown(Math.max(...values))}`;
  });
  return `${title} over time. ${parts.join('. ')}.`;
}
