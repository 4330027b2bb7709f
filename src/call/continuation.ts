import type { VoiceProfile } from './ports.js';

type History = VoiceProfile['history'];

/** What another model stream has to take over. */
export interface Owed {
  /** Text that the model was given and has not answered. */
  readonly texts: readonly string[];
  /** The caller's turn is over and understood, and not answered. */
  readonly isAnswerOwed: boolean;
  /** A tool works whose answer the model waits for. */
  readonly isToolOpen: boolean;
  /** The caller has said something that is not understood yet: the new stream hears it again. */
  readonly isCallerHeardAgain: boolean;
  /** A tool has been asked about the caller's last words, and what came of it is among the texts. */
  readonly isResultOwed: boolean;
  /** The agent was cut in the middle of its words. */
  readonly isAgentCut: boolean;
}

const GO_ON =
  'Your last words did not reach the caller to their end. Go on from where they stop, naturally, without an apology.';

/**
 * What a new stream is given: what was said, and text that makes it answer what is owed. Nothing is answered twice, nothing
 * is left unanswered.
 */
export function continuation(history: History, owed: Owed): { history: History; tell: string | undefined } {
  const { texts, isAgentCut } = owed;
  const isFree = !owed.isToolOpen && !owed.isCallerHeardAgain;
  const last = history.at(-1);
  // The caller's unanswered words are given as text, which is answered; as history they would not be. With what a tool has
  // brought they stay history: given again they would make the model ask the tool again.
  if (isFree && (owed.isAnswerOwed || isAgentCut) && !owed.isResultOwed && last?.role === 'caller') {
    return { history: history.slice(0, -1), tell: [last.text, ...texts].join('\n') };
  }
  if (isFree && isAgentCut && texts.length === 0) return { history, tell: GO_ON };
  return { history, tell: texts.length > 0 ? texts.join('\n') : undefined };
}

/** What came of a tool, for a stream that has not asked for it. */
export function resultAsText(name: string, output: Readonly<Record<string, unknown>>): string {
  return `The result of ${name}, which you had asked for, has come: ${JSON.stringify(output)}`;
}
