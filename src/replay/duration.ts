import { z } from 'zod';

/** A length of time as written in a fixture: `600ms`, `1.5s`, `4s`. Undefined when it is none. */
export function parseDurationMs(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)\s*(ms|s)$/.exec(text.trim());
  if (!match) return undefined;
  return Number(match[1]) * (match[2] === 's' ? 1000 : 1);
}

/** A length of time in YAML, read as ms. */
export const durationMs = z
  .string({ error: 'must be a length of time such as 600ms or 1.5s' })
  .transform((text, context) => {
    const ms = parseDurationMs(text);
    if (ms !== undefined) return ms;
    context.addIssue({ code: 'custom', message: 'must be a length of time such as 600ms or 1.5s' });
    return z.NEVER;
  });
