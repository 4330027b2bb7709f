import type { CallEvent } from '../call/events.js';
import type { CallRecord } from '../call/record.js';

/**
 * Whether it makes a call this instance's; `unconnected`: while it has no media stream on record. That a call rang somewhere may
 * be written, after the store was away, when another instance has long had all of it.
 */
export type Claim = 'no' | 'unconnected' | 'always';

const CLAIMS: Partial<Record<CallEvent['kind'], Claim>> = {
  rang: 'unconnected',
  answered: 'always',
  takenUp: 'always',
};

/** Webhooks and other work that is ordered with the end of a call. */
export interface OrderedJob {
  key: string;
  payload: Readonly<Record<string, unknown>>;
  dueMs: number;
}

/** What is to be written of one call: the newest record, and which parts of it have changed. */
export interface ChangedCall {
  record: CallRecord;
  changedMs: number;
  /** It rang, was answered or was taken up here: whoever carried it before does not any more. */
  claims: Claim;
  /** Nothing of it was on record before this batch. */
  readonly isNew: boolean;
  /** It is entered once more because the database has lost it; whoever carries it now keeps it. */
  isRestored: boolean;
  /** It is among those that have ended, oldest first. */
  isListed: boolean;
  /** How many there were, when the turns and tool calls themselves were given up. */
  counts?: { turns: number; toolCalls: number } | undefined;
  readonly turns: Set<number>;
  readonly toolCallIds: Set<string>;
  /** By their keys: ordered again, the last word counts. */
  readonly jobs: Map<string, OrderedJob>;
}

export interface HappenedEvent {
  event: CallEvent;
  wallTimeMs: number;
}

/** A part of a batch small enough to be written at once; its calls come with the parts that changed. */
export interface Chunk {
  readonly calls: Map<string, ChangedCall>;
  readonly turns: { call_sid: string; index: number; turn: unknown }[];
  readonly toolCalls: { call_sid: string; index: number; tool_call: unknown }[];
  readonly jobs: { call_sid: string; key: string; payload: unknown; due_at: string }[];
  readonly events: { call_sid: string; at: string; event: CallEvent }[];
}

/** An array whose first item can be taken away without moving the others each time. */
const COMPACT_ABOVE = 1024;

/** Changes of calls, each row once, and every event, in order. */
export class CallBatch {
  readonly calls = new Map<string, ChangedCall>();
  #events: HappenedEvent[] = [];
  #firstEvent = 0;
  #rowCount = 0;
  /** Calls that have ended, oldest first, and how far they were gone through to give something up. */
  #ended: ChangedCall[] = [];
  #nextWords = 0;
  #nextCall = 0;

  /** Rows, events included. */
  get rowCount(): number {
    return this.#rowCount;
  }

  get eventCount(): number {
    return this.#events.length - this.#firstEvent;
  }

  add(event: CallEvent, record: CallRecord, wallTimeMs: number): ChangedCall {
    const call = this.#take(record, wallTimeMs, event.kind === 'rang');
    if (call.claims !== 'always') call.claims = CLAIMS[event.kind] ?? call.claims;
    if (event.kind === 'turnChanged') this.#mark(call.turns, event.index);
    if (event.kind === 'toolChanged') this.#mark(call.toolCallIds, event.toolCall.id);
    this.#events.push({ event, wallTimeMs });
    this.#rowCount++;
    return call;
  }

  /** Enters the whole record once more. */
  restore(record: CallRecord, nowMs: number): ChangedCall {
    const call = this.enterWhole(record, nowMs);
    call.isRestored = true;
    return call;
  }

  /** Another instance has the call: it is entered where it is not on record, and taken from nobody. */
  letGo(callSid: string): void {
    const call = this.calls.get(callSid);
    if (!call || call.claims === 'no') return;
    call.claims = 'no';
    call.isRestored = true;
  }

  /** Enters all of a record, not only what changes from now on. */
  enterWhole(record: CallRecord, nowMs: number): ChangedCall {
    const call = this.#take(record, nowMs, false);
    record.turns.forEach((_turn, index) => {
      this.#mark(call.turns, index);
    });
    for (const { id } of record.toolCalls) this.#mark(call.toolCallIds, id);
    return call;
  }

  /** Lets go of the turns and tool calls of the call that ended first and has any; its row stays. Answers how many. */
  giveUpWords(): number {
    while (this.#nextWords < this.#ended.length) {
      const call = this.#ended[this.#nextWords++]!;
      const { turns, toolCalls, state } = call.record;
      const count = call.turns.size + call.toolCallIds.size;
      if (count === 0 || state !== 'ended' || !this.calls.has(call.record.callSid)) continue;
      call.counts = { turns: turns.length, toolCalls: toolCalls.length };
      call.record = { ...call.record, turns: [], toolCalls: [] };
      call.turns.clear();
      call.toolCallIds.clear();
      this.#rowCount -= count;
      return count;
    }
    return 0;
  }

  /** Lets go of the call that ended first, of those that began in this batch: none is left half on record. */
  giveUpCall(): boolean {
    while (this.#nextCall < this.#ended.length) {
      const call = this.#ended[this.#nextCall++]!;
      const { callSid, state } = call.record;
      this.#compactEnded();
      if (!call.isNew || state !== 'ended' || !this.calls.delete(callSid)) continue;
      this.#rowCount -= 1 + call.turns.size + call.toolCallIds.size;
      return true;
    }
    return false;
  }

  dropOldestEvent(): void {
    this.#firstEvent++;
    this.#rowCount--;
    if (this.#firstEvent < COMPACT_ABOVE || this.#firstEvent * 2 < this.#events.length) return;
    this.#events = this.#events.slice(this.#firstEvent);
    this.#firstEvent = 0;
  }

  /** The same in two halves by calls; one of them is empty when there is only one call. */
  split(): [CallBatch, CallBatch] {
    const halves: [CallBatch, CallBatch] = [new CallBatch(), new CallBatch()];
    let index = 0;
    for (const [callSid, call] of this.calls) {
      const half = halves[index++ * 2 < this.calls.size ? 0 : 1];
      half.calls.set(callSid, call);
      if (call.isListed) half.#ended.push(call);
      half.#rowCount += 1 + call.turns.size + call.toolCallIds.size;
    }
    for (let at = this.#firstEvent; at < this.#events.length; at++) {
      const happened = this.#events[at]!;
      if (!this.calls.has(happened.event.callSid)) continue;
      const half = halves[0].calls.has(happened.event.callSid) ? halves[0] : halves[1];
      half.#events.push(happened);
      half.#rowCount++;
    }
    return halves;
  }

  /** Events in their order with the calls they are of, about `limit` rows at a time; each is made when it is asked for. */
  *chunks(limit: number): Generator<Chunk> {
    const begun = new Set<string>();
    let chunk = emptyChunk();
    for (let at = this.#firstEvent; at < this.#events.length; at++) {
      const { event, wallTimeMs } = this.#events[at]!;
      if (!this.calls.has(event.callSid)) continue;
      this.#enter(chunk, event.callSid, begun);
      chunk.events.push({ call_sid: event.callSid, at: new Date(wallTimeMs).toISOString(), event });
      if (sizeOf(chunk) >= limit) {
        yield chunk;
        chunk = emptyChunk();
      }
    }
    // Calls whose events were all dropped.
    for (const callSid of this.calls.keys()) {
      if (begun.has(callSid)) continue;
      this.#enter(chunk, callSid, begun);
      if (sizeOf(chunk) >= limit) {
        yield chunk;
        chunk = emptyChunk();
      }
    }
    if (chunk.calls.size > 0) yield chunk;
  }

  /** Rows of a chunk are kept only with their call: it is in each that has any. */
  #enter(chunk: Chunk, callSid: string, begun: Set<string>): void {
    const call = this.calls.get(callSid)!;
    chunk.calls.set(callSid, call);
    if (begun.has(callSid)) return;
    begun.add(callSid);
    const { turns, toolCalls } = call.record;
    for (const index of call.turns) chunk.turns.push({ call_sid: callSid, index, turn: turns[index] });
    if (call.toolCallIds.size > 0) {
      toolCalls.forEach((toolCall, index) => {
        if (call.toolCallIds.has(toolCall.id)) chunk.toolCalls.push({ call_sid: callSid, index, tool_call: toolCall });
      });
    }
    for (const { key, payload, dueMs } of call.jobs.values()) {
      chunk.jobs.push({ call_sid: callSid, key, payload, due_at: new Date(dueMs).toISOString() });
    }
  }

  #compactEnded(): void {
    if (this.#nextCall < COMPACT_ABOVE || this.#nextCall * 2 < this.#ended.length) return;
    this.#ended = this.#ended.slice(this.#nextCall);
    this.#nextWords = Math.max(0, this.#nextWords - this.#nextCall);
    this.#nextCall = 0;
  }

  #take(record: CallRecord, changedMs: number, isNew: boolean): ChangedCall {
    let call = this.calls.get(record.callSid);
    if (!call) {
      call = {
        ...{ record, changedMs, claims: 'no', isNew, isRestored: false, isListed: false },
        ...{ turns: new Set(), toolCallIds: new Set(), jobs: new Map() },
      };
      this.calls.set(record.callSid, call);
      this.#rowCount++;
    }
    call.record = record;
    call.changedMs = changedMs;
    call.counts = undefined;
    if (record.state === 'ended' && !call.isListed) {
      call.isListed = true;
      this.#ended.push(call);
    }
    return call;
  }

  #mark<Key>(changed: Set<Key>, key: Key): void {
    if (changed.has(key)) return;
    changed.add(key);
    this.#rowCount++;
  }
}

function emptyChunk(): Chunk {
  return { calls: new Map(), turns: [], toolCalls: [], jobs: [], events: [] };
}

function sizeOf(chunk: Chunk): number {
  return chunk.calls.size + chunk.turns.length + chunk.toolCalls.length + chunk.jobs.length + chunk.events.length;
}
