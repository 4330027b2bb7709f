import type { Failure } from './replayed-call.js';

export function failure(field: string, expected: string, found: string, atMs?: number): Failure {
  return {
    field,
    message: `expected ${expected}, found ${found}`,
    ...(atMs !== undefined && { atMs: Math.round(atMs) }),
  };
}

/** The limits that a length of time breaks, under the names `…AtLeast` and `…AtMost`, or within the field named. */
export function bounds(
  field: string,
  foundMs: number,
  limits: { atLeast?: number | undefined; atMost?: number | undefined },
): Failure[] {
  const { atLeast, atMost } = limits;
  if (atLeast !== undefined && foundMs < atLeast) {
    return [failure(named(field, 'AtLeast'), `at least ${atLeast} ms`, ms(foundMs))];
  }
  if (atMost !== undefined && foundMs > atMost) {
    return [failure(named(field, 'AtMost'), `at most ${atMost} ms`, ms(foundMs))];
  }
  return [];
}

/** `heard.` and `AtLeast` are `heard.atLeast`. */
function named(field: string, limit: 'AtLeast' | 'AtMost'): string {
  return field.endsWith('.') ? `${field}a${limit.slice(1)}` : `${field}${limit}`;
}

export function ms(value: number): string {
  return `${Math.round(value)} ms`;
}
