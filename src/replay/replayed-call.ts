import type { CallRecord } from '../call/record.js';
import type { CallEnd, MarkRecord, PlayoutGap, WarningRecord } from '../emulator/phone/contract.js';

/** In ms of the media stream. */
export interface Span {
  startMs: number;
  endMs: number;
}

/** A stretch of the agent's voice at the caller's ear. `cut`: the bridge cleared the rest. */
export interface AgentStretch extends Span {
  cut: boolean;
}

/** A person whom the carrier called for the caller. */
export interface DialledPerson {
  to: string;
  atMs: number;
  /** What they heard before they were put through; empty: nothing. */
  whisper: string;
}

/** A turn of before that the voice model was told of when a stream to it began. */
export interface HistoryTurn {
  role: 'caller' | 'agent';
  text: string;
}

/** What the caller did. `voice` is where the recording is audible, silence at its ends left out. */
export interface CallerAct {
  kind: 'say' | 'press' | 'hang-up';
  /** Words, or keys. */
  words: string;
  startMs: number;
  endMs: number;
  voice?: Span;
}

/** Something that went wrong, and when, in ms of the media stream. */
export interface Complaint {
  message: string;
  atMs: number;
}

/** A call as the phone had it, beside what the local model knows. Times in ms from the start of the media stream. */
export interface ReplayedCall {
  callSid: string;
  end: CallEnd;
  /** When the last media stream closed. */
  mediaEndMs: number;
  /** The caller's ear and mouth: mu-law, 8 bytes a ms. */
  heard: Uint8Array;
  said: Uint8Array;
  /** Of the agent's voice. */
  heardMs: number;
  agentStretches: readonly AgentStretch[];
  /** When the sound of waiting for a tool was on. */
  waits: readonly Span[];
  callerActs: readonly CallerAct[];
  /** What a step or a tool could wait for, in the words of `after`, when it first happened. */
  moments: readonly { moment: string; atMs: number }[];
  gaps: readonly PlayoutGap[];
  marks: readonly Readonly<MarkRecord>[];
  clears: readonly { atMs: number; queuedMs: number }[];
  warnings: readonly WarningRecord[];
  spoken: readonly { text: string; atMs: number }[];
  dialled: readonly DialledPerson[];
  /** When the voice model reported that it was interrupted (local stack). */
  interruptions: readonly number[];
  /** What the model was told before each of its streams (local stack). */
  prompts: readonly string[];
  /** What it was told, before each of its streams, of what was said before (local stack). */
  histories: readonly (readonly HistoryTurn[])[];
  /** Rules that the bridge broke at the voice model, and streams that it left open (local stack). */
  modelFaults: readonly Complaint[];
  /** Steps of the caller that never came, and other reasons why the call did not go as written. */
  missed: readonly Complaint[];
  /** Log lines of the bridge while the call went on (local stack). */
  logLines: readonly string[];
}

/** What a judge is asked: whether a text means something, and which answer was expected. */
export interface Question {
  /** As written in the fixture: "that the order was shipped". */
  meaning: string;
  text: string;
  expected: 'yes' | 'no';
}

/** Something that does not hold: where, when (ms of the media stream), and expected against found. */
export interface Failure {
  /** The expectation's field, such as `turns[1].heardText`. */
  field: string;
  message: string;
  atMs?: number;
  /** Of the turns on record, counted from 1: the one that it is about, or that was the last to begin by then. */
  turn?: number;
  /** Of the tool calls on record, counted from 1: the one that it is about. None: it is about a call that did not come. */
  tool?: number;
  expected?: string;
  found?: string;
  /** Only a judge can tell whether it really fails. */
  question?: Question;
}

export interface ReplayResult {
  name: string;
  description: string;
  /** Undefined when the call could not be placed. */
  call: ReplayedCall | undefined;
  record: CallRecord | undefined;
  failures: readonly Failure[];
  /** How long the replay took on the wall clock, in ms. */
  tookMs: number;
}
