import { createReadStream, createWriteStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { AwsPlace } from '../aws.js';
import { BridgeError } from '../errors.js';
import { lazyS3 } from '../s3.js';
import { troubleOf } from '../service-failure.js';
import { awsFailure } from './aws-refusal.js';

/** Only if nothing is there, or if what is there has this ETag. */
export type WriteCondition = 'absent' | { readonly etag: string };

/** A bucket of S3, by key. Rejects with AWS_REFUSED or AWS_UNREACHABLE, naming the bucket and the right that is missing. */
export interface Bucket {
  readonly name: string;
  read(key: string, signal: AbortSignal): Promise<{ readonly body: Buffer; readonly etag: string } | undefined>;
  /** False when the condition did not hold, or another write came in between. */
  write(key: string, body: string, condition: WriteCondition, signal: AbortSignal): Promise<boolean>;
  /** The object as a file. */
  download(key: string, path: string, signal: AbortSignal): Promise<void>;
  /** A file as an object; what is there already stays, and is as good: its key names its content. */
  upload(key: string, path: string, signal: AbortSignal): Promise<void>;
  /** All keys that begin so. */
  list(prefix: string, signal: AbortSignal): Promise<string[]>;
  /** What is not there any more is as good. */
  remove(key: string, signal: AbortSignal): Promise<void>;
  close(): void;
}

/** Source: Amazon S3 API reference, conditional requests; error responses. */
export function bucketOf(place: AwsPlace, name: string): Bucket {
  const aws = lazyS3(place);
  const get = async (Key: string, signal: AbortSignal) => {
    const { sdk, client } = await aws.open();
    try {
      return await client.send(new sdk.GetObjectCommand({ Bucket: name, Key }), { abortSignal: signal });
    } catch (error) {
      if (troubleOf(error).name === 'NoSuchKey') return undefined;
      signal.throwIfAborted();
      throw bucketFailure(error, name, 's3:GetObject');
    }
  };

  return {
    name,

    async read(key, signal) {
      const answer = await get(key, signal);
      if (!answer) return undefined;
      try {
        return { body: Buffer.from(await answer.Body!.transformToByteArray()), etag: answer.ETag ?? '' };
      } catch (error) {
        throw bucketFailure(error, name, 's3:GetObject');
      }
    },

    async write(key, body, condition, signal) {
      const { sdk, client } = await aws.open();
      const input = {
        Bucket: name,
        Key: key,
        Body: body,
        ContentType: contentTypeOf(key),
        ...(condition === 'absent' ? { IfNoneMatch: '*' } : { IfMatch: condition.etag }),
      };
      try {
        await client.send(new sdk.PutObjectCommand(input), { abortSignal: signal });
        return true;
      } catch (error) {
        if (isUnmet(error)) return false;
        signal.throwIfAborted();
        throw bucketFailure(error, name, 's3:PutObject');
      }
    },

    async download(key, path, signal) {
      const answer = await get(key, signal);
      if (!answer) throw new BridgeError('AWS_REFUSED', `There is no object s3://${name}/${key}.`);
      try {
        await pipeline(answer.Body as Readable, createWriteStream(path), { signal });
      } catch (error) {
        signal.throwIfAborted();
        throw bucketFailure(error, name, 's3:GetObject');
      }
    },

    async upload(key, path, signal) {
      const { sdk, client } = await aws.open();
      const { size: ContentLength } = await stat(path);
      const Body = createReadStream(path);
      const failed = new AbortController();
      // The SDK does not listen: a body that fails would leave the request open.
      Body.on('error', (error) => failed.abort(error));
      const input = { Bucket: name, Key: key, Body, ContentLength, ContentType: contentTypeOf(key), IfNoneMatch: '*' };
      try {
        await client.send(new sdk.PutObjectCommand(input), { abortSignal: AbortSignal.any([signal, failed.signal]) });
      } catch (error) {
        if (isUnmet(error)) return;
        signal.throwIfAborted();
        failed.signal.throwIfAborted();
        throw bucketFailure(error, name, 's3:PutObject');
      } finally {
        Body.destroy();
      }
    },

    async list(prefix, signal) {
      const { sdk, client } = await aws.open();
      const keys: string[] = [];
      let after: string | undefined;
      do {
        const input = { Bucket: name, Prefix: prefix, ...(after !== undefined && { ContinuationToken: after }) };
        try {
          const page = await client.send(new sdk.ListObjectsV2Command(input), { abortSignal: signal });
          keys.push(...(page.Contents ?? []).flatMap(({ Key }) => Key ?? []));
          after = page.NextContinuationToken;
        } catch (error) {
          signal.throwIfAborted();
          throw bucketFailure(error, name, 's3:ListBucket');
        }
      } while (after !== undefined);
      return keys;
    },

    async remove(key, signal) {
      const { sdk, client } = await aws.open();
      try {
        await client.send(new sdk.DeleteObjectCommand({ Bucket: name, Key: key }), { abortSignal: signal });
      } catch (error) {
        signal.throwIfAborted();
        throw bucketFailure(error, name, 's3:DeleteObject');
      }
    },

    close() {
      aws.close();
    },
  };
}

/** The condition did not hold: 412; another write in between: 409; what was to be replaced is gone: 404. */
function isUnmet(error: unknown): boolean {
  return ['PreconditionFailed', 'ConditionalRequestConflict', 'NoSuchKey'].includes(troubleOf(error).name);
}

function bucketFailure(error: unknown, bucket: string, right: string): BridgeError {
  if (error instanceof BridgeError) return error;
  const { name } = troubleOf(error);
  if (name === 'NoSuchBucket') {
    return new BridgeError('AWS_REFUSED', `The bucket ${bucket} does not exist.`, {}, { cause: error });
  }
  if (name === 'PermanentRedirect' || name === 'AuthorizationHeaderMalformed') {
    return new BridgeError('AWS_REFUSED', `The bucket ${bucket} is in another region.`, {}, { cause: error });
  }
  if (right === 's3:ListBucket') return awsFailure(error, `The bucket ${bucket}`, `${right} on arn:aws:s3:::${bucket}`);
  // Who may not list a bucket is told AccessDenied in place of NoSuchKey.
  const also = right === 's3:GetObject' ? ` (and s3:ListBucket on arn:aws:s3:::${bucket})` : '';
  return awsFailure(error, `The bucket ${bucket}`, `${right} on arn:aws:s3:::${bucket}/*${also}`);
}

function contentTypeOf(key: string): string {
  if (key.endsWith('.zip')) return 'application/zip';
  if (key.endsWith('.json') || key.endsWith('/latest')) return 'application/json';
  return 'text/plain; charset=utf-8';
}
