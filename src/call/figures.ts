import type { EndReason } from './record.js';

/** Which calls are counted: those that began from `fromMs` until before `toMs` (epoch), in buckets of equal length. */
export interface FigureFilter {
  fromMs: number;
  toMs: number;
  /** The first bucket begins at `fromMs`; the last one is shorter where the range does not divide. */
  bucketMs: number;
  agentId?: string | undefined;
  agentVersion?: number | undefined;
  /** Either side of the call, as in lists. */
  number?: string | undefined;
  /** Calls that were placed from the API without a carrier. */
  tests: 'excluded' | 'included' | 'only';
}

/**
 * What happened in calls that began within a time. Null where there was nothing to measure: no answers, no tools.
 * What is counted is what `/metrics` counts (`oratio_response_gap_seconds`, `oratio_tool_calls_total`,
 * `oratio_dead_air_seconds_total`, `oratio_model_stream_renewals_total`); there it belongs to the time at which it
 * happened and to one instance, here to the time at which its call began and to all instances.
 */
export interface Figures {
  calls: number;
  /** Of calls that have ended; reasons that did not occur are left out. */
  endReasons: Partial<Record<EndReason, number>>;
  /** Agent turns that answered a caller (`responseGapMs` is known): what the percentiles are of. */
  answers: number;
  /** Interpolated between the two nearest gaps. */
  responseGapP50Ms: number | null;
  responseGapP95Ms: number | null;
  agentTurns: number;
  /** Agent turns that were cut. `oratio_interruptions_total` also counts a second interruption of the same turn. */
  interruptions: number | null;
  /** That are over, in whatever way. */
  toolCalls: number;
  toolFailures: number | null;
  /** How long ended calls lasted. */
  callMs: number | null;
  /** Of ended calls: it is known when a media stream ends. */
  deadAirMs: number | null;
  /** Model streams that were replaced in time. */
  renewals: number | null;
}

/** Figures of each bucket, of all of them, and of a range as long that ended where this one begins. */
export interface FiguresInTime {
  buckets: Figures[];
  total: Figures;
  before: Figures;
}

/** How long a tool has kept callers waiting lately, in ms. */
export interface ToolWait {
  readonly count: number;
  readonly p50Ms: number;
  readonly p95Ms: number;
}

/** Counts over calls on record, of all instances. Asked one at a time, beside everything that calls need. */
export interface CallFigures {
  inTime(filter: FigureFilter): Promise<FiguresInTime>;
  /** The last 200 runs in calls of each of an agent's tools, by name in lower case; without those that never ran. */
  toolWaits(agentId: string, toolNames: readonly string[]): Promise<ReadonlyMap<string, ToolWait>>;
}
