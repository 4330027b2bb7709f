import { send } from './client.ts';
import { ApiProblem } from './problem.ts';
import { session } from './session.ts';
import type { Problem } from './types.ts';

/** Asks for a file and gives it to the person. What is refused is an `ApiProblem`; a log-in is asked for as elsewhere. */
export async function download(path: string, fileName: string): Promise<void> {
  const response = await send(path, { headers: { Accept: '*/*' } });
  if (response.status === 401 && session.get().kind !== 'out') {
    await session.refused();
    return download(path, fileName);
  }
  if (!response.ok) {
    const isJson = /\bjson\b/.test(response.headers.get('content-type') ?? '');
    throw new ApiProblem(response.status, isJson ? ((await response.json()) as Problem) : undefined);
  }
  const address = URL.createObjectURL(await response.blob());
  const link = document.createElement('a');
  link.href = address;
  link.download = fileName;
  link.click();
  // The browser has begun to read it by then.
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}
