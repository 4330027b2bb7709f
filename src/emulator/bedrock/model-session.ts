import type { Fault } from './faults.js';
import type { ToolSpec } from './shape.js';
import type { Usage } from './usage.js';
import type { SpokenWord } from './voice.js';

/** Why a session is over, as the stand-in saw it. */
export type EndedBy =
  /** `sessionEnd` came. */
  | 'sessionEnd'
  /** The client ended its side without `sessionEnd`. */
  | 'inputEnded'
  /** The client reset the stream, or its connection was lost. */
  | 'clientAborted'
  /** A rule was broken: see `violations`. */
  | 'violation'
  | 'idle'
  | 'sessionLimit'
  /** The credentials expired that its request was signed with. */
  | 'credentials'
  | 'fault'
  /** The stand-in was closed. */
  | 'serverClosed';

/** Something that the session did, for live display and for tests that wait. */
export type SessionEvent =
  | { kind: 'prompted'; systemPrompt: string; voiceId: string }
  | { kind: 'listening'; rateHz: number }
  | { kind: 'utteranceStarted'; startMs: number }
  | { kind: 'utteranceEnded'; utterance: Utterance }
  | { kind: 'textHeard'; text: string; isAnswered: boolean }
  | { kind: 'toolCalled'; toolUseId: string; name: string; input: Readonly<Record<string, unknown>> }
  | { kind: 'toolAnswered'; toolUseId: string; content: Readonly<Record<string, unknown>> }
  /** First output of an answer. */
  | { kind: 'answerStarted'; answer: Answer }
  /** All of its audio is on the wire. */
  | { kind: 'answerSent'; answer: Answer }
  /** It has sounded for its full length, or was cut. */
  | { kind: 'answerEnded'; answer: Answer }
  | { kind: 'interrupted'; spokenText: string }
  | { kind: 'violated'; message: string; detail: string }
  | { kind: 'closed'; endedBy: EndedBy };

/** What the caller said; ms in received audio. */
export interface Utterance {
  text: string;
  startMs: number;
  endMs: number;
}

/** What the model said: word times in ms of the answer's audio; `cutAtMs` when it was interrupted there. */
export interface Answer {
  readonly text: string;
  readonly words: readonly SpokenWord[];
  readonly durationMs: number;
  readonly cutAtMs?: number;
}

/** One input event as it came; `count` is above one for audio events in a row. */
export interface InputRecord {
  name: string;
  contentName?: string;
  type?: string;
  role?: string;
  count: number;
}

export interface ToolResult {
  toolUseId: string;
  name: string;
  content: Readonly<Record<string, unknown>>;
}

/** One stream to the stand-in: what it received, understood and said. Live; lists grow while it runs. */
export interface ModelSession {
  readonly sessionId: string;
  readonly modelId: string;
  readonly voiceId: string;
  readonly systemPrompt: string;
  readonly history: readonly { role: 'USER' | 'ASSISTANT'; text: string }[];
  readonly tools: readonly ToolSpec[];
  /** Broken rules, each with what was wrong in particular. The service would not tell the second part. */
  readonly violations: readonly string[];
  readonly eventsIn: readonly InputRecord[];
  /** All audio received, in one piece (made at each reading). Empty when the server does not keep it. */
  readonly heard: { readonly rateHz: number; readonly samples: Int16Array };
  readonly interactiveTexts: readonly string[];
  readonly toolResults: readonly ToolResult[];
  readonly utterances: readonly Utterance[];
  readonly answers: readonly Answer[];
  readonly interruptions: number;
  readonly usage: Usage;
  /** Undefined while it runs. */
  readonly endedBy: EndedBy | undefined;
  readonly closed: Promise<EndedBy>;
  /** Speaks now, unasked, as no script could. Words must have clips. */
  say(text: string): void;
  /** Cuts what is sounding, as if the caller had spoken. */
  interrupt(): void;
  fail(fault: Fault): void;
  /** Calls back with all that happens from now on; the answer stops it. */
  listen(listener: (event: SessionEvent) => void): () => void;
}
