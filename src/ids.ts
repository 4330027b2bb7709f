import { randomBytes, randomUUID } from 'node:crypto';

/** Where new names come from. Passed in, so that a replayed call gets the same ones. */
export interface Ids {
  /** A UUID, as the voice model wants for prompts and content blocks. */
  uuid(): string;
  /** A short, URL-safe name with a prefix: `agent_4k2…`. */
  short(prefix: string): string;
}

export function randomIds(): Ids {
  return {
    uuid: () => randomUUID(),
    short: (prefix) => `${prefix}_${randomBytes(9).toString('base64url')}`,
  };
}

/** Names that count up from one: the same in every run. For tests and virtual calls. */
export function countingIds(): Ids {
  let count = 0;
  return {
    uuid: () => `00000000-0000-4000-8000-${(++count).toString(16).padStart(12, '0')}`,
    short: (prefix) => `${prefix}_${++count}`,
  };
}
