import { z } from 'zod';
import { metadata } from './index-schemas.js';

/** Most of a document that Bedrock reads from a bucket, in bytes. Source: Amazon Bedrock, quotas of knowledge bases. */
export const MAX_SOURCE_FILE_BYTES = 50_000_000;

/**
 * What Bedrock reads from a bucket, by the endings that it knows them by. Source: Amazon Bedrock user guide, supported
 * document formats.
 */
export const SOURCE_FILES: Readonly<Record<string, string>> = {
  txt: 'text/plain',
  md: 'text/markdown',
  html: 'text/html',
  csv: 'text/csv',
  pdf: 'application/pdf',
  doc: 'application/msword',
  docx: 'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
  xls: 'application/vnd.ms-excel',
  xlsx: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
};

const endings = Object.keys(SOURCE_FILES).map((ending) => `.${ending}`);

/** A name that is put: its ending is what Bedrock goes by. */
export const sourceFileQuery = z.strictObject({
  name: z
    .string()
    .min(1)
    .max(200)
    .regex(/^[^/\p{Cc}]+$/u, 'without "/" and control characters')
    .refine((name) => endings.some((ending) => name.toLowerCase().endsWith(ending) && name.length > ending.length), {
      message: `must end with one of ${endings.join(', ')}`,
    }),
  metadata: z
    .string()
    .transform((text, { addIssue }) => {
      try {
        return JSON.parse(text) as unknown;
      } catch {
        addIssue('must be JSON');
        return z.NEVER;
      }
    })
    .pipe(metadata.refine((value) => Object.keys(value).length > 0, { message: 'at least one field' }))
    .optional()
    .describe(
      'As of a document of an index, as JSON: written to `<name>.metadata.json` beside it, where Bedrock looks for what ' +
        'it can be filtered by. Left out, such a file stays as it is.',
    ),
});

/** Keys of S3 have up to 1024 bytes, also slashes: too much for a part of an address. */
export const sourceObjectQuery = z.strictObject({ name: z.string().min(1).max(1024).describe('As it is listed.') });

export const sourceDocumentSchema = z
  .strictObject({
    name: z.string().describe("What follows the source's prefix in its key."),
    uri: z.string().describe('`s3://bucket/key`'),
    byteLength: z.int(),
    updatedAt: z.iso.datetime(),
  })
  .meta({ id: 'SourceDocument' });

export const knownDocumentSchema = z
  .strictObject({
    id: z.string().describe('Of a bucket its `s3://` address.'),
    status: z
      .string()
      .describe(
        "In Bedrock's words: `STARTING`, `PENDING`, `IN_PROGRESS`, `INDEXED`, `PARTIALLY_INDEXED`, " +
          '`METADATA_PARTIALLY_INDEXED`, `METADATA_UPDATE_FAILED`, `FAILED`, `IGNORED`, `NOT_FOUND`, `DELETING` or ' +
          '`DELETE_IN_PROGRESS`.',
      ),
    reason: z
      .string()
      .nullable()
      .describe('Bedrock tells it of what it has ignored; why others failed, ingestions say.'),
    updatedAt: z.iso.datetime().nullable(),
  })
  .meta({ id: 'KnownDocument' });
