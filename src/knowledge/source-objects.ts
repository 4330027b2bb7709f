import { Readable } from 'node:stream';
import type { AwsPlace } from '../aws.js';
import type { Clock } from '../clock.js';
import { BridgeError } from '../errors.js';
import type { Page, PageRequest } from '../page.js';
import { lazyS3 } from '../s3.js';
import { troubleOf } from '../service-failure.js';
import { cursorOf, positionOf } from './cursor.js';
import { administrationFailure } from './failure.js';
import type { DocumentMetadata } from './index-documents.js';
import type { KnowledgeSource } from './knowledge-base-shapes.js';

/** An object that a source reads. */
export interface SourceObject {
  /** Its key behind the source's prefix. */
  readonly name: string;
  readonly uri: string;
  readonly byteLength: number;
  readonly updatedAt: string;
}

/**
 * The objects in the bucket of a source, under its prefix; what Bedrock knows of them it learns when it is told to read the
 * source. Fails as the administration does, AWS_REFUSED with the right that is missing; CONFLICT where a source is no bucket.
 */
export interface SourceObjects {
  /**
   * Replaces one of the same name. Read once, while it comes. Its metadata is written before it, so that it is never there
   * without; left out, what is beside it stays.
   */
  put(
    knowledgeBaseId: string,
    sourceId: string,
    object: {
      name: string;
      mediaType: string;
      byteLength: number;
      stream: Readable;
      signal: AbortSignal;
      metadata?: DocumentMetadata | undefined;
    },
  ): Promise<SourceObject>;
  /** By their names, as S3 orders them. Folders are none. */
  list(knowledgeBaseId: string, sourceId: string, page: PageRequest): Promise<Page<SourceObject>>;
  /** With its metadata. One that is not there is NOT_FOUND. */
  delete(knowledgeBaseId: string, sourceId: string, name: string): Promise<void>;
  close(): void;
}

/** Of the object beside a document that holds its metadata. Source: Amazon Bedrock user guide, metadata of S3 data sources. */
const METADATA_ENDING = '.metadata.json';

export function sourceObjects(options: {
  place: AwsPlace;
  sourceOf: (
    knowledgeBaseId: string,
    sourceId: string,
  ) => Promise<Pick<KnowledgeSource, 'name' | 'bucketArn' | 'prefix'>>;
  clock: Clock;
}): SourceObjects {
  const { place, sourceOf, clock } = options;
  const aws = lazyS3(place);
  const placeOf = async (knowledgeBaseId: string, sourceId: string) => {
    const { name, bucketArn, prefix } = await sourceOf(knowledgeBaseId, sourceId);
    if (bucketArn === null) throw new BridgeError('CONFLICT', `The source ${name} reads from somewhere else than S3.`);
    return { bucketArn, Bucket: bucketArn.replace(/^.*:::/, ''), prefix: prefix ?? '' };
  };

  return {
    async put(knowledgeBaseId, sourceId, { name, mediaType, byteLength, stream, signal, metadata }) {
      const { bucketArn, Bucket, prefix } = await placeOf(knowledgeBaseId, sourceId);
      const Key = `${prefix}${prefix === '' || prefix.endsWith('/') ? '' : '/'}${name}`;
      const { sdk, client } = await aws.open();
      const failed = new AbortController();
      const Body = Readable.from(chunksOf(stream, failed), { objectMode: false });
      const abortSignal = AbortSignal.any([signal, failed.signal]);
      const send = (input: { Key: string; Body: string | Readable; ContentLength?: number; ContentType: string }) =>
        client.send(new sdk.PutObjectCommand({ Bucket, ...input }), { abortSignal });
      try {
        if (metadata !== undefined) {
          const described = JSON.stringify({ metadataAttributes: metadata });
          await send({ Key: Key + METADATA_ENDING, Body: described, ContentType: 'application/json' });
        }
        await send({ Key, Body, ContentLength: byteLength, ContentType: mediaType });
      } catch (error) {
        failed.signal.throwIfAborted();
        throw bucketFailure(error, Bucket, `s3:PutObject on ${bucketArn}/${prefix}*`);
      } finally {
        Body.destroy();
      }
      const updatedAt = new Date(clock.now()).toISOString();
      return { name: Key.slice(prefix.length), uri: `s3://${Bucket}/${Key}`, byteLength, updatedAt };
    },

    async list(knowledgeBaseId, sourceId, { limit, cursor }) {
      const { token } = positionOf(cursor);
      const { bucketArn, Bucket, prefix } = await placeOf(knowledgeBaseId, sourceId);
      const { sdk, client } = await aws.open();
      const after = { ...(token !== undefined && { ContinuationToken: token }) };
      const command = new sdk.ListObjectsV2Command({ Bucket, Prefix: prefix, MaxKeys: limit, ...after });
      const found = await client.send(command).catch((error: unknown) => {
        throw bucketFailure(error, Bucket, `s3:ListBucket on ${bucketArn}`);
      });
      const items = (found.Contents ?? []).flatMap(({ Key = '', Size = 0, LastModified }) => {
        if (Key === '' || Key.endsWith('/')) return [];
        const updatedAt = (LastModified ?? new Date(0)).toISOString();
        return [{ name: Key.slice(prefix.length), uri: `s3://${Bucket}/${Key}`, byteLength: Size, updatedAt }];
      });
      const next = found.NextContinuationToken;
      return { items, nextCursor: cursorOf(next === undefined ? undefined : { token: next }) };
    },

    async delete(knowledgeBaseId, sourceId, name) {
      const { bucketArn, Bucket, prefix } = await placeOf(knowledgeBaseId, sourceId);
      const Key = prefix + name;
      const { sdk, client } = await aws.open();
      // The first of those that begin like it; S3 deletes without a word what is not there.
      const command = new sdk.ListObjectsV2Command({ Bucket, Prefix: Key, MaxKeys: 1 });
      const { Contents = [] } = await client.send(command).catch((error: unknown) => {
        throw bucketFailure(error, Bucket, `s3:ListBucket on ${bucketArn}`);
      });
      if (Contents[0]?.Key !== Key) throw new BridgeError('NOT_FOUND', `There is no s3://${Bucket}/${Key}.`);
      try {
        await client.send(new sdk.DeleteObjectCommand({ Bucket, Key }));
        await client.send(new sdk.DeleteObjectCommand({ Bucket, Key: Key + METADATA_ENDING }));
      } catch (error) {
        throw bucketFailure(error, Bucket, `s3:DeleteObject on ${bucketArn}/${prefix}*`);
      }
    },

    close: () => aws.close(),
  };
}

/**
 * A body that never fails, because the SDK does not listen to its errors: one ends the process. The stream stays open:
 * whoever sends it waits for an answer on the same connection.
 */
async function* chunksOf(stream: Readable, failed: AbortController): AsyncGenerator<Buffer> {
  try {
    yield* stream.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>;
  } catch (error) {
    failed.abort(error);
  }
}

/** Source: Amazon S3 API reference, error responses. */
function bucketFailure(error: unknown, bucket: string, right: string): BridgeError {
  const { name } = troubleOf(error);
  const refused = (words: string) => new BridgeError('AWS_REFUSED', words, {}, { cause: error });
  if (name === 'NoSuchBucket') return refused(`The bucket ${bucket} does not exist.`);
  if (name === 'PermanentRedirect' || name === 'AuthorizationHeaderMalformed') {
    return refused(`The bucket ${bucket} is in another region.`);
  }
  const failure = administrationFailure(error, `The bucket ${bucket}`);
  if (failure.code !== 'AWS_REFUSED') return failure;
  return refused(`${failure.message.replace(/[.!?]$/, '')}. The bridge needs the right ${right}.`);
}
