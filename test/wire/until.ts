import { vi } from 'vitest';

/** What is answered once it is as wished. Asked without a pause it would keep the bridge, on the same event loop, from its work. */
export function until<Answer>(ask: () => Promise<Answer>, isThere: (answer: Answer) => boolean): Promise<Answer> {
  return vi.waitFor(
    async () => {
      const answer = await ask();
      if (!isThere(answer)) throw new Error(`not yet: ${JSON.stringify(answer)}`);
      return answer;
    },
    { interval: 20, timeout: 60_000 },
  );
}

/** Resolves when that instance is told of a change that was made at another one. */
export const knows = (
  { api }: { api(method: string, path: string): Promise<{ status: number }> },
  path: string,
): Promise<unknown> =>
  until(
    () => api('GET', path),
    ({ status }) => status === 200,
  );
