import type { Failure } from '../replayed-call.js';

/**
 * What happened first comes first, as the others may follow from it; what says only that the call went on otherwise (steps that
 * never came, turns that are missing, turns after one of another speaker) comes last.
 */
export function inOrder(failures: readonly Failure[]): Failure[] {
  const firstOther = Math.min(
    ...failures.map(({ field }) => Number(/^turns\[(\d+)\]\.role$/.exec(field)?.[1] ?? Infinity)),
  );
  const isConsequence = ({ field }: Failure) => {
    if (/^(caller|turnCount|turns\[\d+\])$/.test(field)) return true;
    return Number(/^turns\[(\d+)\]/.exec(field)?.[1] ?? -1) > firstOther;
  };
  const timeOf = ({ atMs = Number.MAX_SAFE_INTEGER }: Failure) => atMs;
  return [...failures].sort((a, b) => Number(isConsequence(a)) - Number(isConsequence(b)) || timeOf(a) - timeOf(b));
}
