import { ApiProblem } from './problem.ts';
import { session } from './session.ts';
import type { Problem } from './types.ts';

export interface RequestOptions {
  readonly method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Sent as JSON; a file as it is, with `Content-Type` in `headers`. */
  readonly body?: unknown;
  /** The version that was looked at: refused with 412 when it is not the latest any more. */
  readonly ifMatch?: number | string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

/**
 * Asks the API. What it refuses is an `ApiProblem`. When the session does not hold any more, a log-in opens over the page
 * and the request is repeated after it, so that nothing that was typed is lost.
 */
export async function request<Answer>(path: string, options: RequestOptions = {}): Promise<Answer> {
  const { answer } = await ask<Answer>(path, options);
  return answer;
}

/** The same, with the version that the answer has (`ETag`). */
export async function ask<Answer>(
  path: string,
  options: RequestOptions = {},
): Promise<{ answer: Answer; etag: string | null }> {
  const response = await send(path, options);
  if (response.status === 401 && session.get().kind !== 'out') {
    await session.refused();
    return ask(path, options);
  }
  const text = await response.text();
  const isJson = /\bjson\b/.test(response.headers.get('content-type') ?? '');
  if (!response.ok) throw new ApiProblem(response.status, isJson ? (JSON.parse(text) as Problem) : undefined);
  return {
    answer: (isJson && text !== '' ? JSON.parse(text) : undefined) as Answer,
    etag: response.headers.get('etag'),
  };
}

/** One request as it is: whatever is answered, also a refusal. */
export async function send(
  path: string,
  { method = 'GET', body, ifMatch, headers, signal }: RequestOptions,
): Promise<Response> {
  try {
    return await fetch(`/api${path}`, {
      method,
      headers: {
        Accept: 'application/json',
        ...(body !== undefined && !(body instanceof Blob) && { 'Content-Type': 'application/json' }),
        ...(ifMatch !== undefined && { 'If-Match': `"${ifMatch}"` }),
        ...headers,
      },
      ...(body !== undefined && { body: body instanceof Blob ? body : JSON.stringify(body) }),
      ...(signal && { signal }),
    });
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error;
    throw new ApiProblem(0, undefined);
  }
}

/** Every item of a paged list. */
export async function requestAll<Item>(path: string, signal?: AbortSignal): Promise<Item[]> {
  const items: Item[] = [];
  let cursor: string | null = null;
  do {
    const query: string = cursor === null ? 'limit=200' : `limit=200&cursor=${encodeURIComponent(cursor)}`;
    const page: { items: Item[]; nextCursor: string | null } = await request(
      `${path}${path.includes('?') ? '&' : '?'}${query}`,
      { ...(signal && { signal }) },
    );
    items.push(...page.items);
    cursor = page.nextCursor;
  } while (cursor !== null);
  return items;
}
