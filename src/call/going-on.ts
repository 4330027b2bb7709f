import { NOT_TAKEN } from './filtered.js';
import { isUnended } from './lost-turns.js';
import type { CallRecord, Return, ToolCallRecord, Turn } from './record.js';
import { shortened } from './shortened.js';

/** An answer of a tool as it is told again, at most. */
const ANSWER_LENGTH = 2000;

const LINE_IS_BACK =
  'The telephone line was interrupted for a moment and is back. Go on with one natural sentence where the conversation was.';
const FROM_THE_CUT =
  ' Your last words did not reach the caller to their end. Go on from where they stop, and do not say again what was heard.';
const NOTHING_IS_KNOWN =
  'The telephone line was interrupted for a moment and is back, and what was said before is lost. Say so in one natural sentence, and ask the caller to tell you once more what it is about.';
const NOBODY_ANSWERED =
  'The caller was to be put through to a person, who did not answer, and is back with you. Say so in one sentence and offer to help.';
const ANSWER = 'Answer now what the caller said last. Do not greet again, and do not mention any interruption.';
const FINISH =
  'You were in the middle of an answer. Go on with it in one natural sentence. Do not greet again, and do not mention any interruption.';

/**
 * What the model is told when a call comes back to it; undefined when it is the caller who has the floor, so that nothing but a
 * short gap is heard. `greeting`: what it would be told at the beginning of a call.
 */
export function goingOn(why: Return, record: CallRecord, greeting: string | undefined): string | undefined {
  switch (why) {
    case 'nobody-answered':
      return NOBODY_ANSWERED;
    case 'line-interrupted':
      if (isNothingKnown(record)) return NOTHING_IS_KNOWN;
      if (wasFiltered(record)) return `${LINE_IS_BACK} ${NOT_TAKEN}`;
      return withAnswers(LINE_IS_BACK + cutWords(record), record);
    case 'handed-over': {
      if (wasFiltered(record)) return NOT_TAKEN;
      const owed = owedWords(record, greeting);
      return owed === undefined ? undefined : withAnswers(owed, record);
    }
  }
}

/** What was said before, as heard, and may be given to a model: the history of another stream. */
export function heardTurns(turns: readonly Turn[]): { role: 'caller' | 'agent'; text: string }[] {
  return turns
    .filter(({ filtered }) => !filtered)
    .map((turn) => ({ role: turn.role, text: turn.role === 'agent' ? turn.heardText : turn.text }))
    .filter(({ text }) => text !== '');
}

/** Of a call that has had a model stream, that stands on record. */
function isNothingKnown({ streams, turns, toolCalls }: CallRecord): boolean {
  return streams.length === 0 && turns.length === 0 && toolCalls.length === 0;
}

/** A model stream was lost over the last words, and nobody has asked for others: what came of them may be to blame as well. */
function wasFiltered({ turns }: CallRecord): boolean {
  return turns.findLast(isSpoken)?.filtered === true;
}

function cutWords({ turns }: CallRecord): string {
  const last = turns.findLast(isSpoken);
  return last && isCut(last) ? FROM_THE_CUT : '';
}

/** A call that was handed over goes on as if nothing had happened. */
function owedWords(record: CallRecord, greeting: string | undefined): string | undefined {
  const last = record.turns.findLast(isSpoken);
  if (!last) return greeting;
  if (last.role === 'caller') return ANSWER;
  if (isCut(last) || toolsSince(record, last).length > 0) return FINISH;
  return undefined;
}

/** What came of tools that the caller was not told: the new model stream has not heard it. */
function withAnswers(words: string, record: CallRecord): string {
  const lastOfAgent = record.turns.findLast((turn) => turn.role === 'agent' && isSpoken(turn));
  const tools = toolsSince(record, lastOfAgent).filter((call) => !call.sensitive);
  return words + tools.map(whatCameOf).join('');
}

/** A run that nobody has seen the end of may have done what it was to do. */
function whatCameOf({ name, outcome, output }: ToolCallRecord): string {
  switch (outcome) {
    case 'answered':
      return ` The tool ${name} has answered already: ${shortened(JSON.stringify(output), ANSWER_LENGTH)}`;
    case 'running':
    case 'aborted':
      return ` What came of the tool ${name}, which was running, is not known: use it again if it only looks something up, else say that you have to make sure first.`;
    case 'failed':
      return '';
  }
}

function toolsSince({ toolCalls }: CallRecord, turn: Turn | undefined): ToolCallRecord[] {
  const fromMs = turn?.endMs ?? 0;
  return toolCalls.filter(({ startMs, durationMs, kind }) => kind !== 'sensitive' && startMs + durationMs > fromMs);
}

/** Of whoever spoke last. */
function isCut(turn: Turn): boolean {
  return turn.role === 'agent' && (turn.interrupted || isUnended(turn));
}

function isSpoken(turn: Turn): boolean {
  return turn.sensitive === true || (turn.role === 'caller' ? turn.text : turn.heardText) !== '';
}
