import { AwsProblem, invalid } from './problem.js';

/** The body as a JSON object; an empty body is an empty object. Throws 400 SerializationException. */
export function jsonObject(body: Buffer): Readonly<Record<string, unknown>> {
  if (body.length === 0) return {};
  let value: unknown;
  try {
    value = JSON.parse(body.toString('utf8'));
  } catch {
    throw new AwsProblem(400, 'SerializationException', 'The request body is not JSON.');
  }
  if (!isObject(value)) throw new AwsProblem(400, 'SerializationException', 'The request body is not a JSON object.');
  return value;
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * One page of `items`, and the token of the next. Tokens are good for the same list only in so far as they say where to go
 * on. Throws 400 ValidationException for a token that was not given out, or a size out of 1 to `most`.
 */
export function page<Item>(
  items: readonly Item[],
  asked: { maxResults?: unknown; nextToken?: unknown },
  most = 100,
): { items: readonly Item[]; nextToken?: string } {
  const size = asked.maxResults === undefined || asked.maxResults === null ? most : Number(asked.maxResults);
  if (!Number.isInteger(size) || size < 1 || size > most) {
    throw invalid(`maxResults must be between 1 and ${most}`);
  }
  const start = asked.nextToken === undefined || asked.nextToken === null ? 0 : startOf(String(asked.nextToken));
  const end = start + size;
  return { items: items.slice(start, end), ...(end < items.length && { nextToken: tokenOf(end) }) };
}

function tokenOf(start: number): string {
  return Buffer.from(`from:${start}`).toString('base64url');
}

function startOf(token: string): number {
  const [, start] = /^from:(\d+)$/.exec(Buffer.from(token, 'base64url').toString('utf8')) ?? [];
  if (start === undefined) throw invalid('Invalid nextToken');
  return Number(start);
}
