import type { CallRecord } from '../call/record.js';
import type { Stretch } from './call.js';
import type { HeardWord } from './ear.js';
import { isStreamFault } from './faults.js';
import { wordsOf } from './lines.js';
import type { SeenCall } from './seen.js';

/** A turn of the call that the record lacks. */
export interface MissingTurn {
  readonly words: string;
  /** When it was understood, or its last word began to sound; ms of the call. */
  readonly atMs: number;
}

/** What the record tells of the turns. */
export interface OnRecord {
  readonly missing: readonly MissingTurn[];
  /** The last turn of those that a killed instance had no time to commit: nobody has to know it. */
  readonly uncommitted: MissingTurn | undefined;
  readonly twice: readonly string[];
}

/**
 * Every question that the model understood and every answer that was heard whole stands on record, once. Within `killed` (ms
 * of the call) an instance died: of what is missing from around then the very last turn is forgiven, and no other.
 */
export function turnsOnRecord(
  call: SeenCall,
  record: CallRecord,
  heard: readonly HeardWord[],
  killed: Stretch | undefined,
): OnRecord {
  const callerTexts = record.turns.flatMap((turn) => (turn.role === 'caller' ? [turn.text] : []));
  const agentWords = record.turns.flatMap((turn) => (turn.role === 'agent' ? wordsOf(turn.text) : []));
  const missing: MissingTurn[] = [];
  const twice: string[] = [];
  for (const [question, { transcript, answer, asked }] of call.questions.entries()) {
    const understood = call.notes.filter(
      ({ event }) => event.kind === 'utteranceEnded' && event.utterance.text.includes(transcript),
    );
    const told = callerTexts.filter((text) => text.includes(transcript)).length;
    const atMs = (understood.at(-1)?.atMs ?? 0) - call.startedAtMs;
    if (understood.length > 0 && told === 0 && !isAtStrike(call, atMs)) {
      missing.push({ words: `question ${question}: "${transcript}"`, atMs });
    }
    if (told > asked.length) twice.push(`question ${question} stands ${told} times on record`);
    const lacking = wordsOf(answer.text).flatMap((word, index) => {
      const sounded = heard.findLast((each) => each.question === question && each.word === index);
      return sounded && !agentWords.includes(word) ? [{ word, atMs: sounded.atMs }] : [];
    });
    if (lacking.length > 0) {
      const words = lacking.map(({ word }) => word).join(' ');
      missing.push({ words: `answer ${question}: ${words}`, atMs: Math.max(...lacking.map((each) => each.atMs)) });
    }
  }
  const uncommitted = missing.filter(({ atMs }) => isWithin(killed, atMs)).sort((a, b) => a.atMs - b.atMs);
  const last = uncommitted.at(-1);
  return { missing: missing.filter((turn) => turn !== last), uncommitted: last, twice };
}

function isWithin(stretch: Stretch | undefined, atMs: number): boolean {
  return stretch !== undefined && atMs >= stretch.fromMs && atMs <= stretch.toMs;
}

/** What the model said in the instant in which its stream broke never left it. */
function isAtStrike({ strikes, startedAtMs }: SeenCall, atMs: number): boolean {
  return strikes.some(({ name, atMs: struckAtMs }) => {
    const sinceMs = struckAtMs - startedAtMs - atMs;
    return isStreamFault(name) && sinceMs >= 0 && sinceMs < 20;
  });
}
