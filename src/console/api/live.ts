import type { WorkerMessage } from './event-source.ts';
import { happened, type LiveCall, type LiveSummary, liveCallOf, type TimedEvent } from './live-call.ts';
import { session } from './session.ts';

export interface LiveState {
  readonly connection: 'connecting' | 'live' | 'lost';
  /** When something last came, wall time in ms. */
  readonly heardAtMs: number;
  /** Newest first. */
  readonly calls: readonly LiveCall[];
}

/** Ended calls stay on the board for so long, greyed. */
const STAYS_MS = 10_000;

const calls = new Map<string, LiveCall>();
/** Their names, newest first; undefined when one has come, gone, or begun at another moment. */
let order: readonly string[] | undefined;
let state: LiveState = { connection: 'connecting', heardAtMs: Date.now(), calls: [] };
let connection: LiveState['connection'] = 'connecting';
const followers = new Set<() => void>();
/** Who follows one call. */
interface CallFollower {
  happened(event: TimedEvent): void;
  /** How all calls stand was told anew: facts may have been missed. */
  missed(): void;
}

const callFollowers = new Map<string, Set<CallFollower>>();
let askAgain: (() => void) | undefined;

/** All live calls, of every instance, as they change. */
export const live = {
  get: (): LiveState => state,
  /** Lets what holds the stream begin, which takes a while; it opens once somebody is logged in. */
  prepare: start,
  follow(listener: () => void): () => void {
    start();
    followers.add(listener);
    return () => followers.delete(listener);
  },
  /** Every fact of that call from now on. */
  followCall(callSid: string, listener: CallFollower): () => void {
    start();
    const listeners = callFollowers.get(callSid) ?? new Set();
    callFollowers.set(callSid, listeners.add(listener));
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0) callFollowers.delete(callSid);
    };
  },
};

// Logging in opens the stream, and logging in again opens it anew.
session.follow(() => {
  if (session.get().kind !== 'in') return;
  start();
  askAgain?.();
});

function start(): void {
  if (askAgain) return;
  if (typeof SharedWorker === 'undefined') {
    startAlone();
    return;
  }
  const worker = new SharedWorker(new URL('./events.worker.ts', import.meta.url), {
    type: 'module',
    name: 'oratio-events',
  });
  worker.port.onmessage = ({ data }: MessageEvent<WorkerMessage>) => took(data);
  worker.port.start();
  askAgain = () => worker.port.postMessage('again');
  addEventListener('pagehide', () => worker.port.postMessage('leave'));
}

/** Where a browser has no shared workers, each tab has a stream of its own. */
function startAlone(): void {
  const worker = new Worker(new URL('./events-alone.worker.ts', import.meta.url), { type: 'module' });
  worker.onmessage = ({ data }: MessageEvent<WorkerMessage>) => took(data);
  askAgain = () => worker.postMessage('again');
}

function took(message: WorkerMessage): void {
  if (message.type === 'refused') {
    void session.refused();
    return;
  }
  connection = message.type === 'lost' ? 'lost' : 'live';
  if (message.type === 'events') {
    for (const { kind, data } of message.events) {
      if (kind === 'snapshot') tookSnapshot(JSON.parse(data) as { calls: LiveSummary[] });
      else if (kind !== 'reset') tookEvent(JSON.parse(data) as TimedEvent);
    }
  }
  tell(message.type !== 'lost');
}

function tookSnapshot(snapshot: { calls: LiveSummary[] }): void {
  order = undefined;
  const there = new Set(snapshot.calls.map(({ callSid }) => callSid));
  for (const [callSid, call] of calls) if (!there.has(callSid) && call.state !== 'ended') calls.delete(callSid);
  for (const summary of snapshot.calls) calls.set(summary.callSid, liveCallOf(summary));
  for (const listeners of callFollowers.values()) for (const listener of listeners) listener.missed();
}

function tookEvent(event: TimedEvent): void {
  const before = calls.get(event.callSid);
  const isNews = event.kind === 'rang' || event.kind === 'takenUp' || event.kind === 'answered';
  // What comes of calls that are over (the end of a dial, a recording) does not bring them back to the board.
  if (before || isNews) calls.set(event.callSid, happened(before, event));
  if (!before || event.kind === 'rang') order = undefined;
  if (event.kind === 'ended') setTimeout(() => leave(event.callSid), STAYS_MS);
  for (const listener of callFollowers.get(event.callSid) ?? []) listener.happened(event);
}

function leave(callSid: string): void {
  if (calls.get(callSid)?.state !== 'ended') return;
  calls.delete(callSid);
  order = undefined;
  tell(false);
}

function tell(hasHeard: boolean): void {
  order ??= [...calls.values()]
    .sort((a, b) => b.startedAtMs - a.startedAtMs || (a.callSid < b.callSid ? -1 : 1))
    .map(({ callSid }) => callSid);
  const newestFirst = order.flatMap((callSid) => calls.get(callSid) ?? []);
  state = { connection, heardAtMs: hasHeard ? Date.now() : state.heardAtMs, calls: newestFirst };
  for (const follower of followers) follower();
}
