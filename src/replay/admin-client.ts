import type { Clock } from '../clock.js';
import { BridgeError, messageOf } from '../errors.js';

/** How long an answer may take; without it, for ever. */
export interface Patience {
  readonly clock: Clock;
  readonly limitMs: number;
}

interface Answer {
  readonly status: number;
  readonly isOk: boolean;
  readonly content: unknown;
}

/**
 * Speaks to a bridge's `/api` as an administrator. Refusals become `REQUEST_INVALID` with the bridge's own words, and so does
 * what is no answer of a bridge, or none in time.
 */
export function adminClient(baseUrl: string, token: string, patience?: Patience) {
  const send = async (method: string, path: string, body?: unknown): Promise<Answer> => {
    const limit = new AbortController();
    const cancel = patience?.clock.after(patience.limitMs, () => limit.abort());
    try {
      const response = await fetch(`${baseUrl}/api${path}`, {
        method,
        headers: {
          Authorization: `Bearer ${token}`,
          ...(body !== undefined && { 'Content-Type': 'application/json' }),
        },
        ...(body !== undefined && { body: JSON.stringify(body) }),
        signal: limit.signal,
      });
      const { status, ok: isOk } = response;
      return { status, isOk, content: contentOf(await response.text()) };
    } catch (error) {
      const words = limit.signal.aborted ? `no answer within ${patience?.limitMs} ms` : reasonOf(error);
      throw new BridgeError('REQUEST_INVALID', `${method} ${baseUrl}/api${path}: ${words}`, {}, { cause: error });
    } finally {
      cancel?.();
    }
  };
  const change = async <Content>(method: string, path: string, body: unknown): Promise<Content> => {
    const answer = await send(method, path, body);
    return contentFrom<Content>(`${method} ${path}`, answer);
  };
  return {
    post: <Content>(path: string, body: unknown) => change<Content>('POST', path, body),
    put: <Content>(path: string, body: unknown) => change<Content>('PUT', path, body),
    async remove(path: string): Promise<void> {
      const answer = await send('DELETE', path);
      if (!answer.isOk) throw refusal(`DELETE ${path}`, answer);
    },
    /** Every item of a list, page after page, all within the limit. */
    async all<Item>(path: string): Promise<Item[]> {
      const items: Item[] = [];
      const cursors = new Set<string>();
      const untilMs = patience ? patience.clock.now() + patience.limitMs : Number.POSITIVE_INFINITY;
      let cursor: string | null = null;
      do {
        const query = new URLSearchParams({ limit: '200', ...(cursor !== null && { cursor }) });
        const answer = await send('GET', `${path}?${query}`);
        const page: { items?: Item[]; nextCursor?: string | null } = contentFrom(`GET ${path}`, answer);
        if (!Array.isArray(page.items)) throw notAList(path);
        items.push(...page.items);
        cursor = typeof page.nextCursor === 'string' ? page.nextCursor : null;
        if (cursor !== null && (cursors.has(cursor) || (patience?.clock.now() ?? 0) > untilMs)) throw notAList(path);
        if (cursor !== null) cursors.add(cursor);
      } while (cursor !== null);
      return items;
    },
    /** Undefined when there is no such thing. */
    async find<Content>(path: string): Promise<Content | undefined> {
      const answer = await send('GET', path);
      return answer.status === 404 ? undefined : contentFrom<Content>(`GET ${path}`, answer);
    },
  };
}

function notAList(path: string): BridgeError {
  return new BridgeError('REQUEST_INVALID', `GET ${path} was not answered with a list that ends, as a bridge would`);
}

function contentFrom<Content>(request: string, answer: Answer): Content {
  if (!answer.isOk) throw refusal(request, answer);
  if (typeof answer.content !== 'object' || answer.content === null) {
    const message = `${request} was answered with ${answer.status}, but not with JSON, as a bridge would`;
    throw new BridgeError('REQUEST_INVALID', message, { status: answer.status });
  }
  return answer.content as Content;
}

/** Undefined when it is no JSON. */
function contentOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function reasonOf(error: unknown): string {
  // What fetch says itself is that it failed; why stands in the cause.
  return error instanceof Error && error.cause !== undefined ? messageOf(error.cause) : messageOf(error);
}

function refusal(request: string, { status, content }: Answer): BridgeError {
  const problem = (typeof content === 'object' && content !== null ? content : {}) as {
    title?: string;
    detail?: string;
    errors?: { field: string; message: string }[];
  };
  const fields = (problem.errors ?? []).map(({ field, message }) => `${field}: ${message}`);
  const words = [problem.detail ?? problem.title ?? '', ...fields].filter(Boolean).join('; ');
  return new BridgeError('REQUEST_INVALID', `${request} was answered with ${status}: ${words}`, { status });
}

export type AdminClient = ReturnType<typeof adminClient>;
