import type { Overview } from '../../api/types.ts';
import { shownMs } from '../../parts/format.ts';

export type Figures = Overview['total'];
type Bucket = Overview['buckets'][number];

/** With fewer answers percentiles say little. */
export const ENOUGH_ANSWERS = 20;

/** A line or the bars of a chart. */
export interface Series {
  readonly name: string;
  /** Of `frame/tokens.css`. */
  readonly colour: '--caller' | '--agent' | '--tool' | '--system' | '--warning' | '--danger';
  readonly isDashed?: boolean;
  /** Null where there was nothing to measure. */
  readonly value: (bucket: Bucket | Figures) => number | null;
}

export interface Measure {
  readonly id: string;
  readonly title: string;
  readonly kind: 'bars' | 'lines';
  readonly series: readonly Series[];
  readonly shown: (value: number) => string;
  /** What the values are of, so that a share of a few is not taken for one of many. */
  readonly base?: { readonly name: string; readonly count: (bucket: Bucket | Figures) => number };
  /** Why there may be nothing. */
  readonly nothing: string;
}

const share = (part: number | null, whole: number | null) =>
  part === null || whole === null || whole === 0 ? null : (part / whole) * 100;

export const interruptedShare = ({ interruptions, agentTurns }: Pick<Figures, 'interruptions' | 'agentTurns'>) =>
  share(interruptions, agentTurns);
export const failedShare = ({ toolFailures, toolCalls }: Pick<Figures, 'toolFailures' | 'toolCalls'>) =>
  share(toolFailures, toolCalls);
export const deadAirShare = ({ deadAirMs, callMs }: Pick<Figures, 'deadAirMs' | 'callMs'>) => share(deadAirMs, callMs);

export const shownCount = (count: number) => count.toLocaleString();
/** `0.8 %`, from ten on `14 %`. */
export const shownShare = (percent: number) =>
  `${percent.toLocaleString(undefined, { maximumFractionDigits: percent < 9.95 ? 1 : 0 })} %`;

export const MEASURES: readonly Measure[] = [
  {
    id: 'calls',
    title: 'Calls',
    kind: 'bars',
    series: [{ name: 'calls', colour: '--caller', value: ({ calls }) => calls }],
    shown: shownCount,
    nothing: 'No calls began in this time.',
  },
  {
    id: 'gap',
    title: 'Response gap',
    kind: 'lines',
    series: [
      { name: 'p50', colour: '--agent', value: ({ responseGapP50Ms }) => responseGapP50Ms },
      { name: 'p95', colour: '--warning', isDashed: true, value: ({ responseGapP95Ms }) => responseGapP95Ms },
    ],
    shown: shownMs,
    base: { name: 'answers', count: ({ answers }) => answers },
    nothing: 'No agent answered a caller in this time.',
  },
  {
    id: 'interrupted',
    title: 'Interrupted agent turns',
    kind: 'lines',
    series: [{ name: 'interrupted', colour: '--caller', value: interruptedShare }],
    shown: shownShare,
    base: { name: 'agent turns', count: ({ agentTurns }) => agentTurns },
    nothing: 'No agent spoke in this time.',
  },
  {
    id: 'tools',
    title: 'Tool failures',
    kind: 'lines',
    series: [{ name: 'failed', colour: '--tool', value: failedShare }],
    shown: shownShare,
    base: { name: 'tool calls', count: ({ toolCalls }) => toolCalls },
    nothing: 'No tool was used in this time.',
  },
  {
    id: 'dead-air',
    title: 'Dead air',
    kind: 'lines',
    series: [{ name: 'of the calls’ time', colour: '--warning', value: deadAirShare }],
    shown: shownShare,
    base: { name: 'minutes', count: ({ callMs }) => Math.round((callMs ?? 0) / 60_000) },
    nothing: 'No call ended in this time.',
  },
  {
    id: 'renewals',
    title: 'Renewed model streams',
    kind: 'bars',
    series: [{ name: 'renewals', colour: '--system', value: ({ renewals }) => renewals }],
    shown: shownCount,
    nothing: 'No model stream was open in this time.',
  },
];
