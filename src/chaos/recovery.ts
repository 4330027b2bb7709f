import type { SessionEvent } from '../emulator/bedrock/model-session.js';
import type { ModelNote } from './call.js';
import { endOf, type HeardWord, textOf } from './ear.js';
import { type CallFault, isOpeningFault, isStreamFault } from './faults.js';
import { gapsBetween } from './judge.js';
import { wordsOf } from './lines.js';
import type { SeenCall } from './seen.js';
import { ENDPOINTING_MS } from './site.js';

/** How long a lost stream was felt at the caller's ear. */
export interface Recovery {
  readonly fault: CallFault;
  /** What went on when it was lost: an answer was owed or under way, or the caller spoke. */
  readonly state: 'answer' | 'caller';
  /** Without a word of the agent beyond what the caller would have waited anyway and beyond the model's own time, in ms. */
  readonly silentMs: number;
}

type Kind = SessionEvent['kind'];
type Answered = ModelNote & { readonly event: Extract<SessionEvent, { kind: 'answerStarted' }> };

/**
 * Losses of streams after which the agent had something to say, with the time until a word of it was heard again (a tone that
 * asks for patience is none): from the loss, or from when the words sent before had sounded, or from when the model could have
 * known that the caller's turn was over; the time that the new stream took by itself, from what it was given to its first
 * sound, taken off.
 */
export function recoveriesOf(call: SeenCall, heard: readonly HeardWord[]): Recovery[] {
  return call.strikes.flatMap(({ name, atMs }) => {
    if (!isStreamFault(name) && !isOpeningFault(name)) return [];
    const before = call.notes.filter((note) => note.atMs <= atMs);
    const state = stateOf(before);
    if (!state) return [];
    const serving = Math.max(0, ...before.map(({ stream }) => stream));
    const after = call.notes.filter((note) => note.atMs >= atMs && note.stream > serving).filter(isAnswered);
    const first = after.flatMap((answer) => firstWordOf(answer, call, heard)).at(0);
    if (!first) return [];
    const { answer, word } = first;
    const trigger = call.notes.findLast(
      (note) => note.stream === answer.stream && note.atMs <= answer.atMs && isTrigger(note.event.kind),
    );
    const ownMs = trigger ? answer.atMs - trigger.atMs : 0;
    const audibleMs = word.atMs - (answer.event.answer.words[0]?.startMs ?? 0);
    const soundedMs = heard.filter((each) => each.atMs < word.atMs).map((each) => endOf(each, call.questions));
    const spokenMs = state === 'caller' ? lastWordMs(call, answer.atMs - call.startedAtMs) + ENDPOINTING_MS : 0;
    const silentMs = audibleMs - Math.max(atMs - call.startedAtMs, spokenMs, ...soundedMs) - ownMs;
    return [{ fault: name, state, silentMs: Math.max(0, Math.round(silentMs)) }];
  });
}

function isAnswered(note: ModelNote): note is Answered {
  return note.event.kind === 'answerStarted';
}

/** The first word of an answer that reached the caller; none when all of it was lost or cut off. */
function firstWordOf(answer: Answered, call: SeenCall, heard: readonly HeardWord[]) {
  const words = wordsOf(answer.event.answer.text);
  const fromMs = answer.atMs - call.startedAtMs;
  const word = heard.find((each) => each.atMs >= fromMs && words.includes(textOf(each)));
  return word ? [{ answer, word }] : [];
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
function lastWordMs({ microphone, microphoneFromMs }: SeenCall, beforeMs: number): number {
  const ends = microphone.spoken.map(({ to }) => microphoneFromMs + to / 8).filter((endMs) => endMs <= beforeMs);
  return Math.max(0, ...ends);
}

/** How long a call that came back to an instance was without one, from the carrier's question what comes next; in ms. */
export interface Reconnection {
  /** Until media flowed on another socket. */
  readonly mediaMs: number;
  /** Until a model stream of its own took the caller's audio; undefined: none did. */
  readonly modelMs: number | undefined;
}

/** For every time that a media stream broke and another one was opened. */
export function reconnectionsOf({ phone, notes, startedAtMs }: SeenCall): Reconnection[] {
  return (phone?.requests ?? []).flatMap(({ url, atMs }) => {
    if (!new URL(url).pathname.endsWith('/twilio/after')) return [];
    const next = phone?.streams.find(({ startedMs }) => startedMs >= atMs);
    if (!next) return [];
    const listening = notes.find((note) => note.event.kind === 'listening' && note.atMs - startedAtMs >= atMs);
    return [{ mediaMs: next.startedMs - atMs, modelMs: listening && listening.atMs - startedAtMs - atMs }];
  });
}

/** The longest time, in ms, in which the telephone had nothing to play from the first word of an answer to its last. */
export function longestGapIn(
  { playing, questions }: Pick<SeenCall, 'playing' | 'questions'>,
  heard: readonly HeardWord[],
  question: number,
): number | undefined {
  const words = heard.filter((word) => word.question === question);
  const [first, last] = [words.at(0), words.at(-1)];
  if (!first || !last) return undefined;
  const gaps = gapsBetween(playing, first.atMs, endOf(last, questions));
  return Math.round(Math.max(0, ...gaps.map(({ fromMs, toMs }) => toMs - fromMs)));
}
