import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { Readable } from 'node:stream';
import type { GetObjectCommandOutput, S3Client } from '@aws-sdk/client-s3';
import { BridgeError, messageOf } from '../errors.js';
import { type ByteRange, rangeError } from './range.js';
import { joinInto } from './repair.js';
import type { S3Place, Shelf } from './store.js';

const CONNECT_LIMIT_MS = 5000;
/** Somebody may wait for what is read, and the SDK asks three times. */
const INACTIVITY_LIMIT_MS = 20_000;
/** Another instance may join its piece of the same call at the same moment. */
const MAX_JOINS = 3;
/** What fails is thrown as well: on its own the SDK writes to the console, also when a piece has to be joined. */
const silent = () => undefined;
const NO_LOGGER = { trace: silent, debug: silent, info: silent, warn: silent, error: silent };

/** Keeps recordings as objects `<prefix>/<callSid>.wav` of a bucket. The SDK is loaded at the first use. */
export function s3Shelf(place: S3Place & { bucket: string; prefix: string }): Shelf {
  const { bucket: Bucket, prefix, endpoint, region, credentials } = place;
  const socketTimeout = place.inactivityLimitMs ?? INACTIVITY_LIMIT_MS;
  let opened: Promise<{ sdk: typeof import('@aws-sdk/client-s3'); client: S3Client }> | undefined;
  const connect = () => {
    opened ??= import('@aws-sdk/client-s3').then((sdk) => ({
      sdk,
      client: new sdk.S3Client({
        ...(endpoint && { endpoint, forcePathStyle: true }),
        ...(region && { region }),
        ...(credentials && { credentials }),
        logger: NO_LOGGER,
        requestHandler: { connectionTimeout: CONNECT_LIMIT_MS, socketTimeout },
      }),
    }));
    return opened;
  };
  const keyOf = (callSid: string) => `${prefix === '' ? '' : `${prefix}/`}${callSid}.wav`;

  return {
    async put(callSid, path, signal) {
      const { sdk, client } = await connect();
      const target = { Bucket, Key: keyOf(callSid) };
      let condition: { IfNoneMatch: string } | { IfMatch: string | undefined } = { IfNoneMatch: '*' };
      for (let join = 0; ; join++) {
        const { size } = await stat(path);
        const failed = new AbortController();
        const Body = Readable.from(chunksOf(path, failed), { objectMode: false });
        const input = { ...target, Body, ContentLength: size, ContentType: 'audio/wav', ...condition };
        try {
          await client.send(new sdk.PutObjectCommand(input), { abortSignal: AbortSignal.any([signal, failed.signal]) });
          return { byteLength: size };
        } catch (error) {
          failed.signal.throwIfAborted();
          if (nameOf(error) !== 'PreconditionFailed' || join === MAX_JOINS) throw error;
          const earlier = await client.send(new sdk.GetObjectCommand(target), { abortSignal: signal });
          condition = { IfMatch: earlier.ETag };
          const stream = streamOf(earlier);
          await joinInto(path, stream).finally(() => stream.destroy());
        } finally {
          Body.destroy();
        }
      }
    },

    async open(callSid, range) {
      const { sdk, client } = await connect();
      const target = { Bucket, Key: keyOf(callSid) };
      try {
        return openedFrom(
          await client.send(new sdk.GetObjectCommand({ ...target, ...(range && { Range: text(range) }) })),
        );
      } catch (error) {
        if (nameOf(error) === 'NoSuchKey') return undefined;
        if (nameOf(error) !== 'InvalidRange') throw unavailable(error);
        const { ContentLength = 0 } = await client.send(new sdk.HeadObjectCommand(target)).catch((cause: unknown) => {
          throw unavailable(cause);
        });
        throw rangeError(ContentLength);
      }
    },

    async remove(callSid, signal) {
      const { sdk, client } = await connect();
      const target = { Bucket, Key: keyOf(callSid) };
      const options = { ...(signal && { abortSignal: signal }) };
      try {
        await client.send(new sdk.HeadObjectCommand(target), options);
      } catch (error) {
        if (nameOf(error) === 'NotFound') return false;
        throw unavailable(error);
      }
      await client.send(new sdk.DeleteObjectCommand(target), options);
      return true;
    },

    // Nothing is on this machine: whoever deletes a call removes it there.
    callSids: async () => [],

    close() {
      void opened?.then(({ client }) => client.destroy());
    },
  };
}

/** A body that never fails, because the SDK does not listen to its errors: one ends the process, or the request never ends. */
async function* chunksOf(path: string, failed: AbortController): AsyncGenerator<Buffer> {
  try {
    yield* createReadStream(path) as AsyncIterable<Buffer>;
  } catch (error) {
    failed.abort(error);
  }
}

/** Whoever reads it meets its errors; until then, one must not end the process. */
function streamOf(answer: GetObjectCommandOutput): Readable {
  const stream = answer.Body as Readable;
  return stream.on('error', () => undefined);
}

function openedFrom(answer: GetObjectCommandOutput) {
  const stream = streamOf(answer);
  const match = /^bytes (\d+)-(\d+)\/(\d+)$/.exec(answer.ContentRange ?? '');
  if (!match) return { stream, byteLength: answer.ContentLength ?? 0, part: undefined };
  const [firstByte, lastByte, byteLength] = match.slice(1).map(Number) as [number, number, number];
  return { stream, byteLength, part: { firstByte, lastByte } };
}

function text(range: ByteRange): string {
  if ('lastBytes' in range) return `bytes=-${range.lastBytes}`;
  return `bytes=${range.firstByte}-${range.lastByte ?? ''}`;
}

function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : '';
}

function unavailable(cause: unknown): BridgeError {
  return new BridgeError('STORE_UNAVAILABLE', `S3: ${messageOf(cause)}`, {}, { cause });
}
