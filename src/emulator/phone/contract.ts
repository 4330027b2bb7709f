import type { Clock } from '../../clock.js';
import type { Ids } from '../../ids.js';
import type { CallStatus, LegRecord, StatusEvent } from './leg.js';
import type { Impairments } from './network.js';
import type { CallChange } from './switchboard.js';
import type { TwimlDocument } from './verbs.js';
import type { PhoneWire } from './wire.js';

/** What every phone and every call may be given; a call's value wins over the phone's. */
export interface CallDefaults {
  /** Seeds everything random: parameter order, first timestamp, jitter, loss. The same seed gives the same call. */
  seed?: number | undefined;
  network?: Impairments | undefined;
  /** How long a `<Say>` lasts, ms per character (default 60, about natural speech). 0 makes it instant. */
  sayMsPerCharacter?: number | undefined;
  /** Accept `<Stream url="ws://…">`, which Twilio refuses with 31922. */
  allowInsecureStream?: boolean | undefined;
  /** Twilio's limit for a webhook's answer, ms on the clock (default 15000). */
  webhookTimeoutMs?: number | undefined;
  /** Time between the accepted upgrade and `connected`, ms (default 90; real ones 90 to 150). */
  connectedDelayMs?: number | undefined;
  /** Keep the text of every message both ways in `messages` (default true; a bench turns it off). */
  keepMessages?: boolean | undefined;
  /** Public URL of the final call status callback (default `{publicUrl}/twilio/status`); null: none. */
  statusUrl?: string | null | undefined;
  /** Subscribed call status events (default only `completed`, as for a number's own StatusCallback). */
  statusEvents?: readonly StatusEvent[] | undefined;
  /**
   * Asked by POST, as Twilio's VoiceFallbackUrl, when a document of the call cannot be had or carried out; its host is one at
   * which the bridge is reached.
   */
  fallbackUrl?: string | undefined;
  /** What a `<Dial>` meets (default: answered, and over at once). */
  dial?: ((dialled: Dialled) => DialOutcome) | undefined;
  /** Whether a `<Dial callerId>` may be shown (default: any). Refused ones fail with 13214; the parties' own are always allowed. */
  ownsCallerId?: ((callerId: string) => boolean) | undefined;
}

export interface PhoneOptions extends CallDefaults {
  /** Where the bridge really listens, or a function that picks an instance for a public URL. */
  bridgeUrl: string | ((publicUrl: URL) => string);
  /** The bridge's public base URL: what is signed, and what its TwiML refers to. */
  publicUrl: string;
  accountSid: string;
  authToken: string;
  clock?: Clock | undefined;
  ids?: Ids | undefined;
  /** Default: real sockets. */
  wire?: PhoneWire | undefined;
}

/** A call that the carrier places: it is queued, rings, and only runs when somebody answers. */
export interface PlaceOptions
  extends CallDefaults,
    Pick<
      CallOptions,
      'from' | 'to' | 'callSid' | 'voiceMethod' | 'twiml' | 'params' | 'signWebhookWith' | 'signUpgradeWith' | 'listen'
    > {
  /** Asked for when the call is answered; not needed with `twiml`. */
  voiceUrl?: string | undefined;
  statusMethod?: 'GET' | 'POST' | undefined;
  /** Decides when it rings how the call is met. */
  callee: () => CalleeAnswer | Promise<CalleeAnswer>;
  /** Time in the queue before it is dialled, ms on the clock (default 0). */
  queueMs?: number | undefined;
  /** It stays in the queue until this settles. */
  queuedUntil?: Promise<unknown> | undefined;
  /** Nobody answers when it rings longer, ms (default 60000). */
  ringLimitMs?: number | undefined;
  /** Ends the call so long after the answer, ms. */
  timeLimitMs?: number | undefined;
  /** Answering-machine detection: `sync` holds the webhook back for it, `async` reports to a URL. */
  detection?: { mode: 'sync' } | { mode: 'async'; url: string; method: 'GET' | 'POST' } | undefined;
}

export interface CalleeAnswer {
  status: 'answered' | 'busy' | 'no-answer' | 'failed';
  /** Time that it rings, ms on the clock (default 0). */
  afterMs?: number;
  /** What answering-machine detection finds (default `human`). */
  answeredBy?: AnsweredBy;
  /** How long that takes from the answer, ms on the clock (default 1000; real ones 3 to 7 s). */
  detectionMs?: number;
}

/** Source: Twilio, Answering machine detection. */
export type AnsweredBy =
  | 'human'
  | 'machine_start'
  | 'machine_end_beep'
  | 'machine_end_silence'
  | 'machine_end_other'
  | 'fax'
  | 'unknown';

export interface PlacedCall {
  readonly call: PhoneCall;
  readonly leg: LegRecord;
  /** How the callee met it. `canceled`: the call was ended before. */
  readonly met: Promise<CalleeAnswer['status'] | 'canceled'>;
  /** As `Phone.call` resolves and rejects, from the answer on. Resolves when the call is over if nobody answers. */
  readonly begun: Promise<PhoneCall>;
}

export interface CallOptions extends CallDefaults {
  from: string;
  to: string;
  callSid?: string | undefined;
  direction?: 'inbound' | 'outbound-api' | undefined;
  /** Public voice URL (default `{publicUrl}/twilio/voice`). */
  voiceUrl?: string | undefined;
  voiceMethod?: 'GET' | 'POST' | undefined;
  /** Inline TwiML to run in place of asking the voice URL, as calls created over REST may carry. */
  twiml?: string | undefined;
  /** Parameters that are added to every webhook of the call or replace the usual ones. */
  params?: Readonly<Record<string, string>> | undefined;
  /** Ask the voice URL this many times more with the same CallSid; the last answer runs. */
  webhookRetries?: number | undefined;
  /** Auth token for webhook signatures when it shall differ; null: no signature header. */
  signWebhookWith?: string | null | undefined;
  /** Auth token for the upgrade's signature when it shall differ; null: no signature header. */
  signUpgradeWith?: string | null | undefined;
  /** Hears every event from the first one on. */
  listen?: ((event: PhoneEvent) => void) | undefined;
}

export interface StreamOnlyOptions
  extends Pick<CallDefaults, 'seed' | 'network' | 'connectedDelayMs' | 'keepMessages'>,
    Pick<CallOptions, 'listen'> {
  /** Where to open the socket, as it is (ws or wss); nothing is replaced or stripped. */
  url: string;
  subprotocols?: readonly string[] | undefined;
  headers?: Readonly<Record<string, string>> | undefined;
  callSid: string;
  streamSid?: string | undefined;
  customParameters?: Readonly<Record<string, string>> | undefined;
  /** Signs the upgrade over this URL with the phone's auth token; absent: unsigned. */
  signedUrl?: string | undefined;
}

export interface Phone {
  /**
   * Places a call. Resolves when the first TwiML is answered and, if it connects a stream, the stream has started.
   * Rejects with a `TwilioFault` (Twilio's error number, and the call as `fault.call`) when either fails.
   */
  call(options: CallOptions): Promise<PhoneCall>;
  /** Opens only a media stream, without webhooks. Rejects with a `TwilioFault` when the upgrade is refused. */
  connectStream(options: StreamOnlyOptions): Promise<PhoneCall>;
  /** Places an outbound call, as one created over REST. */
  place(options: PlaceOptions): PlacedCall;
  /** Every leg so far, oldest first: calls, and the people whom they dialled. Bare streams have none. */
  readonly legs: readonly LegRecord[];
  /**
   * Changes a leg as the REST API does: a redirect ends a running stream with `stop` and runs the new TwiML. False when there is
   * no such leg or it is in no state for it (redirects need `in-progress`).
   */
  change(callSid: string, change: CallChange): boolean;
}

export interface PhoneCall {
  readonly callSid: string;
  /** Of the call as the carrier tells it; undefined for a bare stream. */
  readonly status: CallStatus | undefined;
  /** Of the newest stream; empty before the first. */
  readonly streamSid: string;
  readonly streams: readonly StreamRecord[];
  /** Every TwiML document so far, in order. */
  readonly twiml: readonly TwimlDocument[];
  /** Every webhook and callback sent, in order. */
  readonly requests: readonly WebhookRecord[];
  /** What the caller heard in words; before the first stream `atMs` is negative. */
  readonly spoken: readonly SpokenRecord[];
  readonly dialled: readonly Dialled[];
  /** What a dialled person was told by a `<Number url>` before being put through. */
  readonly whispers: readonly WhisperRecord[];
  /** Keys as they were pressed. */
  readonly pressed: readonly { digit: string; atMs: number }[];
  readonly marks: readonly MarkRecord[];
  readonly clears: readonly { atMs: number; queuedMs: number }[];
  /** Audio messages from the bridge. */
  readonly mediaIn: readonly { atMs: number; byteLength: number }[];
  readonly warnings: readonly WarningRecord[];
  /** Every WebSocket message both ways; empty without `keepMessages`. */
  readonly messages: readonly MessageRecord[];
  /** Caller frames sent to the bridge, over all streams. */
  readonly framesSent: number;
  /** Milliseconds since the media start of the first stream; before it, since the call began. */
  readonly nowMs: number;
  /** Agent audio that the caller has heard so far, ms. */
  readonly playedMs: number;
  /** Agent audio waiting to be heard, ms. */
  readonly queuedMs: number;
  /** The caller's ear from media start to now (or the end): mu-law, 8 bytes per ms, 0xFF where nothing played. */
  heardMulaw(): Uint8Array;
  /** The caller's mouth on the same timeline, before the network lost anything. */
  saidMulaw(): Uint8Array;
  /** Silences inside the agent's speech because its audio came late: between `minMs` (1) and `maxMs` (600) long. */
  gaps(limits?: { minMs?: number; maxMs?: number }): PlayoutGap[];
  /** Speaks from now (or after what is still being said): mu-law bytes, 8 kHz PCM, or a WAV file of any PCM rate. */
  say(speech: Uint8Array | Int16Array | string): Promise<{ startMs: number; endMs: number }>;
  /** Presses keys (0-9 * # A-D), one message each, 200 ms apart. */
  press(digits: string): Promise<void>;
  /** Hangs up; resolves with `ended`. `stop: false` and the close codes 1005 and 1006 make the end less polite. */
  hangUp(how?: HangUp): Promise<CallEnd>;
  /** Sends anything over the socket, for tests of bad input. */
  sendRaw(message: string | Uint8Array): void;
  /** The next event of a kind. Rejects when the call ends first. */
  next<K extends PhoneEvent['kind']>(kind: K): Promise<Extract<PhoneEvent, { kind: K }>>;
  /** Hears every event from now on; returns what stops it. */
  listen(listener: (event: PhoneEvent) => void): () => void;
  /** Resolves when the caller has heard `heardMs` of agent audio in all. Rejects when the call ends first. */
  whenHeard(heardMs: number): Promise<void>;
  /** Resolves (never rejects) when the call is over and its last callbacks are answered. */
  readonly ended: Promise<CallEnd>;
  /** Writes the call as stereo 16-bit WAV at 8 kHz: caller left, agent right. */
  writeWav(path: string): Promise<void>;
}

export interface HangUp {
  /** Send `stop` before closing (default true). */
  stop?: boolean;
  /** 1000 (default), 1005 (a close frame without code) or 1006 (the connection just breaks). */
  closeCode?: 1000 | 1005 | 1006;
}

export type { CallStatus, LegRecord, StatusEvent, StatusSubscription } from './leg.js';
export type { CallChange } from './switchboard.js';

export interface Dialled {
  targets: readonly { kind: string; to: string }[];
  atMs: number;
  /** The number shown to the dialled person. */
  callerId: string;
  /** How long it rings at most, ms. */
  timeoutMs: number;
  /** The caller hears it ring until somebody answers, and the call counts as answered only then. */
  answerOnBridge: boolean;
  /** Of the legs, in the order of the targets; a conference or queue has none. */
  callSids: readonly string[];
}

export interface DialOutcome {
  status: 'completed' | 'no-answer' | 'busy' | 'failed' | 'canceled';
  /** Time from dialling until it is over, without the whisper, ms on the clock (default 0). */
  forMs?: number;
  /** Of that time, how long it rings before the answer, ms (default 0). Not before the Dial's `timeout`: nobody answers. */
  ringMs?: number;
  /** Put through until this settles, in place of `forMs`. */
  until?: Promise<unknown>;
  /** Which of several targets answers (default 0). */
  target?: number;
  /** Keys that the dialled person presses when the whisper gathers some. */
  presses?: string;
}

export interface WhisperRecord {
  /** Of the dialled person's leg. */
  callSid: string;
  to: string;
  text: string;
  atMs: number;
}

/**
 * `caller`: hung up, or the callee never answered. `bridge`: its TwiML or a REST request ended the call, or it closed a bare
 * stream. `lost`: the bridge failed.
 */
export interface CallEnd {
  by: 'caller' | 'bridge' | 'lost';
  endedMs: number;
  /** The TwiML verb that was running. */
  lastVerb?: string;
  /** What failed, when `lost`. */
  fault?: string;
}

export interface StreamRecord {
  readonly streamSid: string;
  readonly url: string;
  readonly customParameters: Readonly<Record<string, string>>;
  startedMs: number;
  closedMs: number | undefined;
  closeCode: number | undefined;
  closeReason: string;
  /** `carrier`: a REST request ended the stream. */
  closedBy: 'caller' | 'bridge' | 'lost' | 'carrier' | undefined;
}

export interface SpokenRecord {
  text: string;
  atMs: number;
}

/** `returnedMs` is undefined while the mark waits; `cleared` marks came back because of a `clear`. */
export interface MarkRecord {
  readonly name: string;
  readonly receivedMs: number;
  returnedMs: number | undefined;
  cleared: boolean;
}

/** Twilio reports each code once per stream; here every 31950 and 31951 is kept. */
export interface WarningRecord {
  code: number;
  text: string;
  atMs: number;
}

export interface MessageRecord {
  atMs: number;
  from: 'phone' | 'bridge';
  text: string;
}

export interface WebhookRecord {
  url: string;
  atMs: number;
  params: Readonly<Record<string, string>>;
  /** HTTP status of the answer; undefined while waiting or when none came. */
  status: number | undefined;
  fault: string | undefined;
  answeredMs: number | undefined;
}

export interface PlayoutGap {
  atMs: number;
  forMs: number;
  /** Agent audio heard before it, ms. */
  afterPlayedMs: number;
}

export type PhoneEvent =
  | { kind: 'twiml'; atMs: number; document: TwimlDocument }
  | { kind: 'spoken'; atMs: number; text: string }
  | { kind: 'dialled'; atMs: number; dialled: Dialled }
  | { kind: 'whispered'; atMs: number; whisper: WhisperRecord }
  | { kind: 'dial-ended'; atMs: number; status: DialOutcome['status'] }
  | { kind: 'stream-started'; atMs: number; streamSid: string }
  | { kind: 'stream-closed'; atMs: number; streamSid: string; code: number; reason: string }
  | { kind: 'media'; atMs: number; byteLength: number; payload: Uint8Array }
  | { kind: 'mark'; atMs: number; name: string }
  | { kind: 'clear'; atMs: number; queuedMs: number }
  | { kind: 'mark-played'; atMs: number; name: string; cleared: boolean }
  | { kind: 'playing-started'; atMs: number }
  | { kind: 'playing-ended'; atMs: number; cleared: boolean }
  | { kind: 'saying-started'; atMs: number }
  | { kind: 'saying-ended'; atMs: number }
  | { kind: 'pressed'; atMs: number; digit: string }
  | { kind: 'warning'; atMs: number; code: number; text: string }
  | { kind: 'ended'; atMs: number; end: CallEnd };
