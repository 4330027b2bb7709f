import type { MediaType } from './document-text.js';
import type { DocumentMetadata } from './index-documents.js';
import type { IndexName } from './vectors-client.js';

export interface DocumentName extends IndexName {
  readonly documentId: string;
}

export interface DocumentInput {
  readonly name: string;
  readonly mediaType: MediaType;
  /** What answers name as their source. */
  readonly source: string | null;
  readonly metadata: DocumentMetadata;
  readonly embeddingModelId: string;
  readonly content: Uint8Array;
}

/** `waiting` and `storing` may come again after a failure, whose words are in `error` then; `failed` is for good. */
export type DocumentState = 'waiting' | 'storing' | 'stored' | 'failed' | 'deleting';

/** A document on record. */
export interface DocumentRecord extends DocumentName, Omit<DocumentInput, 'content'> {
  readonly state: DocumentState;
  readonly error: string | null;
  readonly byteLength: number;
  /** Null until it is stored. */
  readonly chunkCount: number | null;
  readonly enteredAt: string;
  readonly updatedAt: string;
}

/** What is to become of a document. Each put and each deletion is a revision of its own. */
export interface DocumentWork {
  readonly wanted: 'stored' | 'deleted';
  readonly input: DocumentInput;
  /** Counts from one, for each revision. */
  readonly attempt: number;
}

export type DocumentOutcome =
  | { readonly state: 'stored'; readonly chunkCount: number }
  | { readonly state: 'deleted' }
  /** It is tried again. */
  | { readonly state: 'waiting'; readonly error: string }
  | { readonly state: 'failed'; readonly error: string };

/** Documents on record as the job sees them that brings an index in line with them. */
export interface DocumentRecords {
  /**
   * Lends a document for `leaseMs`. `busy` while it is lent to another job; undefined when there is nothing to do: the
   * revision has been done with, or a later one is wanted.
   */
  begin(name: DocumentName, revision: number, leaseMs: number): Promise<DocumentWork | 'busy' | undefined>;
  /** Gives it back. What came of a revision that is not wanted any more is not kept. */
  finish(name: DocumentName, revision: number, outcome: DocumentOutcome): Promise<void>;
}
