import type { Readable } from 'node:stream';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Clock } from '../clock.js';
import { BridgeError } from '../errors.js';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Media types of files that are taken as they are, in place of JSON or where nothing else is. */
    takesFiles?: readonly string[];
  }
}

/** Each takes memory, or a connection, until it has arrived. */
const AT_ONCE = 2;
/** Longest that a file may be on its way, in ms: 50 MB over a line of 1 Mbit/s take seven minutes. */
const ARRIVAL_LIMIT_MS = 600_000;

/** A file that is the body of a request, none of which was read. All private: bodies are looked through as JSON is. */
export class SentFile {
  readonly #mediaType: string;
  readonly #byteLength: number | undefined;
  readonly #stream: Readable;

  constructor(mediaType: string, byteLength: number | undefined, stream: Readable) {
    this.#mediaType = mediaType;
    this.#byteLength = byteLength;
    this.#stream = stream;
  }

  get mediaType(): string {
    return this.#mediaType;
  }

  /** As announced; Node sees to it that no more comes. */
  get byteLength(): number | undefined {
    return this.#byteLength;
  }

  get stream(): Readable {
    return this.#stream;
  }
}

/** A file as it arrives. */
export interface ArrivingFile {
  readonly stream: Readable;
  readonly byteLength: number;
  /** Aborts when the rest will not come. */
  readonly signal: AbortSignal;
}

/**
 * Lets the routes of `instance` take files of these media types as `SentFile`. What it answers has one carried out
 * while it arrives: no more than two at once, neither empty nor larger than `maxBytes`, nor for longer than ten minutes.
 */
export function takeFiles(
  instance: FastifyInstance,
  { mediaTypes, maxBytes, clock }: { mediaTypes: readonly string[]; maxBytes: number; clock: Clock },
) {
  instance.addContentTypeParser([...mediaTypes], (request, payload, done) => {
    const mediaType = (request.headers['content-type'] ?? '').split(';')[0]!.trim().toLowerCase();
    const length = request.headers['content-length'];
    done(null, new SentFile(mediaType, length === undefined ? undefined : Number(length), payload));
  });
  let underway = 0;

  return async function arriving<Result>(
    { stream, byteLength }: SentFile,
    work: (file: ArrivingFile) => Promise<Result>,
  ): Promise<Result> {
    if (byteLength === undefined) throw refused('Say how long the file is (Content-Length).', 411);
    if (byteLength > maxBytes) throw refused(`The file has ${byteLength} bytes; at most ${maxBytes} are taken.`, 413);
    if (byteLength === 0) throw new BridgeError('REQUEST_INVALID', 'The file is empty.', { field: 'body' });
    if (underway >= AT_ONCE) {
      throw new BridgeError('TOO_MANY_REQUESTS', `${AT_ONCE} files are being sent already: send this one after them.`);
    }
    const broken = new AbortController();
    const cut = () => {
      if (!stream.readableEnded) broken.abort();
    };
    stream.on('error', cut).on('close', cut);
    const cancelLimit = clock.after(ARRIVAL_LIMIT_MS, () => stream.destroy());
    underway++;
    try {
      return await work({ stream, byteLength, signal: broken.signal });
    } catch (error) {
      if (broken.signal.aborted) throw refused('The file did not arrive whole.', 400, error);
      throw error;
    } finally {
      underway--;
      cancelLimit();
      stream.off('close', cut);
    }
  };
}

/** The bytes of a file, all in memory; rejects when it breaks off. */
export async function bytesOf({ stream, byteLength, signal }: ArrivingFile): Promise<Buffer> {
  const bytes = Buffer.allocUnsafe(byteLength);
  let arrived = 0;
  for await (const chunk of stream as AsyncIterable<Buffer>) arrived += chunk.copy(bytes, arrived);
  signal.throwIfAborted();
  if (arrived !== byteLength) throw refused(`${arrived} of ${byteLength} bytes have arrived.`, 400);
  return bytes;
}

/** The file that a request carries, if it does. */
export function fileIn(request: FastifyRequest): SentFile | undefined {
  return request.body instanceof SentFile ? request.body : undefined;
}

function refused(message: string, httpStatus: number, cause?: unknown): BridgeError {
  return new BridgeError('REQUEST_INVALID', message, { httpStatus }, { cause });
}
