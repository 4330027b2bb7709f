import { BridgeError, type ErrorCode, messageOf } from '../errors.js';
import type { DocumentReader } from '../knowledge/document-reader.js';
import type { DocumentName, DocumentRecords, DocumentWork } from '../knowledge/document-records.js';
import type { IndexDocuments } from '../knowledge/index-documents.js';
import type { JobHandler } from './runner.js';

/** Kind of the job; its payload is `{ vectorBucketName, indexName, documentId, revision }`. */
export const DOCUMENT_JOB = 'knowledge-document';

const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
const LEASE_MS = 15 * MINUTE_MS;
/** The document is free again when the job is. */
const LENT_MS = LEASE_MS - SECOND_MS;
const MAX_ATTEMPTS = 6;
/** More than attempts: a job also comes again while an earlier one for the same document is still at work. */
const DELAYS_MS = [5 * SECOND_MS, 30 * SECOND_MS, 2 * MINUTE_MS, ...Array.from({ length: 9 }, () => 10 * MINUTE_MS)];

/** Trying again does not help: somebody has to change something first. */
const FINAL: readonly ErrorCode[] = ['REQUEST_INVALID', 'NOT_FOUND', 'CONFLICT', 'AWS_REFUSED', 'TOOL_FAILED'];

/**
 * Brings an index in line with what is on record of a document: reads, embeds and stores it, or deletes it. May be
 * broken off and repeated anywhere; what came of it is on the document's record.
 */
export function documentJob(options: {
  records: DocumentRecords;
  reader: DocumentReader;
  documents: IndexDocuments;
}): JobHandler {
  const { records, reader, documents } = options;

  const settle = async (name: DocumentName, { wanted, input }: DocumentWork, signal: AbortSignal) => {
    const { vectorBucketName, indexName, documentId } = name;
    const index = { vectorBucketName, indexName };
    if (wanted === 'deleted') {
      await documents.delete(index, documentId, signal).catch((error: unknown) => {
        // The index is gone, and the document with it.
        if (!(error instanceof BridgeError && error.code === 'NOT_FOUND')) throw error;
      });
      return { state: 'deleted' } as const;
    }
    const { mediaType, content, embeddingModelId, ...told } = input;
    const chunks = await reader.read({ mediaType, content }, signal);
    await documents.put({ ...index, embeddingModelId }, { documentId, ...told, chunks }, signal);
    return { state: 'stored', chunkCount: chunks.length } as const;
  };

  return {
    leaseMs: LEASE_MS,
    endsWithInstance: true,
    delaysMs: DELAYS_MS,
    // Others, webhooks of ended calls, need room as well.
    atOnce: 2,

    async run(payload, signal) {
      const { vectorBucketName, indexName, documentId, revision } = payload;
      if (typeof vectorBucketName !== 'string' || typeof indexName !== 'string') return;
      if (typeof documentId !== 'string' || typeof revision !== 'number') return;
      const name = { vectorBucketName, indexName, documentId };
      const work = await records.begin(name, revision, LENT_MS);
      if (work === undefined) return;
      if (work === 'busy') throw new BridgeError('CONFLICT', `Another job is at work on the document ${documentId}.`);
      try {
        await records.finish(name, revision, await settle(name, work, signal));
      } catch (error) {
        const isFinal = !signal.aborted && error instanceof BridgeError && FINAL.includes(error.code);
        const isOver = isFinal || work.attempt >= MAX_ATTEMPTS;
        await records.finish(name, revision, { state: isOver ? 'failed' : 'waiting', error: messageOf(error) });
        if (!isOver) throw error;
      }
    },
  };
}
