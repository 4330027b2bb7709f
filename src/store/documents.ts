import { z } from 'zod';
import type { Clock } from '../clock.js';
import { BridgeError } from '../errors.js';
import { DOCUMENT_JOB } from '../jobs/document.js';
import type {
  DocumentInput,
  DocumentName,
  DocumentRecord,
  DocumentRecords,
  DocumentState,
  DocumentWork,
} from '../knowledge/document-records.js';
import type { MediaType } from '../knowledge/document-text.js';
import type { DocumentMetadata } from '../knowledge/index-documents.js';
import type { IndexName } from '../knowledge/vectors-client.js';
import type { Page, PageRequest } from '../page.js';
import { requireStorable, storable } from '../storable.js';
import { pageOf, positionOf } from './cursor.js';
import type { Database, Query } from './database.js';
import { enterJob } from './jobs.js';

/** Documents on record, as people see them. */
export interface StoredDocuments extends DocumentRecords {
  /** Enters it to be stored instead of what is there under its name. */
  put(name: DocumentName, input: DocumentInput): Promise<DocumentRecord>;
  find(name: DocumentName): Promise<DocumentRecord | undefined>;
  /** By their ids. */
  list(index: IndexName, page: PageRequest): Promise<Page<DocumentRecord>>;
  /** Enters it to be deleted. One that is not on record is NOT_FOUND. */
  delete(name: DocumentName): Promise<DocumentRecord>;
  /** Forgets all of an index that was deleted then: what was changed later is of another index. Default: now. */
  forgetIndex(index: IndexName, goneMs?: number): Promise<void>;
}

interface DocumentRow {
  vector_bucket_name: string;
  index_name: string;
  document_id: string;
  revision: number;
  name: string;
  media_type: string;
  source: string | null;
  metadata: DocumentMetadata;
  embedding_model_id: string;
  byte_length: number;
  state: DocumentState;
  error: string | null;
  attempts: number;
  chunk_count: number | null;
  entered_at: Date;
  updated_at: Date;
}

/** All but the content, which may be megabytes. */
const SHOWN = `vector_bucket_name, index_name, document_id, revision, name, media_type, source, metadata,
  embedding_model_id, byte_length, state, error, attempts, chunk_count, entered_at, updated_at`;
/** Bytes that go to the database in one message: sending more would hold up calls for tens of milliseconds. */
const PUT_BYTES = 4 * 1024 * 1024;
/** Bytes that come from it in one: they travel as hexadecimal digits, which take much longer to be read. */
const READ_BYTES = 256 * 1024;
const NAMED = 'vector_bucket_name = $1 AND index_name = $2 AND document_id = $3';

/**
 * Documents in the database. What is wanted of them, and the job that does it, are entered as one. `instanceId` is whose
 * heartbeats loans depend on; left out, they end by time alone.
 */
export function storedDocuments(options: { database: Database; clock: Clock; instanceId?: string }): StoredDocuments {
  const { database, clock, instanceId = null } = options;
  const now = () => new Date(clock.now());

  const order = async (query: Query, row: DocumentRow): Promise<DocumentRecord> => {
    const { vector_bucket_name: vectorBucketName, index_name: indexName, document_id: documentId, revision } = row;
    await enterJob(query, DOCUMENT_JOB, { vectorBucketName, indexName, documentId, revision }, { nowMs: clock.now() });
    return recordOf(row);
  };

  return {
    async put(name, { content, ...input }) {
      requireStorable(input);
      return database.transaction(async (query) => {
        const [row] = await query<DocumentRow>(
          `INSERT INTO documents AS known (vector_bucket_name, index_name, document_id, revision, name, media_type, source,
             metadata, embedding_model_id, byte_length, content, state, entered_at, updated_at)
           VALUES ($1, $2, $3, 1, $4, $5, $6, $7, $8, $9, $10, 'waiting', $11, $11)
           ON CONFLICT (vector_bucket_name, index_name, document_id) DO UPDATE SET
             revision = known.revision + 1, name = excluded.name, media_type = excluded.media_type,
             source = excluded.source, metadata = excluded.metadata, embedding_model_id = excluded.embedding_model_id,
             byte_length = excluded.byte_length, content = excluded.content, state = 'waiting', error = NULL,
             attempts = 0, chunk_count = NULL, updated_at = excluded.updated_at
           RETURNING ${SHOWN}`,
          [
            ...keyOf(name),
            ...[input.name, input.mediaType, input.source, JSON.stringify(input.metadata), input.embeddingModelId],
            ...[content.byteLength, pieceOf(content, 0), now()],
          ],
        );
        for (let from = PUT_BYTES; from < content.byteLength; from += PUT_BYTES) {
          const piece = pieceOf(content, from);
          await query(`UPDATE documents SET content = content || $4 WHERE ${NAMED}`, [...keyOf(name), piece]);
        }
        return order(query, row!);
      });
    },

    async find(name) {
      requireStorable(name);
      const [row] = await database.query<DocumentRow>(`SELECT ${SHOWN} FROM documents WHERE ${NAMED}`, keyOf(name));
      return row && recordOf(row);
    },

    async list({ vectorBucketName, indexName }, { limit, cursor }) {
      const after = positionOf(cursor, z.string()) ?? '';
      const rows = await database.query<DocumentRow>(
        `SELECT ${SHOWN} FROM documents WHERE vector_bucket_name = $1 AND index_name = $2 AND document_id > $3
         ORDER BY document_id LIMIT $4`,
        [vectorBucketName, indexName, after, limit + 1],
      );
      return pageOf(rows, limit, recordOf, ({ document_id }) => document_id);
    },

    async delete(name) {
      requireStorable(name);
      return database.transaction(async (query) => {
        const [row] = await query<DocumentRow>(
          `UPDATE documents SET revision = revision + 1, state = 'deleting', error = NULL, attempts = 0, content = NULL,
             updated_at = $4
           WHERE ${NAMED} RETURNING ${SHOWN}`,
          [...keyOf(name), now()],
        );
        if (!row) throw new BridgeError('NOT_FOUND', `There is no document ${name.documentId}.`);
        return order(query, row);
      });
    },

    async forgetIndex({ vectorBucketName, indexName }, goneMs = clock.now()) {
      await database.query(
        'DELETE FROM documents WHERE vector_bucket_name = $1 AND index_name = $2 AND updated_at <= $3',
        [vectorBucketName, indexName, new Date(goneMs)],
      );
    },

    async begin(name, revision, leaseMs) {
      // As one: nobody puts another content in its place while this one is read.
      const work = await database.transaction(async (query): Promise<DocumentWork | undefined> => {
        const [row] = await query<DocumentRow>(
          `UPDATE documents SET lent_revision = $4, lent_until = $6, lent_by = $7, attempts = attempts + 1, updated_at = $5,
             state = CASE WHEN state = 'deleting' THEN state ELSE 'storing' END
           WHERE ${NAMED} AND revision = $4 AND state IN ('waiting', 'storing', 'deleting')
             AND (lent_until IS NULL OR lent_until <= $5)
           RETURNING ${SHOWN}`,
          [...keyOf(name), revision, now(), new Date(clock.now() + leaseMs), instanceId],
        );
        if (!row) return undefined;
        const isDeleted = row.state === 'deleting';
        const content = isDeleted ? Buffer.alloc(0) : await contentOf(query, row);
        return {
          wanted: isDeleted ? 'deleted' : 'stored',
          input: { ...inputOf(row), content },
          attempt: row.attempts,
        };
      });
      if (work) return work;
      const [lent] = await database.query(
        `SELECT 1 AS lent FROM documents
         WHERE ${NAMED} AND revision = $4 AND state IN ('waiting', 'storing', 'deleting')`,
        [...keyOf(name), revision],
      );
      return lent && 'busy';
    },

    async finish(name, revision, outcome) {
      await database.transaction(async (query) => {
        if (outcome.state === 'deleted') {
          await query(`DELETE FROM documents WHERE ${NAMED} AND revision = $4`, [...keyOf(name), revision]);
        } else {
          const { state } = outcome;
          await query(
            `UPDATE documents SET error = $6, chunk_count = $7, updated_at = $8,
               state = CASE WHEN state = 'deleting' AND $5 = 'waiting' THEN state ELSE $5 END,
               content = CASE WHEN $5 = 'waiting' THEN content END
             WHERE ${NAMED} AND revision = $4`,
            [
              ...keyOf(name),
              ...[revision, state, 'error' in outcome ? storable(outcome.error) : null],
              ...[state === 'stored' ? outcome.chunkCount : null, now()],
            ],
          );
        }
        await query(
          `UPDATE documents SET lent_revision = NULL, lent_until = NULL, lent_by = NULL
           WHERE ${NAMED} AND lent_revision = $4`,
          [...keyOf(name), revision],
        );
      });
    },
  };
}

function pieceOf(content: Uint8Array, from: number): Buffer {
  const { buffer, byteOffset, byteLength } = content.subarray(from, from + PUT_BYTES);
  return Buffer.from(buffer, byteOffset, byteLength);
}

async function contentOf(query: Query, row: DocumentRow): Promise<Buffer> {
  const { vector_bucket_name: vectorBucketName, index_name: indexName, document_id: documentId } = row;
  const pieces: Buffer[] = [];
  for (let from = 0; from < row.byte_length; from += READ_BYTES) {
    const [found] = await query<{ piece: Buffer | null }>(
      `SELECT substring(content FROM $4::int FOR $5::int) AS piece FROM documents WHERE ${NAMED}`,
      [...keyOf({ vectorBucketName, indexName, documentId }), from + 1, READ_BYTES],
    );
    pieces.push(found?.piece ?? Buffer.alloc(0));
  }
  return Buffer.concat(pieces);
}

function keyOf({ vectorBucketName, indexName, documentId }: DocumentName): string[] {
  return [vectorBucketName, indexName, documentId];
}

function inputOf(row: DocumentRow): Omit<DocumentInput, 'content'> {
  const { name, source, metadata } = row;
  return { name, source, metadata, mediaType: row.media_type as MediaType, embeddingModelId: row.embedding_model_id };
}

function recordOf(row: DocumentRow): DocumentRecord {
  const { state, error } = row;
  return {
    vectorBucketName: row.vector_bucket_name,
    indexName: row.index_name,
    documentId: row.document_id,
    ...inputOf(row),
    state,
    error,
    byteLength: row.byte_length,
    chunkCount: row.chunk_count,
    enteredAt: row.entered_at.toISOString(),
    updatedAt: row.updated_at.toISOString(),
  };
}
