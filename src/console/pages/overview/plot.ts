import 'uplot/dist/uPlot.min.css';
import uPlot from 'uplot';
import type { Overview } from '../../api/types.ts';
import type { Measure } from './measures.ts';
import { shownDay, shownHour } from './range.ts';

const HEIGHT_PX = 180;
const DAY_S = 86_400;
/** A shorter way of the pointer is a click. */
const DRAG_PX = 8;
/** Charts of this name share their cursor. */
const SYNC = 'overview';

export interface PlotEvents {
  /** The bucket under the pointer of any of the charts; null when it has left. */
  pointed(index: number | null): void;
  clicked(index: number): void;
  /** Buckets from one to another were marked. */
  selected(first: number, last: number): void;
}

/** Draws a measure over time into a box, as wide as that is. Answers what removes it. */
export function drawPlot(box: HTMLElement, measure: Measure, overview: Overview, events: PlotEvents): () => void {
  const { buckets } = overview;
  const style = getComputedStyle(document.documentElement);
  const colour = (token: string) => style.getPropertyValue(token).trim();
  const middleS = buckets.map(({ from, to }) => (Date.parse(from) + Date.parse(to)) / 2000);
  const scaleS: [number, number] = [Date.parse(overview.from) / 1000, Date.parse(overview.to) / 1000];
  const isWholeNumber = measure.kind === 'bars';
  const axis = { stroke: colour('--dim'), grid: { stroke: colour('--line'), width: 1 }, ticks: { show: false } };
  const font = '12px system-ui, sans-serif';

  const plot = new uPlot(
    {
      width: box.clientWidth,
      height: HEIGHT_PX,
      legend: { show: false },
      scales: {
        x: { time: true, range: () => scaleS },
        y: { range: (_plot, _least, most) => [0, most > 0 ? most * 1.1 : 1] },
      },
      axes: [
        {
          ...axis,
          font,
          space: 76,
          size: 28,
          values: (_plot, splits, _axis, _space, stepS) =>
            splits.map((s) => (stepS >= DAY_S || isMidnight(s) ? shownDay(s * 1000) : shownHour(s * 1000))),
        },
        {
          ...axis,
          font,
          size: 56,
          values: (_plot, splits) =>
            splits.map((each) => (isWholeNumber && !Number.isInteger(each) ? '' : measure.shown(each))),
        },
      ],
      series: [
        {},
        ...measure.series.map(
          ({ name, colour: token, isDashed = false }): uPlot.Series => ({
            label: name,
            stroke: colour(token),
            width: 2,
            spanGaps: false,
            ...(isDashed && { dash: [6, 4] }),
            ...(measure.kind === 'bars'
              ? { fill: colour(token), paths: uPlot.paths.bars!({ size: [0.8, 40] }), points: { show: false } }
              : { points: { show: true, size: 5, fill: colour(token) } }),
          }),
        ),
      ],
      cursor: {
        y: false,
        sync: { key: SYNC },
        drag: { x: true, y: false, setScale: false, dist: DRAG_PX },
      },
      hooks: {
        setCursor: [({ cursor }) => events.pointed(cursor.idx ?? null)],
        setSelect: [({ select }) => took(select)],
      },
    },
    [middleS, ...measure.series.map(({ value }) => buckets.map(value))],
    box,
  );

  // What is marked in one chart is marked in all of them: only the one where it happened tells.
  let isPressed = false;
  let wasMarked = false;
  function took({ left, width }: uPlot.BBox): void {
    if (!isPressed) return;
    wasMarked = width >= DRAG_PX;
    if (!wasMarked) return;
    const [first, last] = [plot.posToIdx(left), plot.posToIdx(left + width)];
    plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
    events.selected(first, last);
  }
  plot.over.addEventListener('mousedown', () => {
    isPressed = true;
    wasMarked = false;
  });
  plot.over.addEventListener('click', () => {
    isPressed = false;
    const { idx } = plot.cursor;
    if (!wasMarked && idx !== null && idx !== undefined) events.clicked(idx);
  });

  const sizes = new ResizeObserver(() => {
    if (box.clientWidth > 0) plot.setSize({ width: box.clientWidth, height: HEIGHT_PX });
  });
  sizes.observe(box);
  return () => {
    sizes.disconnect();
    plot.destroy();
  };
}

function isMidnight(s: number): boolean {
  const date = new Date(s * 1000);
  return date.getHours() === 0 && date.getMinutes() === 0;
}
