import type { Actor } from '../access/actor.js';
import type { Page, PageRequest } from '../page.js';
import type { CallEvent } from './events.js';
import type { CallRecord, CallSummary, Turn } from './record.js';

export interface CallFilter {
  state?: CallRecord['state'] | undefined;
  /** Either side of the call. */
  number?: string | undefined;
  agentId?: string | undefined;
  /** Of that agent. */
  agentVersion?: number | undefined;
  /** Whether calls that were placed without a carrier are among them; left out: they are. */
  tests?: 'excluded' | 'included' | 'only' | undefined;
  /** ISO times; `from` inclusive, `to` exclusive, against the start of the call. */
  from?: string | undefined;
  to?: string | undefined;
}

/** An instance of the bridge, as others reach it. */
export interface InstanceInfo {
  id: string;
  url: string;
}

/** Whose call it is: the instance that it rang at, was answered at, or was taken up by last. */
export interface CallHolder {
  id: string;
  /** Undefined when that instance is dead, or has given the call away. */
  url: string | undefined;
}

/** What a number has used: calls that are ringing or live, and ms of calls begun since a moment. */
export interface NumberUse {
  activeCalls: number;
  usedMs: number;
  /** Calls that have left their agent and are put through to a person, for so many ms. */
  dials: readonly { callSid: string; lastedMs: number }[];
}

/** A call that rings or goes on, and what it is at: what nobody can know of it who has not heard its facts. */
export type OngoingCall = CallSummary & {
  now: {
    /** The one of the highest index. */
    lastTurn: Turn | null;
    /** `startMs` from the start of the media stream. */
    runningTools: { id: string; name: string; startMs: number }[];
    /** Model streams that are open, by their index. */
    openStreams: number[];
    hasHadStream: boolean;
    /** Something secret is being spoken or keyed in. */
    isSensitive: boolean;
  };
};

/** Calls on record, of all instances. Fed by this instance's `RecordListener`; reading may lag behind by some 50 ms. */
export interface CallStore {
  find(callSid: string): Promise<CallRecord | undefined>;
  /** All that ring or go on, and the newest fact that is in what is answered of them: later ones are not. */
  active(): Promise<{ id: number; calls: OngoingCall[] }>;
  /** Newest first. */
  list(filter: CallFilter, page: PageRequest): Promise<Page<CallSummary>>;
  /** The instance that carries the call, undefined once it has ended, or when that instance is dead. */
  carrierOf(callSid: string): Promise<InstanceInfo | undefined>;
  /** Whose call it is, also when it has ended; undefined when nothing is on record of it. */
  holderOf(callSid: string): Promise<CallHolder | undefined>;
  /** Makes a call this instance's and answers what is on record of it; the others are told, and forget it. */
  takeUp(callSid: string): Promise<CallRecord | undefined>;
  /** Of calls over this number that other instances carry, and of ended ones and dials of all since `sinceMs` (epoch). */
  useOf(number: string, sinceMs: number): Promise<NumberUse>;
  /**
   * Deletes every call of this person (`from` of inbound, `to` of outbound calls) and answers their callSids. Their
   * recordings go first (`remove`): when that fails nothing is deleted, and a repetition finds the calls again. CONFLICT
   * while one of them is live, with its name. The audit entry does not name the person. `elsewhere` is asked once, when nothing
   * is live, to delete what others keep of them; its answer stands in the entry.
   */
  deleteCaller(
    person: string,
    actor: Actor,
    remove?: (callSids: readonly string[]) => Promise<unknown>,
    elsewhere?: () => Promise<unknown>,
  ): Promise<string[]>;
}

/** What became of a person in one memory: what was deleted, or in words why it was not. */
export interface ForgottenMemory {
  readonly memoryId: string;
  readonly events: number;
  readonly records: number;
  readonly failure: string | null;
}

/** A fact of a call with its place in the order of all facts of all calls. */
export interface StoredEvent {
  id: number;
  wallTimeMs: number;
  event: CallEvent;
}

/** The facts of all calls, whichever instance carries them, as they become known here. */
export interface CallFeed {
  /** Facts after `afterId`, as far as they are kept (an hour), of one call or of all; oldest first. */
  since(afterId: number, filter: { callSid?: string | undefined; limit: number }): Promise<StoredEvent[]>;
  /** Whether facts after `afterId` may be missing, because they are older than what is kept. */
  hasForgotten(afterId: number): Promise<boolean>;
  /** The newest id given out; 0 when there is none. */
  latestId(): Promise<number>;
  /** Hears every new fact in order, those together that became known together. Answers what ends it. */
  subscribe(listener: (events: readonly StoredEvent[]) => void): () => void;
}
