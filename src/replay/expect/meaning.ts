import { messageOf } from '../../errors.js';
import type { Failure, Question, ReplayResult } from '../replayed-call.js';

/** What a judge found, and why, in a few words. */
export interface Verdict {
  answer: 'yes' | 'no' | 'cannot-tell';
  reason: string;
}

/** Tells whether a text means something. May reject: then nobody can tell. */
export interface Judge {
  ask(question: Pick<Question, 'meaning' | 'text'>): Promise<Verdict>;
}

/** The result after a judge has told of all words that are expected by their meaning. What it cannot tell fails. */
export async function judged(result: ReplayResult, judge: Judge): Promise<ReplayResult> {
  const failures = await Promise.all(result.failures.map((failure) => afterJudging(failure, judge)));
  return { ...result, failures: failures.flat() };
}

async function afterJudging(failure: Failure, judge: Judge): Promise<Failure[]> {
  const { question, ...rest } = failure;
  if (!question) return [failure];
  const { meaning, text } = question;
  const { answer, reason } = await judge
    .ask({ meaning, text })
    .catch((error: unknown): Verdict => ({ answer: 'cannot-tell', reason: messageOf(error) }));
  if (answer === question.expected) return [];
  const { expected = '', found = '' } = rest;
  if (answer === 'cannot-tell')
    return [{ ...failure, message: `cannot tell: ${reason}; expected ${expected}, found ${found}` }];
  return [{ ...rest, message: `expected ${expected}, found ${found} (judged: ${reason})` }];
}
