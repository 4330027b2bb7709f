import type { Look } from './state-mark.tsx';
import type { KnownDocument } from './types.ts';

/**
 * How a document stands with Bedrock, in words. Source: Amazon Bedrock API reference, KnowledgeBaseDocumentDetail, whose
 * reasons are those of what was ignored.
 */
export function knownStateOf({ status, reason }: KnownDocument): { look: Look; words: string; reason: string | null } {
  switch (status) {
    case 'STARTING':
    case 'PENDING':
      return { look: 'waits', words: 'waiting', reason };
    case 'IN_PROGRESS':
      return { look: 'works', words: 'reading and embedding', reason };
    case 'INDEXED':
      return { look: 'good', words: 'found', reason };
    case 'PARTIALLY_INDEXED':
      return { look: 'again', words: 'found in part', reason };
    case 'METADATA_PARTIALLY_INDEXED':
      return { look: 'again', words: 'found, its new metadata in part', reason };
    case 'METADATA_UPDATE_FAILED':
      return { look: 'bad', words: 'found with its old metadata: the new failed', reason };
    case 'FAILED':
      return {
        look: 'bad',
        words: 'failed',
        reason: reason ?? 'Bedrock tells the reason with the ingestion: see below.',
      };
    case 'IGNORED':
      return { look: 'bad', words: 'ignored', reason: reason ?? 'Bedrock tells no reason.' };
    case 'NOT_FOUND':
      return { look: 'bad', words: 'not there any more', reason };
    case 'DELETING':
    case 'DELETE_IN_PROGRESS':
      return { look: 'going', words: 'being deleted', reason };
    default:
      return { look: 'waits', words: status.toLowerCase().replaceAll('_', ' '), reason };
  }
}
