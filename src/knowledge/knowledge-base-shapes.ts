import type {
  KnowledgeBase as BedrockKnowledgeBase,
  DataSource,
  IngestionJob,
  IngestionJobSummary,
  KnowledgeBaseDocumentDetail,
} from '@aws-sdk/client-bedrock-agent';
import { type Chunking, chunkingOf } from './chunking.js';

/** In Bedrock's words: `CREATING`, `ACTIVE`, `FAILED` and others. */
export interface KnowledgeBaseSummary {
  readonly id: string;
  readonly name: string;
  readonly description: string | null;
  readonly status: string;
  readonly updatedAt: string | null;
}

export interface KnowledgeBase extends KnowledgeBaseSummary {
  readonly arn: string;
  readonly roleArn: string;
  /** `VECTOR`, `MANAGED`, `KENDRA` or `SQL`. */
  readonly kind: string;
  readonly embeddingModelArn: string | null;
  readonly storage: KnowledgeBaseStorage | null;
  readonly createdAt: string | null;
  readonly failureReasons: string[];
}

/** Where the vectors are; of other stores only the kind is told. */
export interface KnowledgeBaseStorage {
  readonly kind: string;
  readonly indexArn?: string;
  readonly collectionArn?: string;
  readonly vectorIndexName?: string;
}

export interface KnowledgeSource {
  readonly id: string;
  readonly name: string;
  readonly status: string;
  readonly bucketArn: string | null;
  readonly prefix: string | null;
  readonly chunking: Chunking | null;
  readonly createdAt: string | null;
  readonly failureReasons: string[];
}

export interface Ingestion {
  /** `<source>-<job>`: Bedrock's ids of the two. */
  readonly id: string;
  readonly sourceId: string;
  readonly status: string;
  /** Documents by what became of them. */
  readonly documents: Readonly<Record<'scanned' | 'added' | 'modified' | 'deleted' | 'failed' | 'skipped', number>>;
  readonly startedAt: string | null;
  readonly updatedAt: string | null;
  readonly failureReasons: string[];
}

/** A document of a source as Bedrock knows it. */
export interface KnownDocument {
  /** Of a bucket its `s3://` address, else as whoever put it in has named it. */
  readonly id: string;
  /** In Bedrock's words: `INDEXED`, `FAILED`, `IGNORED` and others. */
  readonly status: string;
  /** Bedrock tells it of those that it has ignored. */
  readonly reason: string | null;
  readonly updatedAt: string | null;
}

/** Whether nothing more will happen to it. */
export function isOver({ status }: Pick<Ingestion, 'status'>): boolean {
  return ['COMPLETE', 'FAILED', 'STOPPED'].includes(status);
}

export function summaryOf(base: {
  knowledgeBaseId?: string | undefined;
  name?: string | undefined;
  description?: string | undefined;
  status?: string | undefined;
  updatedAt?: Date | undefined;
}): KnowledgeBaseSummary {
  const { knowledgeBaseId: id = '', name = '', description = null, status = '', updatedAt } = base;
  return { id, name, description, status, updatedAt: isoOf(updatedAt) };
}

export function knowledgeBaseOf(base: BedrockKnowledgeBase): KnowledgeBase {
  const { knowledgeBaseArn = '', roleArn = '', knowledgeBaseConfiguration, storageConfiguration } = base;
  const { type: kind = '', vectorKnowledgeBaseConfiguration } = knowledgeBaseConfiguration ?? {};
  return {
    ...summaryOf(base),
    arn: knowledgeBaseArn,
    roleArn,
    kind,
    embeddingModelArn: vectorKnowledgeBaseConfiguration?.embeddingModelArn ?? null,
    storage: storageConfiguration ? storageOf(storageConfiguration) : null,
    createdAt: isoOf(base.createdAt),
    failureReasons: base.failureReasons ?? [],
  };
}

function storageOf(storage: NonNullable<BedrockKnowledgeBase['storageConfiguration']>): KnowledgeBaseStorage {
  const { type: kind = '', s3VectorsConfiguration, opensearchServerlessConfiguration } = storage;
  const { indexArn } = s3VectorsConfiguration ?? {};
  const { collectionArn, vectorIndexName } = opensearchServerlessConfiguration ?? {};
  return {
    kind,
    ...(indexArn !== undefined && { indexArn }),
    ...(collectionArn !== undefined && { collectionArn }),
    ...(vectorIndexName !== undefined && { vectorIndexName }),
  };
}

export function sourceOf(source: DataSource): KnowledgeSource {
  const { dataSourceId: id = '', name = '', status = '', dataSourceConfiguration, createdAt } = source;
  const { bucketArn = null, inclusionPrefixes } = dataSourceConfiguration?.s3Configuration ?? {};
  const chunking = source.vectorIngestionConfiguration?.chunkingConfiguration;
  return {
    id,
    name,
    status,
    bucketArn,
    prefix: inclusionPrefixes?.[0] ?? null,
    chunking: chunking ? chunkingOf(chunking) : null,
    createdAt: isoOf(createdAt),
    failureReasons: source.failureReasons ?? [],
  };
}

export function ingestionOf(job: IngestionJob | IngestionJobSummary): Ingestion {
  const { dataSourceId: sourceId = '', ingestionJobId = '', status = '', statistics = {} } = job;
  return {
    id: `${sourceId}-${ingestionJobId}`,
    sourceId,
    status,
    documents: {
      scanned: statistics.numberOfDocumentsScanned ?? 0,
      added: statistics.numberOfNewDocumentsIndexed ?? 0,
      modified: statistics.numberOfModifiedDocumentsIndexed ?? 0,
      deleted: statistics.numberOfDocumentsDeleted ?? 0,
      failed: statistics.numberOfDocumentsFailed ?? 0,
      skipped: statistics.numberOfDocumentsSkipped ?? 0,
    },
    startedAt: isoOf(job.startedAt),
    updatedAt: isoOf(job.updatedAt),
    failureReasons: 'failureReasons' in job ? (job.failureReasons ?? []) : [],
  };
}

export function knownDocumentOf(detail: KnowledgeBaseDocumentDetail): KnownDocument {
  const { identifier, status = '', statusReason, updatedAt } = detail;
  const id = identifier?.s3?.uri ?? identifier?.custom?.id ?? '';
  return { id, status, reason: statusReason ?? null, updatedAt: isoOf(updatedAt) };
}

function isoOf(date: Date | undefined): string | null {
  return date?.toISOString() ?? null;
}
