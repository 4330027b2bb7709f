import { z } from 'zod';
import { dimensions, embeddingModelId, indexName, vectorBucketName } from './knowledge-schemas.js';

/** Most of a document as JSON, in bytes: as base64 it is a third longer. */
export const MAX_DOCUMENT_BYTES = 4 * 1024 * 1024;

/**
 * Most of a document that is sent as it is, in bytes. Of text it makes 10,000 chunks, which are embedded within the time
 * that its job has; larger ones belong into a bucket.
 */
export const MAX_FILE_BYTES = 16_000_000;

const documentId = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/, '1 to 128 letters, digits, ".", "_" and "-"');

export const indexParams = z.object({ bucket: vectorBucketName, index: indexName });
export const documentParams = indexParams.extend({ documentId });
export const bucketFilter = { bucket: vectorBucketName.optional() };

const distanceMetric = z.enum(['cosine', 'euclidean']);

export const indexBody = z.strictObject({
  vectorBucketName: vectorBucketName.describe('Made when it is missing.'),
  indexName,
  dimensions,
  distanceMetric: distanceMetric.default('cosine'),
});

const names = {
  vectorBucketName: z.string(),
  indexName: z.string(),
  indexArn: z.string(),
  createdAt: z.iso.datetime().nullable(),
};

export const indexSummarySchema = z.strictObject(names).meta({ id: 'IndexSummary' });

export const indexSchema = z
  .strictObject({
    ...names,
    dimensions: z.int(),
    distanceMetric,
    nonFilterableKeys: z.array(z.string()).describe('Metadata that is shown and not filtered by.'),
  })
  .meta({ id: 'Index' });

export const MEDIA_TYPES = ['text/plain', 'text/markdown', 'text/html', 'application/pdf'] as const;

/** What the bridge writes itself. */
const OWN_KEYS = ['documentId', 'source', 'page', 'AMAZON_BEDROCK_TEXT', 'AMAZON_BEDROCK_METADATA'];
/** With the source and what the bridge writes itself it stays under the 2 KB that can be filtered by. */
const MAX_METADATA_BYTES = 1000;
const MAX_SOURCE_BYTES = 500;

/** What documents can be filtered by, beside what is written of them anyway. */
export const metadata = z
  .record(
    z.string().regex(/^[A-Za-z0-9_-]{1,63}$/, '1 to 63 letters, digits, "_" and "-"'),
    z.union([z.string().max(500), z.number(), z.boolean(), z.array(z.string().max(200)).min(1).max(20)]),
  )
  .refine((value) => Object.keys(value).length <= 20, { message: 'at most 20 fields' })
  .refine((value) => !OWN_KEYS.some((key) => Object.hasOwn(value, key)), {
    message: `not these: ${OWN_KEYS.join(', ')}`,
  })
  .refine((value) => Buffer.byteLength(JSON.stringify(value)) <= MAX_METADATA_BYTES, {
    message: `at most ${MAX_METADATA_BYTES} bytes as JSON`,
  });

/** Not by a pattern of groups: it is megabytes long. */
const base64 = z
  .string()
  .min(1)
  .refine((text) => text.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(text), { message: 'must be base64' });

export const documentBody = z
  .strictObject({
    documentId: documentId.optional().describe('What it is replaced by. Left out, it follows from the name.'),
    name: z.string().trim().min(1).max(200),
    mediaType: z.enum(MEDIA_TYPES),
    content: z.union([z.strictObject({ text: z.string().min(1) }), z.strictObject({ base64 })]),
    source: z
      .string()
      .min(1)
      .refine((text) => Buffer.byteLength(text) <= MAX_SOURCE_BYTES, { message: `at most ${MAX_SOURCE_BYTES} bytes` })
      .optional()
      .describe('What answers name as their source; left out, the name.'),
    metadata: metadata.default({}).describe('What can be filtered by, beside `documentId`, `source` and `page`.'),
    embeddingModelId,
  })
  .refine(({ mediaType, content }) => mediaType !== 'application/pdf' || 'base64' in content, {
    path: ['content'],
    message: 'a PDF is sent as base64',
  });

/** What is told of a file beside it; held against the rules of `documentBody`. */
export const fileQuery = z.strictObject({
  name: z.string().optional().describe('Needed with a file; this and what follows only with one.'),
  documentId: z.string().optional().describe('As in JSON.'),
  source: z.string().optional().describe('As in JSON.'),
  metadata: z.string().optional().describe('As in JSON, as its text.'),
  embeddingModelId: z.string().optional().describe('As in JSON.'),
});

export const documentSchema = z
  .strictObject({
    documentId: z.string(),
    vectorBucketName: z.string(),
    indexName: z.string(),
    name: z.string(),
    mediaType: z.enum(MEDIA_TYPES),
    source: z.string().nullable(),
    metadata: z.record(z.string(), z.unknown()),
    embeddingModelId: z.string(),
    state: z.enum(['waiting', 'storing', 'stored', 'failed', 'deleting']),
    error: z.string().nullable().describe('Of the last attempt. Unless `state` is `failed`, it is tried again.'),
    byteLength: z.int(),
    chunkCount: z.int().nullable().describe('Null until it is stored.'),
    enteredAt: z.iso.datetime(),
    updatedAt: z.iso.datetime(),
  })
  .meta({ id: 'Document' });
