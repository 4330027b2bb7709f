import { type AudioTotals, addedAudio, NO_AUDIO } from '../call/audio-count.js';
import type { CallEvent, CallListener } from '../call/events.js';
import type { TokenUsage } from '../call/ports.js';
import type { StreamRecord, ToolCallRecord, Turn } from '../call/record.js';
import type { ErrorCode } from '../errors.js';
import {
  audioAttributes,
  callAttributes,
  conversationAttributes,
  nameOr,
  OTHER,
  streamAttributes,
  toolAttributes,
  turnAttributes,
  usageAttributes,
} from './attributes.js';
import type { NewSpan, OpenSpan, SpanAttributes, Spans, TraceContext } from './span.js';

/** A call may come back to a new media stream minutes after its last one ended: so many are remembered for that. */
const KEPT_CALLS = 1000;

/** A stream that closed for these reasons did what it should. */
const PLANNED_ENDS = ['ended', 'renewed', 'handed-over'];

interface OpenStream {
  readonly span: OpenSpan;
  /** As far as the model has said it. */
  usage: TokenUsage | undefined;
}

interface FollowedCall {
  readonly span: OpenSpan;
  /** On every span of the call. */
  readonly common: SpanAttributes;
  /** Where times of its records count from, in ms since the epoch. */
  originMs: number;
  /** Of the media stream that goes on, so far. */
  audio: AudioTotals;
  readonly tools: Map<string, OpenSpan>;
  readonly streams: Map<number, OpenStream>;
  /** The newest turn of each side, which may still grow. */
  readonly turns: Map<Turn['role'], { index: number; turn: Turn }>;
}

/**
 * Tells calls as spans: one for the call, and below it one for each turn, run of a tool and model stream. Calls begin
 * and end at the wall time of their events, everything else at the times on record, which count from the call's start.
 */
export class CallSpans {
  readonly #spans: Spans;
  readonly #calls = new Map<string, FollowedCall>();
  readonly #ended = new Map<string, { span: OpenSpan; common: SpanAttributes }>();

  constructor(spans: Spans) {
    this.#spans = spans;
  }

  readonly listener: CallListener = (event, wallTimeMs) => {
    if (event.kind === 'rang') this.#rang(event, wallTimeMs);
    const known = this.#calls.get(event.callSid);
    if (event.kind === 'answered') this.#answered(known ?? this.#resumed(event.callSid, wallTimeMs), event, wallTimeMs);
    else if (known) this.#happened(known, event, wallTimeMs);
  };

  /** What a tool that is running hands on to whom it asks. */
  traceFor(callSid: string, toolCallId: string): TraceContext | undefined {
    return this.#calls.get(callSid)?.tools.get(toolCallId)?.trace;
  }

  #rang(event: Extract<CallEvent, { kind: 'rang' }>, wallTimeMs: number): void {
    const { callSid } = event;
    if (this.#calls.has(callSid)) return;
    const common = conversationAttributes(callSid, event);
    const kind = event.direction === 'outbound' ? 'client' : 'server';
    const attributes = { ...common, ...callAttributes(event) };
    const span = this.#spans.open({ name: 'call', kind, startMs: wallTimeMs, attributes });
    this.#follow(callSid, span, common, wallTimeMs);
  }

  /** The call comes back to a new media stream: in the same trace, when it was this instance that carried it. */
  #resumed(callSid: string, wallTimeMs: number): FollowedCall {
    const { span: before, common } = this.#ended.get(callSid) ?? {
      span: undefined,
      common: conversationAttributes(callSid),
    };
    this.#ended.delete(callSid);
    const attributes = { ...common, 'oratio.call.resumed': true };
    const span = (before ?? this.#spans).open({ name: 'call', kind: 'server', startMs: wallTimeMs, attributes });
    return this.#follow(callSid, span, common, wallTimeMs);
  }

  #follow(callSid: string, span: OpenSpan, common: SpanAttributes, originMs: number): FollowedCall {
    const call = { span, common, originMs, audio: NO_AUDIO, tools: new Map(), streams: new Map(), turns: new Map() };
    this.#calls.set(callSid, call);
    return call;
  }

  #answered(call: FollowedCall, { atMs }: CallEvent, wallTimeMs: number): void {
    call.originMs = wallTimeMs - atMs;
    call.span.note('answered', wallTimeMs, {});
  }

  #happened(call: FollowedCall, event: CallEvent, wallTimeMs: number): void {
    switch (event.kind) {
      case 'streamChanged':
        this.#streamChanged(call, event.index, event.stream);
        break;
      case 'turnChanged':
        this.#turnChanged(call, event.index, event.turn);
        break;
      case 'toolChanged':
        this.#toolChanged(call, event.toolCall);
        break;
      case 'used':
        countUsage([...call.streams.values()].at(-1), event.usage);
        break;
      case 'audioCounted':
        call.audio = addedAudio(call.audio, event.audio);
        call.span.set(audioAttributes(call.audio));
        break;
      case 'answererDetected':
        call.span.set({ 'oratio.call.answered_by': nameOr(event.answeredBy, OTHER) });
        break;
      case 'carrierReported':
        call.span.set({ 'oratio.call.carrier_status': nameOr(event.status, OTHER) });
        break;
      case 'interrupted':
        call.span.note('interrupted', wallTimeMs, { 'oratio.unheard_ms': event.unheardMs });
        break;
      case 'keysEntered':
        call.span.note('keys_entered', wallTimeMs, { 'oratio.keys.count': event.count });
        break;
      case 'sensitiveChanged':
        call.span.note('sensitive', wallTimeMs, { 'oratio.sensitive.active': event.active });
        break;
      case 'transferred':
        call.span.note('transferred', wallTimeMs, {});
        break;
      case 'faulted':
        call.span.note('faulted', wallTimeMs, { 'error.type': event.code, 'oratio.fault.count': event.count });
        break;
      case 'ended':
        call.span.set({ 'oratio.call.end_reason': event.endReason });
        if (event.endReason === 'failed') call.span.fail(event.endReason);
        this.#end(event.callSid, call, wallTimeMs);
        break;
      case 'handedOver':
        call.span.note('handed_over', wallTimeMs, {});
        this.#end(event.callSid, call, wallTimeMs);
        break;
      case 'rang':
      case 'answered':
      case 'recordingChanged':
        break;
    }
  }

  #streamChanged(call: FollowedCall, index: number, stream: StreamRecord): void {
    const { modelId, openedMs, closedMs, closed } = stream;
    let open = call.streams.get(index);
    if (!open && closed === null) {
      const attributes = streamAttributes(index, stream);
      const span = child(call, { name: `generate_content ${modelId}`, kind: 'client', startMs: openedMs, attributes });
      open = { span, usage: undefined };
      call.streams.set(index, open);
    }
    if (!open || closed === null) return;
    call.streams.delete(index);
    const reason = closed.split(':', 1)[0]!;
    open.span.set({ 'oratio.stream.closed': nameOr(reason, OTHER) });
    if (!PLANNED_ENDS.includes(reason)) open.span.fail('VOICE_STREAM_LOST' satisfies ErrorCode);
    endStream(open, call.originMs + (closedMs ?? openedMs));
  }

  /** A turn is told when the next one of its side has begun, or with the end of the call: until then it may grow. */
  #turnChanged(call: FollowedCall, index: number, turn: Turn): void {
    const open = call.turns.get(turn.role);
    if (open && index < open.index) return;
    if (open && index > open.index) tellTurn(call, open.index, open.turn);
    call.turns.set(turn.role, { index, turn });
  }

  #toolChanged(call: FollowedCall, toolCall: ToolCallRecord): void {
    const { id, name, startMs, durationMs, outcome, code } = toolCall;
    if (outcome === 'running') {
      if (call.tools.has(id)) return;
      const title = `execute_tool ${nameOr(name, OTHER)}`;
      const attributes = toolAttributes(toolCall);
      call.tools.set(id, child(call, { name: title, kind: 'internal', startMs, attributes }));
      return;
    }
    const span = call.tools.get(id);
    if (!span) return;
    call.tools.delete(id);
    span.set({ 'oratio.tool.outcome': outcome, 'oratio.tool.sensitive': toolCall.sensitive });
    if (outcome === 'failed') span.fail(code ?? OTHER);
    span.end(call.originMs + startMs + durationMs);
  }

  #end(callSid: string, call: FollowedCall, wallTimeMs: number): void {
    const { span, common } = call;
    for (const { index, turn } of call.turns.values()) tellTurn(call, index, turn);
    for (const span of call.tools.values()) span.end(wallTimeMs);
    for (const stream of call.streams.values()) endStream(stream, wallTimeMs);
    span.end(wallTimeMs);
    this.#calls.delete(callSid);
    this.#ended.set(callSid, { span, common });
    if (this.#ended.size > KEPT_CALLS) this.#ended.delete(this.#ended.keys().next().value!);
  }
}

/** Opens a span below the call's; `startMs` is that of a record. */
function child({ span, common, originMs }: FollowedCall, { attributes, startMs, ...rest }: NewSpan): OpenSpan {
  return span.open({ ...rest, startMs: originMs + startMs, attributes: { ...common, ...attributes } });
}

function tellTurn(call: FollowedCall, index: number, turn: Turn): void {
  const { role, startMs, endMs } = turn;
  const attributes = turnAttributes(index, turn);
  child(call, { name: `${role} turn`, kind: 'internal', startMs, attributes }).end(
    call.originMs + Math.max(startMs, endMs),
  );
}

function endStream({ span, usage }: OpenStream, atMs: number): void {
  if (usage) span.set(usageAttributes(usage));
  span.end(atMs);
}

/** Of which stream it is nobody says: the newest one is the one that works. */
function countUsage(stream: OpenStream | undefined, { input, output }: TokenUsage): void {
  if (!stream) return;
  stream.usage ??= { input: { speechTokens: 0, textTokens: 0 }, output: { speechTokens: 0, textTokens: 0 } };
  stream.usage.input.speechTokens += input.speechTokens;
  stream.usage.input.textTokens += input.textTokens;
  stream.usage.output.speechTokens += output.speechTokens;
  stream.usage.output.textTokens += output.textTokens;
}
