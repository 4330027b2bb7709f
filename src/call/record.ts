import type { ErrorCode } from '../errors.js';
import type { TokenUsage, ToolFailureWhy, WantedRun } from './ports.js';

/** Why a call ended. */
export const END_REASONS = [
  'caller-hung-up',
  'agent-hung-up',
  'operator-hung-up',
  'transferred',
  'silence',
  'max-duration',
  'fallback',
  'rejected',
  'failed',
] as const;
export type EndReason = (typeof END_REASONS)[number];

/** Where a response gap went, in ms; the parts add up to the gap. */
export interface ResponseGapParts {
  /** From the caller's last speech to the model's word that the turn is over. */
  endpointing: number;
  model: number;
  tools: number;
  /** From the model's first audio to the carrier. */
  bridge: number;
  /** From the carrier to the caller's ear, as far as a mark can tell. */
  playout: number;
}

export interface CallerTurn {
  role: 'caller';
  text: string;
  startMs: number;
  endMs: number;
  /** Something secret was spoken: the words are not kept. */
  sensitive?: true;
  /** The content filter of the model's service does not take it, as far as is known: no model stream is given it again. */
  filtered?: true;
}

export interface AgentTurn {
  role: 'agent';
  /** What the model said it would speak. */
  text: string;
  /**
   * What of it was given to the line, cut at a whole word: `heardText` begins it, and it begins `text`. As far as known when the
   * turn last changed; absent in calls that were kept before this was counted.
   */
  sentText?: string;
  /** What of it the caller heard, cut at a whole word; grows while it is spoken. */
  heardText: string;
  interrupted: boolean;
  startMs: number;
  endMs: number;
  /** 0 until the turn is over. */
  heardMs: number;
  /** From the caller's last speech to the first agent sample heard; absent when no caller turn came before. */
  responseGapMs?: number;
  /** The same from the model's word that the caller's turn is over, because the model waits 1.5 to 2 s before it. */
  responseGapFromTurnEndMs?: number;
  responseGapParts?: ResponseGapParts;
  sensitive?: true;
  filtered?: true;
}

export type Turn = CallerTurn | AgentTurn;

export interface ToolCallRecord {
  id: string;
  name: string;
  kind: string;
  input: Readonly<Record<string, unknown>>;
  output: Readonly<Record<string, unknown>>;
  startMs: number;
  durationMs: number;
  outcome: 'running' | 'answered' | 'failed' | 'aborted';
  /** Of the failure, when it failed. */
  code?: ErrorCode;
  /** Why it failed, as far as whoever was asked said so. */
  why?: ToolFailureWhy;
  /** What the agent that was asked wanted done first, and what came of it. */
  wanted?: WantedRun[];
  sensitive?: true;
}

/** The call as sound: stereo, the caller left, the agent as heard right. */
export interface RecordingRecord {
  state: 'recording' | 'ready' | 'failed';
  channels: 2;
  rateHz: 8000;
  durationMs: number;
  byteLength: number;
  /** Where the API gives it out. */
  url: string;
}

export interface StreamRecord {
  modelId: string;
  region: string;
  openedMs: number;
  closedMs: number | null;
  /**
   * Why it closed: `ended` with the call, `handed-over` to another instance, `instance-lost` with an instance that died or does
   * not answer any more (`closedMs` is the last time that anything is known of), or the name of what was lost.
   */
  closed: string | null;
}

/** Why a call comes back to its agent; `handed-over`: its instance is being stopped, and gave it away at a good moment. */
export type Return = 'line-interrupted' | 'nobody-answered' | 'handed-over';

/** A call on record. Times in ms count from the start of the media stream. */
export interface CallRecord {
  callSid: string;
  direction: 'inbound' | 'outbound';
  from: string;
  to: string;
  agentId: string | null;
  agentVersion: number | null;
  state: 'ringing' | 'live' | 'ended';
  endReason: EndReason | null;
  /** When it rang. */
  startedAt: string;
  /** When its first media stream started: where its times count from. */
  mediaStartedAt: string | null;
  endedAt: string | null;
  /** Of the media streams, and of the talk with whom the call was put through to. */
  durationMs: number | null;
  turns: Turn[];
  toolCalls: ToolCallRecord[];
  streams: StreamRecord[];
  usage: TokenUsage;
  audio: { deadAirMs: number; filledMs: number; droppedMs: number; clears: number };
  recording: RecordingRecord | null;
  variables: Readonly<Record<string, string>>;
  /** Placed from the API without a carrier. */
  test: boolean;
  /** What the carrier's machine detection made of whoever answered an outbound call (`human`, `machine_start`, …). */
  answeredBy: string | null;
  /** The carrier's last word on the call: `busy`, `no-answer`, `completed`, … */
  carrierStatus: string | null;
  /** Whom the call was passed to; null when nobody answered. */
  transferredTo: string | null;
  /** When and why the carrier was told to connect the call to its agent again. */
  reconnections: { at: string; why: Return }[];
  /** Coded irregularities of this call and how often each occurred. */
  faults: Partial<Record<ErrorCode, number>>;
}

/** The side of a call that is a number of ours. */
export function ownNumber(call: Pick<CallRecord, 'direction' | 'from' | 'to'>): string {
  return call.direction === 'outbound' ? call.from : call.to;
}

/** A call in a list. */
export type CallSummary = Omit<CallRecord, 'turns' | 'toolCalls' | 'streams'> & {
  turnCount: number;
  toolCallCount: number;
};

export function summaryOf(record: CallRecord): CallSummary {
  const { turns, toolCalls, streams: _streams, ...rest } = record;
  return { ...rest, turnCount: turns.length, toolCallCount: toolCalls.length };
}
