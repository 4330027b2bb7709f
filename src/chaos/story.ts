import type { CallRecord } from '../call/record.js';
import type { ChaosCall, ModelNote } from './call.js';
import type { Stall } from './lateness.js';

/** Shorter ones explain nothing, in ms. */
const LEAST_STALL_MS = 200;

/** What happened in a call, in order, in words: for whoever looks for the reason of a broken promise. Times are ms of the call. */
export function storyOf(call: ChaosCall, record: CallRecord | undefined, stalls: readonly Stall[]): string[] {
  const { startedAtMs, microphone, microphoneFromMs, phone } = call;
  const lines: { atMs: number; words: string }[] = [
    ...call.notes.map((note) => ({ atMs: note.atMs - startedAtMs, words: `stream ${note.stream}: ${wordsOf(note)}` })),
    ...call.strikes.map(({ name, atMs }) => ({ atMs: atMs - startedAtMs, words: `FAULT ${name}` })),
    ...call.playing.map(({ fromMs, toMs }) => ({
      atMs: fromMs,
      words: `the agent is heard until ${Math.round(toMs)}`,
    })),
    ...microphone.spoken.map(({ from, to }) => ({
      atMs: microphoneFromMs + from / 8,
      words: `the caller speaks until ${Math.round(microphoneFromMs + to / 8)}`,
    })),
    ...stalls
      .filter(({ fromMs, toMs }) => toMs - fromMs >= LEAST_STALL_MS)
      .map(({ fromMs, toMs }) => ({
        atMs: fromMs - startedAtMs,
        words: `a process stands still until ${Math.round(toMs - startedAtMs)}`,
      }))
      .filter(({ atMs }) => atMs > 0 && atMs < (call.end?.endedMs ?? 0)),
    ...(phone?.streams ?? []).flatMap(({ startedMs, closedMs = Number.NaN, closedBy }) => [
      { atMs: startedMs, words: 'media stream begins' },
      { atMs: closedMs, words: `media stream closed: ${closedBy}` },
    ]),
    ...(phone?.requests ?? []).map(({ url, atMs, status, fault }) => ({
      atMs,
      words: `${new URL(url).pathname} answered with ${status ?? fault}`,
    })),
  ];
  const told = (record?.turns ?? []).map((turn) =>
    turn.role === 'caller'
      ? `on record, caller: ${turn.text}`
      : `on record, agent: ${turn.text} (heard: ${turn.heardText})`,
  );
  const sorted = lines.filter(({ atMs }) => !Number.isNaN(atMs)).sort((a, b) => a.atMs - b.atMs);
  const state = record
    ? `on record: ${record.state}, ${record.endReason}, ${record.carrierStatus}`
    : 'on record: nothing';
  return [...sorted.map(({ atMs, words }) => `${Math.round(atMs)} ${words}`), state, ...told];
}

function wordsOf({ event }: ModelNote): string {
  switch (event.kind) {
    case 'utteranceEnded':
      return `understood "${event.utterance.text}"`;
    case 'textHeard':
      return `was told "${event.text}"`;
    case 'answerStarted':
    case 'answerSent':
    case 'answerEnded':
      return `${event.kind} "${event.answer.text}"`;
    case 'closed':
      return `closed, ${event.endedBy}`;
    default:
      return event.kind;
  }
}
