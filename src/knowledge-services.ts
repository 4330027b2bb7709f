import { BRIDGE_ACTOR } from './access/actor.js';
import type { AuditTrail } from './access/audit.js';
import type { KnowledgePorts } from './admin/knowledge-ports.js';
import { DOCUMENT_JOB, documentJob } from './jobs/document.js';
import { INGESTION_JOB, ingestionJob } from './jobs/ingestion.js';
import type { JobQueue } from './jobs/queue.js';
import type { JobHandler } from './jobs/runner.js';
import type { Knowledge } from './knowledge/knowledge.js';
import type { StoredDocuments } from './store/documents.js';
import type { Store } from './store/open.js';

/** Puts together the administration of knowledge: what its routes stand on, and its work that outlives the process. */
export function knowledgeServices(options: {
  knowledge: Knowledge;
  records: StoredDocuments;
  queue: JobQueue;
  /** What follows from what has been done at AWS already: tried again until it is kept. */
  later: Pick<Store, 'enqueueUntilKept' | 'indexGone'>;
  audit: Pick<AuditTrail, 'enter'>;
}): { ports: KnowledgePorts; handlers: Readonly<Record<string, JobHandler>> } {
  const { knowledge, records, queue, later, audit } = options;
  const { baseAdministration: bases, sources, indexAdministration: indexes, documents, reader } = knowledge;
  return {
    ports: {
      bases: { ...bases, retrieve: knowledge.knowledgeBases.retrieve },
      sources,
      sourceDocuments: knowledge.sourceObjects,
      ingestions: {
        start: sources.ingest,
        follow: (knowledgeBaseId, ingestionId) =>
          later.enqueueUntilKept(INGESTION_JOB, { knowledgeBaseId, ingestionId }, `${knowledgeBaseId}/${ingestionId}`),
        find: sources.ingestion,
        list: sources.ingestions,
      },
      indexes: { ...indexes, query: knowledge.vectorIndexes.query },
      documents: { ...records, forgetIndex: later.indexGone },
    },
    handlers: {
      [DOCUMENT_JOB]: documentJob({ records, reader, documents }),
      [INGESTION_JOB]: ingestionJob({
        queue,
        find: sources.ingestion,
        async ended(id, { status }) {
          const subject = `knowledge-base/${id}`;
          await audit.enter({ action: 'knowledge-base.ingested', subject, before: null, after: status }, BRIDGE_ACTOR);
        },
      }),
    },
  };
}
