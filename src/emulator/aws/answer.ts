import type { HttpResponse } from './front.js';

/** What an operation answers. An object becomes JSON; pieces of a stream leave one by one, as they come. */
export interface AwsAnswer {
  status: number;
  headers?: Record<string, string>;
  body?: Buffer | string | object | AsyncIterable<Buffer | string>;
  /** Broken off after so many bytes of the body, as the fault `cut` does. */
  cutAfterBytes?: number;
}

/** Breaks an answer off: after so many bytes of its body, `close` is called in place of writing more. */
export interface Cut {
  afterBytes: number;
  close(): void;
}

/** Writes an answer. Gives up as soon as the client is gone; whatever makes the stream is then told to finish. */
export async function sendAnswer(
  response: HttpResponse,
  answer: AwsAnswer,
  gone: AbortSignal,
  cut?: Cut,
): Promise<'complete' | 'gone' | 'cut'> {
  const { status, headers = {}, body = '' } = answer;
  let bytesLeft = cut?.afterBytes ?? Number.POSITIVE_INFINITY;

  /** False when nothing more may be written. */
  const write = async (piece: Buffer | string): Promise<boolean> => {
    const bytes = Buffer.from(piece).subarray(0, bytesLeft);
    bytesLeft -= bytes.length;
    if (bytes.length > 0 && !response.write(bytes)) await drained(response, gone);
    return bytesLeft > 0 && !gone.aborted;
  };

  if (isStream(body)) {
    response.writeHead(status, headers);
    response.flushHeaders?.();
    if (bytesLeft > 0) await writeAll(body, write, gone);
  } else {
    const isRaw = typeof body === 'string' || body instanceof Uint8Array;
    const bytes = Buffer.from(isRaw ? body : JSON.stringify(body));
    response.writeHead(status, {
      ...(!isRaw && { 'content-type': 'application/json' }),
      'content-length': String(bytes.length),
      ...headers,
    });
    response.flushHeaders?.();
    await write(bytes);
  }
  if (gone.aborted) return 'gone';
  if (cut) {
    // HTTP/2 holds frames back for a moment: what was promised must leave first.
    await new Promise<void>((resolve) => response.write(new Uint8Array(), resolve));
    cut.close();
    return 'cut';
  }
  response.end();
  return 'complete';
}

async function writeAll(
  pieces: AsyncIterable<Buffer | string>,
  write: (piece: Buffer | string) => Promise<boolean>,
  gone: AbortSignal,
): Promise<void> {
  const iterator = pieces[Symbol.asyncIterator]();
  const stopped = new Promise<{ done: true }>((resolve) => {
    if (gone.aborted) resolve({ done: true });
    gone.addEventListener('abort', () => resolve({ done: true }), { once: true });
  });
  for (;;) {
    const next = iterator.next();
    const step = await Promise.race([next, stopped]);
    if (!step.done && (await write(step.value))) continue;
    // A maker that is still busy must neither be waited for nor fail unheard.
    next.catch(() => undefined);
    Promise.resolve(iterator.return?.()).catch(() => undefined);
    return;
  }
}

function isStream(body: NonNullable<AwsAnswer['body']>): body is AsyncIterable<Buffer | string> {
  return typeof body === 'object' && Symbol.asyncIterator in body;
}

function drained(response: HttpResponse, gone: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const go = () => {
      response.off('drain', go);
      gone.removeEventListener('abort', go);
      resolve();
    };
    response.once('drain', go);
    gone.addEventListener('abort', go, { once: true });
    if (gone.aborted) go();
  });
}
