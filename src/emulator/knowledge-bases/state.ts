import { createHash } from 'node:crypto';
import type { Ids } from '../../ids.js';
import type { Dimensions } from '../models/embedding.js';
import type { VectorIndex } from '../vectors/vector-index.js';
import type { Cutting } from './cutting.js';

/** How long things take, ms on the stand-in's clock. */
export interface Delays {
  /** From CREATING to ACTIVE. */
  readonly creatingMs: number;
  /** From DELETING to being gone. */
  readonly deletingMs: number;
  /** From STARTING to IN_PROGRESS. */
  readonly startingMs: number;
  /** For each document of an ingestion job. */
  readonly perDocumentMs: number;
}

/** Where a knowledge base keeps its vectors. */
export interface Storage {
  readonly type: 'S3_VECTORS' | 'OPENSEARCH_SERVERLESS';
  readonly textKey: string;
  readonly metadataKey: string;
  /** Throws what the store answers when the index is not there any more. */
  readonly index: () => VectorIndex;
}

export interface KnowledgeBase {
  readonly id: string;
  readonly arn: string;
  readonly name: string;
  readonly description?: string | undefined;
  readonly roleArn: string;
  readonly knowledgeBaseConfiguration: object;
  readonly storageConfiguration: object;
  readonly dimensions: Dimensions;
  readonly storage: Storage;
  readonly createdMs: number;
  deletedMs?: number;
  readonly sources: Map<string, DataSource>;
}

export interface DataSource {
  readonly id: string;
  readonly name: string;
  readonly description?: string | undefined;
  readonly dataSourceConfiguration: object;
  readonly vectorIngestionConfiguration?: object | undefined;
  readonly dataDeletionPolicy: 'DELETE' | 'RETAIN';
  readonly bucket: string;
  readonly prefix: string;
  readonly cutting: Cutting;
  readonly createdMs: number;
  deletedMs?: number;
  readonly jobs: Map<string, IngestionJob>;
  /** What is indexed, by URI. */
  readonly documents: Map<string, IndexedDocument>;
  /** What has become of each document that was found, by URI. */
  readonly outcomes: Map<string, Outcome>;
}

export interface Outcome {
  readonly status: 'PENDING' | 'INDEXED' | 'FAILED' | 'IGNORED';
  /** Only of what was ignored. */
  readonly statusReason?: string;
  readonly updatedMs: number;
}

export interface IndexedDocument {
  readonly contentHash: string;
  readonly attributesHash: string;
  readonly keys: readonly string[];
}

export interface IngestionJob {
  readonly id: string;
  readonly description?: string | undefined;
  status: 'STARTING' | 'IN_PROGRESS' | 'COMPLETE' | 'FAILED';
  readonly statistics: {
    numberOfDocumentsScanned: number;
    numberOfMetadataDocumentsScanned: number;
    numberOfNewDocumentsIndexed: number;
    numberOfModifiedDocumentsIndexed: number;
    numberOfMetadataDocumentsModified: number;
    numberOfDocumentsDeleted: number;
    numberOfDocumentsFailed: number;
  };
  readonly failureReasons: string[];
  readonly startedMs: number;
  updatedMs: number;
}

export const isRunning = ({ status }: IngestionJob) => status === 'STARTING' || status === 'IN_PROGRESS';

/** An identifier as the service gives them: ten capitals and digits. */
export function shortId(ids: Ids): string {
  const digest = createHash('sha256').update(ids.uuid()).digest();
  const letters = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ';
  return [...digest.subarray(0, 10)].map((byte) => letters[byte % letters.length]).join('');
}
