import type { ConverseRequest } from '../converse.js';
import { bagOf } from './words.js';

export interface Verdict {
  readonly answer: 'yes' | 'no' | 'cannot-tell';
  readonly reason: string;
}

/** Words around a claim that its text does not have. */
const ABOUT_THE_CLAIM =
  /^\W*(?:the |that )?(?:agent|assistant|text|speaker|it) (?:\w+ )?(?:says?|tells?(?: the caller)?|explains?|states?|confirms?|mentions?)\b(?: that\b|:)?/i;
const ENOUGH = 0.6;
const NEGATION =
  /\b(?:no|not|never|cannot|can't|won't|don't|doesn't|isn't|aren't|must not|without|unable|nicht|kein\w*|nie\w*|nunca|tampoco|sin)\b/i;

/** Judges a claim by its words: how many of them the text has, and whether both deny or neither does. */
export function judge({ messages }: ConverseRequest): Verdict {
  const asked = String(messages[0]?.content[0]?.text ?? '');
  let question: unknown;
  try {
    question = JSON.parse(asked);
  } catch {
    return { answer: 'cannot-tell', reason: 'The question cannot be read.' };
  }
  const { text, claim } = (typeof question === 'object' && question !== null ? question : {}) as {
    text?: unknown;
    claim?: unknown;
  };
  if (typeof text !== 'string' || typeof claim !== 'string')
    return { answer: 'cannot-tell', reason: 'The question cannot be read.' };
  return verdictOn(text, claim.replace(ABOUT_THE_CLAIM, ''));
}

function verdictOn(text: string, claim: string): Verdict {
  const claimed = [...bagOf(claim).keys()];
  if (claimed.length === 0) return { answer: 'cannot-tell', reason: 'The claim says nothing.' };
  const said = bagOf(text);
  const shared = claimed.filter((word) => said.has(word)).length;
  if (shared / claimed.length < ENOUGH)
    return { answer: 'no', reason: `It has ${shared} of ${claimed.length} words of the claim.` };
  if (NEGATION.test(claim) !== NEGATION.test(nearest(text, claimed)))
    return { answer: 'no', reason: 'One denies what the other affirms.' };
  return { answer: 'yes', reason: `It has ${shared} of ${claimed.length} words of the claim.` };
}

/** The sentences that have a word of the claim. */
function nearest(text: string, claimed: readonly string[]): string {
  const sentences = text.split(/(?<=[.!?])\s+|\n/).filter((sentence) => {
    const words = bagOf(sentence);
    return claimed.filter((word) => words.has(word)).length >= Math.min(2, claimed.length);
  });
  return sentences.join(' ');
}
