import type { z } from 'zod';
import type { documentBody, documentSchema, indexSchema, indexSummarySchema } from '../../../admin/index-schemas.ts';
import type {
  ingestionSchema,
  knowledgeBaseSchema,
  knowledgeBaseSummarySchema,
  passagesSchema,
  sourceSchema,
} from '../../../admin/knowledge-schemas.ts';
import type { knownDocumentSchema, sourceDocumentSchema } from '../../../admin/source-document-schemas.ts';

/** What the API answers about knowledge, by the schemas it is described with: types only. */
export type KnowledgeBase = z.output<typeof knowledgeBaseSchema>;
export type KnowledgeBaseSummary = z.output<typeof knowledgeBaseSummarySchema>;
export type KnowledgeSource = z.output<typeof sourceSchema>;
export type Ingestion = z.output<typeof ingestionSchema>;
export type Index = z.output<typeof indexSchema>;
export type IndexSummary = z.output<typeof indexSummarySchema>;
export type Document = z.output<typeof documentSchema>;
export type DocumentBody = z.input<typeof documentBody>;
export type SourceDocument = z.output<typeof sourceDocumentSchema>;
export type KnownDocument = z.output<typeof knownDocumentSchema>;
export type Passage = z.output<typeof passagesSchema>['passages'][number];
