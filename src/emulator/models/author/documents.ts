import { createHash } from 'node:crypto';
import type { ConverseRequest } from '../converse.js';

/** What the request gives to read, by name. */
export type Documents = ReadonlyMap<string, string>;

const DOCUMENT = /^<document name="([^"]+)" fence="([0-9a-f]{12})">\n([\s\S]*)\n<\/document \2>\s*$/;

/**
 * The documents of the first message, one to a text block. The fence is the beginning of the SHA-256 of what it holds: a
 * document whose fence does not fit is none, whatever it says of itself.
 */
export function documentsOf({ messages }: ConverseRequest): Documents {
  const documents = new Map<string, string>();
  for (const { text } of messages[0]?.content ?? []) {
    const [, name = '', fence, body = ''] = DOCUMENT.exec(typeof text === 'string' ? text : '') ?? [];
    if (fence !== undefined && digest(body) === fence) documents.set(name, body);
  }
  return documents;
}

const digest = (body: string) => createHash('sha256').update(body).digest('hex').slice(0, 12);

/** A document that has to be there. Throws `Missing`, which the author says in words. */
export function needed(documents: Documents, name: string): string {
  const body = documents.get(name);
  if (body === undefined) throw new Missing(name);
  return body;
}

/**
 * The same as a value; its shape was made by this author, or by who has checked it. Throws `Missing` when it is no object.
 */
export function neededJson<Value>(documents: Documents, name: string): Value {
  let value: unknown;
  try {
    value = JSON.parse(needed(documents, name));
  } catch {
    throw new Missing(name);
  }
  if (typeof value !== 'object' || value === null) throw new Missing(name);
  return value as Value;
}

/** There is nothing to work from: no fault of the program, a model would say so, too. */
export class Missing extends Error {
  constructor(name: string) {
    super(`There is no readable document "${name}" to work from.`);
  }
}
