import type { EndReason, ToolCallRecord, Turn } from '../call/record.js';
import type { AgentVersion } from '../directory/agent.js';

/** In ms of the call. */
export interface Span {
  startMs: number;
  endMs: number;
}

/** What the model was given to react to: words of the caller, or text of the bridge. */
export type Cause =
  | {
      kind: 'words';
      text: string;
      /** Where the caller's voice lies; undefined when none was heard. */
      voice: Span | undefined;
      /** Neither words nor voice were kept. */
      isSecret: boolean;
      atMs: number;
    }
  | { kind: 'told'; text: string; atMs: number };

/** What the agent said on a cause: all that was sent of it, and when the caller heard how much of it. */
export interface Speech extends Span {
  text: string;
  mulaw: Uint8Array;
  /** When the last of it was sent. */
  sentMs: number;
  /** The rest was thrown away. */
  isCut: boolean;
  isSecret: boolean;
}

/** One cause and what the model did on it. */
export interface Exchange {
  cause: Cause;
  /** What it said before it called tools, if it did. */
  before: Speech | undefined;
  tools: readonly ToolCallRecord[];
  /** Its answer. */
  speech: Speech | undefined;
  /** From the cause, the last tool's answer or the end of what was said before, as it was sent, to the first sound. */
  delayMs: number | undefined;
  /** The model spoke although a tool was running that it had called before. */
  isDuringTool: boolean;
}

/** A call that was recorded, as it is needed to make a fixture of it. Times in ms from the start of the media stream. */
export interface RecordedCall {
  callSid: string;
  startedAt: string;
  durationMs: number;
  agent: AgentVersion;
  caller: string;
  /** The caller's line: mu-law, 8 bytes a ms. */
  line: Uint8Array;
  exchanges: readonly Exchange[];
  keys: readonly { digits: string; atMs: number /** Each of them. */; pressedMs: readonly number[] }[];
  /** When the sound of waiting for a tool was on. */
  waits: readonly Span[];
  /** When the caller hung up. */
  hungUpMs: number | undefined;
  turns: readonly Turn[];
  endReason: EndReason | undefined;
  /** How often the carrier's buffer was emptied. */
  clears: number;
}
