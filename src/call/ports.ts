import type { AgentVersion } from '../directory/agent.js';
import type { ErrorCode } from '../errors.js';

/** Commands to the caller's side. None of them waits; after `close` they do nothing. */
export interface TelephonyLeg {
  /** Mu-law at 8 kHz, to be played after what was sent before. The bytes may be reused when this returns. */
  play(mulaw: Uint8Array): void;
  /** Comes back as `markReturned` when everything sent before it was played, or was cleared. */
  mark(name: string): void;
  /** Throws away what was sent and has not been played. */
  clear(): void;
  /** Ends the media stream. The call itself goes on with whatever the carrier is told next. */
  close(): void;
}

export type TelephonyEvent =
  | { kind: 'keyPressed'; digit: string }
  | { kind: 'markReturned'; name: string }
  /** The carrier says that the stream is over: the caller hung up, or the call was redirected. */
  | { kind: 'stopped' }
  /** The socket is gone, whoever closed it. */
  | { kind: 'closed' }
  | { kind: 'faulted'; code: ErrorCode };

export interface TelephonyListener {
  /** Mu-law at 8 kHz in any length. The timestamp counts ms of the stream; undefined when the carrier gave none. */
  hear(mulaw: Uint8Array, timestampMs: number | undefined): void;
  event(event: TelephonyEvent): void;
}

/** What a model stream is opened with. */
export interface VoiceProfile {
  modelId: string;
  systemPrompt: string;
  voiceId: string;
  endpointing: AgentVersion['endpointing'];
  inference: AgentVersion['inference'];
  audio: AgentVersion['audio'];
  tools: readonly { name: string; description: string; inputSchema: Readonly<Record<string, unknown>> }[];
  /** What was said before this stream, oldest first. */
  history: readonly { role: 'caller' | 'agent'; text: string }[];
}

/** Commands to the model's side. None of them waits; after `close` they do nothing. */
export interface VoiceLeg {
  readonly modelId: string;
  readonly region: string;
  /** Whether `tell` reaches the model. */
  readonly takesText: boolean;
  /** When the stream was asked for, by the clock. */
  readonly openedAtMs: number;
  /**
   * Gives the history and opens the caller's audio, on a stream that was opened held; once. Before it `hear`, `tell` and
   * `answerTool` do nothing.
   */
  begin(history: VoiceProfile['history']): void;
  /** Caller audio, s16le mono at the profile's input rate. The bytes may be reused when this returns. */
  hear(s16le: Uint8Array, durationMs: number): void;
  /** Gives the model text that it answers by speaking. */
  tell(text: string): void;
  answerTool(callId: string, output: Readonly<Record<string, unknown>>): void;
  /** Ends the stream in the legal order; `closed` comes when nothing is open any more. */
  close(): void;
  /** Gives the stream up at once, without the order of an end: it stalls or is broken. `closed` follows. */
  abort(): void;
}

/** The model's side as a call speaks to it: streams may come and go behind it. */
export type CallVoice = Pick<VoiceLeg, 'modelId' | 'region' | 'takesText' | 'hear' | 'tell' | 'answerTool' | 'close'>;

/** The call as the model's side needs to know it. */
export interface CallSide {
  /** What was said so far, as heard, without what the content filter does not take. */
  history(): VoiceProfile['history'];
  situation(): Situation;
}

export interface Situation {
  /** Caller audio before this, in ms of all that was passed on, need not be heard again. */
  consumedMs: number;
  /** Where what the caller has said begins that the model has not understood yet; undefined: nothing is open. */
  openSpeechFromMs: number | undefined;
  /** How much speech that is, in ms. */
  openSpeechMs: number;
  /** Whether the model may have understood some of it already: it will be known soon, while the stream serves. */
  isInDoubt: boolean;
  isCallerSpeaking: boolean;
  /** `sounding`: all of its words are there and the caller hears them; `speaking`: more are to come. */
  agent: 'silent' | 'sounding' | 'speaking';
  /** For how long nothing of the agent has sounded, in ms. */
  agentQuietMs: number;
  /** The caller's turn is over, or the model was told to speak, and nothing has come of it. */
  isAnswerOwed: boolean;
  openTools: number;
}

/** Why a stream was lost, by what can be done about it. */
export type VoiceLoss =
  /** Too many requests or sessions: another region may take it, or this one later. */
  | 'throttled'
  /** No rights, no such model there, bad credentials: only another region may help. */
  | 'refused'
  /** The service does not take what was sent: sent again, it is refused again. */
  | 'rejected'
  /** Its content filter does not take what was said: the same words are not taken by any other stream. */
  | 'filtered'
  /** The stream's time was up: its limit, a pause without input, or its credentials. */
  | 'expired'
  /** The service broke. */
  | 'faulted'
  /** No connection, or it was lost. */
  | 'unreachable'
  /** The service ended the response without a word. */
  | 'ended'
  /** Audio goes in and nothing comes out. Only the call can see this; the model's side never says it. */
  | 'stalled';

/**
 * What the content filter did not take. `open`: what the caller was saying, of which no word was found yet; `last`: their last
 * turn, or its answer; `all`: some of all that was said.
 */
export type Offence = 'open' | 'last' | 'all';

export type VoiceEvent =
  /** The service took the stream. Its credentials are those of its beginning, and it ends with them (epoch ms, when known). */
  | { kind: 'ready'; credentialsExpireAtMs?: number }
  /**
   * What the caller said, as the model understood it; comes when the model holds the caller's turn to be over. `givenMs`:
   * how much of the caller's audio the stream had been given, when that was not yet all of it.
   */
  | { kind: 'callerText'; text: string; givenMs?: number }
  /** `spoken` is the text of the audio that follows; `confirmed` is what the model says it really spoke, seconds later. */
  | { kind: 'agentText'; text: string; stage: 'spoken' | 'confirmed' }
  | { kind: 'audioStarted'; blockId: string }
  | { kind: 'audioEnded'; blockId: string; turnEnded: boolean }
  /** The caller spoke over the agent; the model has stopped. Once per interruption. */
  | { kind: 'interrupted' }
  /** `rawInput`: what the model sent in place of an input, cut. */
  | {
      kind: 'toolCalled';
      callId: string;
      name: string;
      input: Readonly<Record<string, unknown>> | undefined;
      rawInput?: string;
    }
  | { kind: 'usage'; usage: TokenUsage }
  /** Caller audio that the stream did not take in time was given up. */
  | { kind: 'dropped'; durationMs: number }
  | { kind: 'faulted'; code: ErrorCode }
  /**
   * No stream serves the call any more, and another is on its way; `loss` is absent when it was given up to make room, and
   * `offence` is there when it was lost over words that were not taken.
   */
  | { kind: 'gone'; reason: string; loss?: VoiceLoss; offence?: Offence }
  /** Another stream has taken the call over; `planned` when nothing was lost before. */
  | { kind: 'replaced'; modelId: string; region: string; planned: boolean }
  /** The stream is over and released. `asked` is true after `close` and `abort`; a stream that was lost tells its loss. */
  | { kind: 'closed'; asked: boolean; reason: string; loss?: VoiceLoss };

export interface TokenUsage {
  input: { speechTokens: number; textTokens: number };
  output: { speechTokens: number; textTokens: number };
}

export interface VoiceListener {
  /** Agent audio, s16le mono at the profile's output rate, any length (even half a sample). Valid during the call only. */
  audio(blockId: string, s16le: Uint8Array): void;
  event(event: VoiceEvent): void;
}

/** Opens model streams. Returns at once: everything may be sent before the service has answered. */
export interface VoiceModel {
  /** Where the model can be reached, in the order in which it is to be tried; at least one. */
  readonly regions: readonly string[];
  /**
   * In the first of `regions` unless one is named. A stream opened `held` is configured and then waits for `begin`, which
   * gives it its history instead of the profile.
   */
  open(profile: VoiceProfile, listener: VoiceListener, how?: { region?: string; held?: boolean }): VoiceLeg;
}

export interface ToolCall {
  callId: string;
  name: string;
  /** Undefined when the model sent something that is not a JSON object. */
  input: Readonly<Record<string, unknown>> | undefined;
  /** What it sent then, cut; for the record. */
  rawInput?: string;
}

/** On whose behalf a tool runs. */
export interface ToolContext {
  readonly callSid: string;
  readonly agent: AgentVersion;
  readonly caller: string;
  readonly called: string;
  /** What the call was started with, or was given while it went on. */
  readonly variables: Readonly<Record<string, string>>;
  /** Aborts when nobody waits for the tool any more. */
  readonly signal: AbortSignal;
  /** Aborts when the call is over: nothing needs to be remembered of it. */
  readonly callOver: AbortSignal;
  /** `traceparent` and `tracestate` for whom the tool asks. */
  readonly trace?: Readonly<Record<string, string>>;
}

/** Why a tool failed, for whoever looks after it; callers hear nothing of it. Without secrets. */
export interface ToolFailureWhy {
  /** `throttled`, `credentials`, `unavailable`, `bad-answer`, `agent-error` and the like. */
  reason: string;
  /** What the service itself said: its name of the error and its words. */
  service?: string;
  /** What is known besides: the HTTP status, what the token server said, what is not set up. */
  problem?: string;
}

/** A tool that another one's agent wanted to be run before it answered. */
export interface WantedRun {
  name: string;
  kind: string;
  input: Readonly<Record<string, unknown>>;
  output: Readonly<Record<string, unknown>>;
  /** From the start of the run that wanted it; on record, from the start of the media stream. */
  startMs: number;
  durationMs: number;
  /** `aborted`: it was still running when the other one was over. */
  outcome: 'answered' | 'failed' | 'aborted';
  code?: ErrorCode;
  why?: ToolFailureWhy;
}

/** What came of a tool, as a value: tools never touch the call. `wanted` and `why` are for the record; the model is told `output`. */
export type ToolOutcome =
  | { kind: 'answer'; output: Readonly<Record<string, unknown>>; wanted?: readonly WantedRun[] }
  | {
      kind: 'failed';
      code: ErrorCode;
      output: Readonly<Record<string, unknown>>;
      why?: ToolFailureWhy;
      wanted?: readonly WantedRun[];
    }
  | { kind: 'hang-up'; output: Readonly<Record<string, unknown>> }
  /** The caller is to be put through to a person, who hears first what it is about when `warm`. */
  | { kind: 'handoff'; to: string; warm: boolean; output: Readonly<Record<string, unknown>> }
  /** Something secret is about to be spoken, for `limitMs` at most, or it is over. */
  | { kind: 'sensitive'; active: boolean; limitMs: number; output: Readonly<Record<string, unknown>> };

/** What a call must know of a tool before it runs. */
export interface KnownTool {
  readonly kind: string;
  /** From when on the caller hears that it works; false: it works in silence. */
  readonly waitSound: false | { readonly afterMs: number; readonly clip?: string | undefined };
  /** It looks something up and changes nothing: it may be given up half done. */
  readonly isReadOnly: boolean;
}

export interface ToolRunner {
  /** The agent's tool of that name, as its tools are known now; undefined: it has none. Never waits. */
  about(agent: AgentVersion, name: string): KnownTool | undefined;
  /** Runs what the model calls; always comes to an outcome, never rejects. The same call id again joins its first run. */
  run(call: ToolCall, context: ToolContext): Promise<ToolOutcome>;
}
