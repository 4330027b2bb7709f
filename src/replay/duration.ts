import { z } from 'zod';

/** A length of time as written in a fixture: `600ms`, `1.5s`, `4s`. Undefined when it is none. */
export function parseDurationMs(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)\s*(ms|s)$/.exec(text.trim());
  if (!match) return undefined;
  return Number(match[1]) * (match[2] === 's' ? 1000 : 1);
}

/** Longer than any call, and short enough for every timer: ones beyond 24 days would be over at once. */
const LONGEST_MS = 24 * 60 * 60_000;

/** A length of time in YAML, read as ms. */
export const durationMs = z
  .string({ error: 'must be a length of time such as 600ms or 1.5s' })
  .transform((text, context) => {
    const ms = parseDurationMs(text);
    if (ms !== undefined && ms <= LONGEST_MS) return ms;
    const message = ms === undefined ? 'must be a length of time such as 600ms or 1.5s' : 'must be 24 hours at most';
    context.addIssue({ code: 'custom', message });
    return z.NEVER;
  });
