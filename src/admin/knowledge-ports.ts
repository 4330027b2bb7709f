import type { Readable } from 'node:stream';
import type { z } from 'zod';
import type { AuditTrail } from '../access/audit.js';
import type { Clock } from '../clock.js';
import type { Page, PageRequest } from '../page.js';
import type { documentBody, documentSchema, indexBody, indexSchema, indexSummarySchema } from './index-schemas.js';
import type {
  baseQueryBody,
  ingestionSchema,
  knowledgeBaseBody,
  knowledgeBaseSchema,
  knowledgeBaseSummarySchema,
  passagesSchema,
  sourceBody,
  sourceSchema,
} from './knowledge-schemas.js';
import type { knownDocumentSchema, sourceDocumentSchema } from './source-document-schemas.js';

type Passage = z.output<typeof passagesSchema>['passages'][number];
type KnowledgeBase = z.output<typeof knowledgeBaseSchema>;
type KnowledgeSource = z.output<typeof sourceSchema>;
type Ingestion = z.output<typeof ingestionSchema>;
type SourceDocument = z.output<typeof sourceDocumentSchema>;
type KnownDocument = z.output<typeof knownDocumentSchema>;
type Index = z.output<typeof indexSchema>;
type Document = z.output<typeof documentSchema>;

export interface IndexName {
  readonly vectorBucketName: string;
  readonly indexName: string;
}

export interface DocumentName extends IndexName {
  readonly documentId: string;
}

type DocumentInput = Pick<z.output<typeof documentBody>, 'name' | 'mediaType' | 'metadata' | 'embeddingModelId'> & {
  readonly source: string | null;
  readonly content: Uint8Array;
};

type IndexQuery = IndexName & {
  readonly topK: number;
  readonly embeddingModelId: string;
  readonly dimensions: number;
  readonly filter: object;
  readonly textKey: string;
};

/** Knowledge bases and indexes as the API needs them; all that fails does so with a BridgeError. */
export interface KnowledgePorts {
  readonly bases: {
    create(input: z.output<typeof knowledgeBaseBody>): Promise<KnowledgeBase>;
    get(knowledgeBaseId: string): Promise<KnowledgeBase>;
    list(page: PageRequest): Promise<Page<z.output<typeof knowledgeBaseSummarySchema>>>;
    delete(knowledgeBaseId: string): Promise<void>;
    retrieve(
      target: Omit<z.output<typeof baseQueryBody>, 'text'> & { readonly knowledgeBaseId: string },
      text: string,
    ): Promise<Passage[]>;
  };
  readonly sources: {
    create(knowledgeBaseId: string, input: z.output<typeof sourceBody>): Promise<KnowledgeSource>;
    list(knowledgeBaseId: string, page: PageRequest): Promise<Page<KnowledgeSource>>;
    delete(knowledgeBaseId: string, sourceId: string): Promise<void>;
    documents(knowledgeBaseId: string, sourceId: string, page: PageRequest): Promise<Page<KnownDocument>>;
  };
  readonly sourceDocuments: {
    put(
      knowledgeBaseId: string,
      sourceId: string,
      document: {
        name: string;
        mediaType: string;
        byteLength: number;
        stream: Readable;
        signal: AbortSignal;
        metadata?: DocumentInput['metadata'] | undefined;
      },
    ): Promise<SourceDocument>;
    list(knowledgeBaseId: string, sourceId: string, page: PageRequest): Promise<Page<SourceDocument>>;
    delete(knowledgeBaseId: string, sourceId: string, name: string): Promise<void>;
  };
  readonly ingestions: {
    start(knowledgeBaseId: string, sourceId: string): Promise<Ingestion>;
    /** Sees to it that its end is noticed, by whichever instance. */
    follow(knowledgeBaseId: string, ingestionId: string): Promise<void>;
    find(knowledgeBaseId: string, ingestionId: string): Promise<Ingestion>;
    list(knowledgeBaseId: string, page: PageRequest & { sourceId?: string | undefined }): Promise<Page<Ingestion>>;
  };
  readonly indexes: {
    create(settings: z.output<typeof indexBody>): Promise<Index>;
    get(name: IndexName): Promise<Index>;
    list(
      page: PageRequest & { vectorBucketName?: string | undefined },
    ): Promise<Page<z.output<typeof indexSummarySchema>>>;
    delete(name: IndexName): Promise<void>;
    query(target: IndexQuery, text: string): Promise<Passage[]>;
  };
  readonly documents: {
    put(name: DocumentName, input: DocumentInput): Promise<Document>;
    find(name: DocumentName): Promise<Document | undefined>;
    list(index: IndexName, page: PageRequest): Promise<Page<Document>>;
    delete(name: DocumentName): Promise<Document>;
    forgetIndex(name: IndexName): Promise<void>;
  };
}

/** What the routes of knowledge stand on. */
export interface KnowledgeRoutesOptions {
  knowledge: KnowledgePorts;
  audit: AuditTrail;
  clock: Clock;
}
