import type { ErrorCode } from '../errors.js';
import { addedAudio, NO_AUDIO } from './audio-count.js';
import type { TokenUsage, VoiceLoss } from './ports.js';
import type { CallRecord, EndReason, RecordingRecord, Return, StreamRecord, ToolCallRecord, Turn } from './record.js';

/** Everything that happens to a call, in order: one truth for record, live events, metrics and reports. */
export type CallEvent = { callSid: string; atMs: number } & CallFact;

export type CallFact =
  | ({ kind: 'rang' } & Pick<
      CallRecord,
      'direction' | 'from' | 'to' | 'agentId' | 'agentVersion' | 'variables' | 'test'
    >)
  /** The media stream has started; `atMs` of all later events counts from here. */
  | { kind: 'answered' }
  /** Another instance has given the call up, and this one goes on with it. */
  | ({ kind: 'takenUp' } & Pick<CallRecord, 'direction' | 'from' | 'to' | 'agentId' | 'agentVersion' | 'state'>)
  /** This instance has given the call up, and another one goes on with it. */
  | { kind: 'handedOver' }
  /** The carrier was told to connect the call to its agent again. */
  | { kind: 'connectedAgain'; why: Return }
  /** `loss` when the stream closed because it was lost: its class, where the record has the words. */
  | { kind: 'streamChanged'; index: number; stream: StreamRecord; loss?: VoiceLoss }
  /** A turn has begun, grown or ended: the whole turn as known now. */
  | { kind: 'turnChanged'; index: number; turn: Turn }
  | { kind: 'interrupted'; unheardMs: number }
  | { kind: 'toolChanged'; toolCall: ToolCallRecord }
  /** Keys were collected; the digits go to the model only. */
  | { kind: 'keysEntered'; count: number }
  /** From now on nothing that is said, pressed or answered is kept, until it is over. */
  | { kind: 'sensitiveChanged'; active: boolean }
  | { kind: 'recordingChanged'; recording: RecordingRecord }
  | { kind: 'answererDetected'; answeredBy: string }
  | { kind: 'carrierReported'; status: string }
  | { kind: 'transferred'; to: string }
  /** The person to whom the call was put through has gone after so many ms, or never came. */
  | { kind: 'dialEnded'; wasAnswered: boolean; durationMs: number }
  | { kind: 'used'; usage: TokenUsage }
  /** What has come to the totals since they were told last: every few seconds, and when a media stream ends. */
  | { kind: 'audioCounted'; audio: CallRecord['audio'] }
  | { kind: 'faulted'; code: ErrorCode; count: number }
  | { kind: 'ended'; endReason: EndReason };

/** Listens to calls. Must not throw and must not wait: it is called between two audio frames. */
export type CallListener = (event: CallEvent, wallTimeMs: number) => void;

/** A new record, changed by one event. The same events always give the same record. */
export function recorded(record: CallRecord | undefined, event: CallEvent, wallTimeMs: number): CallRecord {
  const timestamp = new Date(wallTimeMs).toISOString();
  const call = record ?? emptyRecord(event.callSid, timestamp);
  switch (event.kind) {
    case 'rang': {
      const { direction, from, to, agentId, agentVersion, variables, test } = event;
      return { ...call, direction, from, to, agentId, agentVersion, variables, test, startedAt: timestamp };
    }
    case 'answered':
      return {
        ...call,
        state: 'live',
        endReason: null,
        mediaStartedAt: call.mediaStartedAt ?? timestamp,
        endedAt: null,
      };
    case 'connectedAgain':
      return { ...call, reconnections: [...call.reconnections, { at: timestamp, why: event.why }] };
    case 'streamChanged':
      return { ...call, streams: replaced(call.streams, event.index, event.stream) };
    case 'turnChanged':
      return { ...call, turns: replaced(call.turns, event.index, event.turn) };
    case 'toolChanged': {
      const index = call.toolCalls.findIndex((each) => each.id === event.toolCall.id);
      return {
        ...call,
        toolCalls: replaced(call.toolCalls, index < 0 ? call.toolCalls.length : index, event.toolCall),
      };
    }
    case 'recordingChanged':
      return { ...call, recording: event.recording };
    case 'answererDetected':
      return { ...call, answeredBy: event.answeredBy };
    case 'carrierReported':
      return { ...call, carrierStatus: event.status };
    case 'transferred':
      return { ...call, transferredTo: event.to };
    case 'dialEnded':
      if (!event.wasAnswered) return { ...call, transferredTo: null };
      return { ...call, durationMs: (call.durationMs ?? 0) + event.durationMs };
    case 'used':
      return { ...call, usage: summed(call.usage, event.usage) };
    case 'audioCounted':
      return { ...call, audio: addedAudio(call.audio, event.audio) };
    case 'faulted':
      return { ...call, faults: { ...call.faults, [event.code]: (call.faults[event.code] ?? 0) + event.count } };
    case 'ended':
      return {
        ...call,
        state: 'ended',
        endReason: event.endReason,
        endedAt: timestamp,
        // One that came back and was not connected again has lasted no less than before.
        durationMs: Math.max(call.durationMs ?? 0, Math.round(event.atMs)),
      };
    case 'takenUp':
    case 'handedOver':
    case 'interrupted':
    case 'keysEntered':
    case 'sensitiveChanged':
      return call;
  }
}

export function emptyRecord(callSid: string, startedAt: string): CallRecord {
  return {
    callSid,
    direction: 'inbound',
    from: '',
    to: '',
    agentId: null,
    agentVersion: null,
    state: 'ringing',
    endReason: null,
    startedAt,
    mediaStartedAt: null,
    endedAt: null,
    durationMs: null,
    turns: [],
    toolCalls: [],
    streams: [],
    usage: { input: { speechTokens: 0, textTokens: 0 }, output: { speechTokens: 0, textTokens: 0 } },
    audio: NO_AUDIO,
    recording: null,
    variables: {},
    test: false,
    answeredBy: null,
    carrierStatus: null,
    transferredTo: null,
    reconnections: [],
    faults: {},
  };
}

function replaced<Item>(items: readonly Item[], index: number, item: Item): Item[] {
  const copy = [...items];
  copy[index] = item;
  return copy;
}

function summed(a: TokenUsage, b: TokenUsage): TokenUsage {
  return {
    input: {
      speechTokens: a.input.speechTokens + b.input.speechTokens,
      textTokens: a.input.textTokens + b.input.textTokens,
    },
    output: {
      speechTokens: a.output.speechTokens + b.output.speechTokens,
      textTokens: a.output.textTokens + b.output.textTokens,
    },
  };
}
