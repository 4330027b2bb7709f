import type { SessionEvent } from '../emulator/bedrock/model-session.js';
import type { ChaosCall, ModelNote } from './call.js';
import { isOpeningFault, isStreamFault } from './faults.js';
import { ENDPOINTING_MS } from './site.js';

/** How long a lost stream was felt at the caller's ear. */
export interface Recovery {
  readonly fault: string;
  /** What went on when it was lost: an answer was owed or under way, or the caller spoke. */
  readonly state: 'answer' | 'caller';
  /** Silence beyond what the caller would have met anyway and beyond the model's own time, in ms. */
  readonly silentMs: number;
}

type Kind = SessionEvent['kind'];

/**
 * Losses of streams after which the agent had something to say, with the time until it was audible again: from the loss, or
 * from when what had been sent before had sounded, or from when the model could have known that the caller's turn was over;
 * the time that the new stream took by itself, from what it was given to its first sound, taken off.
 */
export function recoveriesOf(call: ChaosCall): Recovery[] {
  return call.strikes.flatMap(({ name, atMs }) => {
    if (!isStreamFault(name) && !isOpeningFault(name)) return [];
    const before = call.notes.filter((note) => note.atMs <= atMs);
    const state = stateOf(before);
    if (!state) return [];
    const serving = Math.max(0, ...before.map(({ stream }) => stream));
    const answer = call.notes.find(
      (note) => note.atMs >= atMs && note.stream > serving && note.event.kind === 'answerStarted',
    );
    if (!answer) return [];
    const trigger = call.notes.findLast(
      (note) => note.stream === answer.stream && note.atMs <= answer.atMs && isTrigger(note.event.kind),
    );
    const ownMs = trigger ? answer.atMs - trigger.atMs : 0;
    const answerMs = answer.atMs - call.startedAtMs;
    const audible = call.playing.find(({ toMs }) => toMs > answerMs);
    if (!audible) return [];
    const isUnbroken = audible.fromMs < answerMs;
    const lostMs = atMs - call.startedAtMs;
    const playedMs = call.playing.findLast(({ toMs }) => toMs <= audible.fromMs)?.toMs ?? 0;
    const spokenMs = state === 'caller' ? lastWordMs(call, answerMs) + ENDPOINTING_MS : 0;
    const silentMs = isUnbroken ? 0 : audible.fromMs - Math.max(lostMs, playedMs, spokenMs) - ownMs;
    return [{ fault: name, state, silentMs: Math.max(0, Math.round(silentMs)) }];
  });
}

function isTrigger(kind: Kind): boolean {
  return kind === 'utteranceEnded' || kind === 'textHeard' || kind === 'toolAnswered';
}

/** What went on after these notes; undefined: nothing that anybody waited for. */
function stateOf(notes: readonly ModelNote[]): Recovery['state'] | undefined {
  let state: Recovery['state'] | undefined;
  for (const { event } of notes) {
    if (event.kind === 'utteranceStarted') state = 'caller';
    else if (isTrigger(event.kind) || event.kind === 'answerStarted') state = 'answer';
    else if (event.kind === 'answerSent' || event.kind === 'toolCalled') state = undefined;
  }
  return state;
}

/** When the caller's last word before a time of the call was over, ms of the call. */
function lastWordMs({ microphone, microphoneFromMs }: ChaosCall, beforeMs: number): number {
  const ends = microphone.spoken.map(({ to }) => microphoneFromMs + to / 8).filter((endMs) => endMs <= beforeMs);
  return Math.max(0, ...ends);
}

/** From the carrier's question what comes next to media on another socket, for every time that a stream broke, in ms. */
export function reconnectionsOf({ phone }: ChaosCall): number[] {
  return (phone?.requests ?? []).flatMap(({ url, atMs }) => {
    if (!new URL(url).pathname.endsWith('/twilio/after')) return [];
    const next = phone?.streams.find(({ startedMs }) => startedMs >= atMs);
    return next ? [next.startedMs - atMs] : [];
  });
}
