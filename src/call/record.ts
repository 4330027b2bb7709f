import type { ErrorCode } from '../errors.js';
import type { TokenUsage } from './ports.js';

export type EndReason =
  | 'caller-hung-up'
  | 'agent-hung-up'
  | 'operator-hung-up'
  | 'transferred'
  | 'silence'
  | 'max-duration'
  | 'fallback'
  | 'rejected'
  | 'failed';

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
}

export interface AgentTurn {
  role: 'agent';
  /** What the model said it would speak. */
  text: string;
  /** What of it the caller heard, cut at a whole word. */
  heardText: string;
  interrupted: boolean;
  startMs: number;
  endMs: number;
  heardMs: number;
  /** From the caller's last speech to the first agent sample heard; absent when no caller turn came before. */
  responseGapMs?: number;
  /** The same from the model's word that the caller's turn is over, because the model waits 1.5 to 2 s before it. */
  responseGapFromTurnEndMs?: number;
  responseGapParts?: ResponseGapParts;
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
}

export interface StreamRecord {
  modelId: string;
  region: string;
  openedMs: number;
  closedMs: number | null;
  /** Why it closed: `ended` with the call, or the name of what was lost. */
  closed: string | null;
}

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
  startedAt: string;
  endedAt: string | null;
  durationMs: number | null;
  turns: Turn[];
  toolCalls: ToolCallRecord[];
  streams: StreamRecord[];
  usage: TokenUsage;
  audio: { deadAirMs: number; filledMs: number; droppedMs: number; clears: number };
  recording: null;
  variables: Readonly<Record<string, string>>;
  /** Coded irregularities of this call and how often each occurred. */
  faults: Partial<Record<ErrorCode, number>>;
}
