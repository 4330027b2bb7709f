import type { Clock } from '../../clock.js';
import type { Ids } from '../../ids.js';
import type { Impairments } from './network.js';
import type { TwimlDocument } from './verbs.js';

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
  /** Asked when the voice webhook fails, as Twilio's VoiceFallbackUrl. */
  fallbackUrl?: string | undefined;
  /** What a `<Dial>` meets (default: answered, and over at once). */
  dial?: ((dialled: Dialled) => DialOutcome) | undefined;
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
}

export interface PhoneCall {
  readonly callSid: string;
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

export type StatusEvent = 'initiated' | 'ringing' | 'answered' | 'completed';

export interface HangUp {
  /** Send `stop` before closing (default true). */
  stop?: boolean;
  /** 1000 (default), 1005 (a close frame without code) or 1006 (the connection just breaks). */
  closeCode?: 1000 | 1005 | 1006;
}

export interface Dialled {
  targets: readonly { kind: string; to: string }[];
  atMs: number;
}

export interface DialOutcome {
  status: 'completed' | 'no-answer' | 'busy' | 'failed' | 'canceled';
  /** Time from dialling until it is over, ms on the clock (default 0). */
  forMs?: number;
}

/** `caller`: hung up. `bridge`: its TwiML ended the call, or it closed a bare stream. `lost`: the bridge failed. */
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
  closedBy: 'caller' | 'bridge' | 'lost' | undefined;
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
