import type { Judge, Verdict } from '../../agents/judge.js';
import { messageOf } from '../../errors.js';
import type { Failure, ReplayResult } from '../replayed-call.js';

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
