import type { Clock } from '../../clock.js';
import type { Ids } from '../../ids.js';
import { AwsProblem } from '../aws/problem.js';
import { embed } from '../models/embedding.js';
import type { VectorIndex } from '../vectors/vector-index.js';
import { type CutChunk, cut } from './cutting.js';
import type { Scan, SourceDocument } from './documents.js';
import type { DataSource, Delays, IngestionJob, KnowledgeBase, Outcome } from './state.js';
import { storeMessage } from './storage.js';

export interface IngestionContext {
  readonly clock: Pick<Clock, 'now' | 'after'>;
  readonly ids: Ids;
  readonly delays: Delays;
}

/**
 * Runs a job on the clock: STARTING, IN_PROGRESS, one document after the other, what is gone last, COMPLETE. A document
 * that cannot be indexed is counted with its reason and fails no job; a source or an index that cannot be reached does.
 */
export function runIngestion(
  { base, source, job }: { base: KnowledgeBase; source: DataSource; job: IngestionJob },
  scanned: Scan | Error,
  context: IngestionContext,
): void {
  const { clock, ids, delays } = context;
  const enter = (status: IngestionJob['status']) => {
    job.status = status;
    job.updatedMs = clock.now();
  };
  const fail = (reason: string) => {
    job.failureReasons.push(reason);
    enter('FAILED');
  };
  const tell = (uri: string, status: Outcome['status'], statusReason?: string) =>
    source.outcomes.set(uri, { status, ...(statusReason !== undefined && { statusReason }), updatedMs: clock.now() });
  const work = ({ documents }: Scan, index: VectorIndex) => {
    for (const { uri } of documents) if (!source.documents.has(uri)) tell(uri, 'PENDING');
    const step = (position: number): void => {
      const document = documents[position];
      job.updatedMs = clock.now();
      if (!document) {
        removeMissing(documents, source, job, index);
        enter('COMPLETE');
        return;
      }
      const isNew = source.outcomes.get(document.uri)?.status !== 'INDEXED';
      const before = source.documents.get(document.uri);
      const fault = indexDocument(document, { base, source, job, index, ids });
      if (fault === undefined) {
        if (isNew || source.documents.get(document.uri) !== before) tell(document.uri, 'INDEXED');
      } else {
        if (document.isIgnored) tell(document.uri, 'IGNORED', fault);
        else tell(document.uri, 'FAILED');
        job.statistics.numberOfDocumentsFailed++;
        job.failureReasons.push(`${fault}. Issue occurred while processing file: ${document.uri}`);
      }
      clock.after(delays.perDocumentMs, () => step(position + 1));
    };
    clock.after(delays.perDocumentMs, () => step(0));
  };
  clock.after(delays.startingMs, () => {
    enter('IN_PROGRESS');
    if (scanned instanceof Error) {
      fail(`The data source could not be read: ${scanned.message}`);
      return;
    }
    try {
      const index = base.storage.index();
      job.statistics.numberOfDocumentsScanned = scanned.documents.length;
      job.statistics.numberOfMetadataDocumentsScanned = scanned.metadataFiles;
      work(scanned, index);
    } catch (error) {
      if (!(error instanceof AwsProblem)) throw error;
      fail(worded(error));
    }
  });
}

/** Brings the index up to date with a document; gives the reason where that is impossible. */
export function indexDocument(document: SourceDocument, context: IndexingContext): string | undefined {
  const { base, source, job, index, ids } = context;
  const { uri, contentHash, attributesHash, text } = document;
  const before = source.documents.get(uri);
  if (before?.contentHash === contentHash && before.attributesHash === attributesHash) return undefined;
  if (document.fault !== undefined) return document.fault;
  const chunks = cut(text, source.cutting);
  if (chunks.length === 0) return 'The file has no text';
  const vectors = chunks.map((chunk) => ({
    key: ids.uuid(),
    data: embed(chunk.text, base.dimensions),
    metadata: metadataOf(chunk, document, base, source),
  }));
  try {
    index.put(vectors);
  } catch (error) {
    if (error instanceof AwsProblem) return worded(error);
    throw error;
  }
  index.delete(before?.keys ?? []);
  source.documents.set(uri, { contentHash, attributesHash, keys: vectors.map(({ key }) => key) });
  const { statistics } = job;
  if (!before) statistics.numberOfNewDocumentsIndexed++;
  else if (before.contentHash !== contentHash) statistics.numberOfModifiedDocumentsIndexed++;
  else statistics.numberOfMetadataDocumentsModified++;
  return undefined;
}

interface IndexingContext {
  base: KnowledgeBase;
  source: DataSource;
  job: Pick<IngestionJob, 'statistics'>;
  index: VectorIndex;
  ids: Ids;
}

/** The keys that the service itself writes beside the attributes of a document. */
function metadataOf(chunk: CutChunk, document: SourceDocument, { storage }: KnowledgeBase, source: DataSource) {
  const { uri, attributes } = document;
  return {
    ...attributes,
    'x-amz-bedrock-kb-source-uri': uri,
    'x-amz-bedrock-kb-data-source-id': source.id,
    'x-amz-bedrock-kb-source-file-modality': 'TEXT',
    [storage.textKey]: chunk.text,
    [storage.metadataKey]: JSON.stringify({
      source: { sourceType: 'S3', sourceLocation: uri },
      ...(chunk.parent !== undefined && { parentText: chunk.parent }),
    }),
  };
}

export function newStatistics(): IngestionJob['statistics'] {
  return {
    numberOfDocumentsScanned: 0,
    numberOfMetadataDocumentsScanned: 0,
    numberOfNewDocumentsIndexed: 0,
    numberOfModifiedDocumentsIndexed: 0,
    numberOfMetadataDocumentsModified: 0,
    numberOfDocumentsDeleted: 0,
    numberOfDocumentsFailed: 0,
  };
}

function removeMissing(
  documents: readonly SourceDocument[],
  source: DataSource,
  job: IngestionJob,
  index: VectorIndex,
): void {
  const present = new Set(documents.map(({ uri }) => uri));
  for (const [uri, { keys }] of source.documents) {
    if (present.has(uri)) continue;
    index.delete(keys);
    source.documents.delete(uri);
    job.statistics.numberOfDocumentsDeleted++;
  }
  for (const uri of source.outcomes.keys()) if (!present.has(uri)) source.outcomes.delete(uri);
}

const worded = (problem: AwsProblem) => `Encountered error: ${storeMessage(problem)}`;
