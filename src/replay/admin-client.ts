import { BridgeError } from '../errors.js';

/** Speaks to a bridge's `/api` as an administrator. Refusals become `REQUEST_INVALID` with the bridge's own words. */
export function adminClient(baseUrl: string, token: string) {
  const send = async (method: string, path: string, body?: unknown): Promise<Response> =>
    fetch(`${baseUrl}/api${path}`, {
      method,
      headers: {
        Authorization: `Bearer ${token}`,
        ...(body !== undefined && { 'Content-Type': 'application/json' }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
  const change = async <Answer>(method: string, path: string, body: unknown): Promise<Answer> => {
    const response = await send(method, path, body);
    if (!response.ok) throw await refusal(`${method} ${path}`, response);
    return (await response.json()) as Answer;
  };
  return {
    post: <Answer>(path: string, body: unknown) => change<Answer>('POST', path, body),
    put: <Answer>(path: string, body: unknown) => change<Answer>('PUT', path, body),
    /** Every item of a list, page after page. */
    async all<Item>(path: string): Promise<Item[]> {
      const items: Item[] = [];
      let cursor: string | null = null;
      do {
        const query = new URLSearchParams({ limit: '200', ...(cursor !== null && { cursor }) });
        const response = await send('GET', `${path}?${query}`);
        if (!response.ok) throw await refusal(`GET ${path}`, response);
        const page = (await response.json()) as { items: Item[]; nextCursor: string | null };
        items.push(...page.items);
        cursor = page.nextCursor;
      } while (cursor !== null);
      return items;
    },
    /** Undefined when there is no such thing. */
    async find<Answer>(path: string): Promise<Answer | undefined> {
      const response = await send('GET', path);
      if (response.status === 404) return undefined;
      if (!response.ok) throw await refusal(`GET ${path}`, response);
      return (await response.json()) as Answer;
    },
  };
}

async function refusal(request: string, response: Response): Promise<BridgeError> {
  const problem = (await response.json().catch(() => ({}))) as {
    title?: string;
    detail?: string;
    errors?: { field: string; message: string }[];
  };
  const fields = (problem.errors ?? []).map(({ field, message }) => `${field}: ${message}`);
  const words = [problem.detail ?? problem.title ?? '', ...fields].filter(Boolean).join('; ');
  return new BridgeError('REQUEST_INVALID', `${request} was answered with ${response.status}: ${words}`, {
    status: response.status,
  });
}
