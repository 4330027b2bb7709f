import type { AwsPlace } from '../aws.js';
import type { Clock } from '../clock.js';
import { collectionIndexes } from './collection-indexes.js';
import { collectionRequests } from './collection-requests.js';
import { controlClient } from './control-client.js';
import { type DocumentReader, documentReader } from './document-reader.js';
import { embeddings } from './embeddings.js';
import { type IndexAdministration, indexAdministration } from './index-administration.js';
import { type IndexDocuments, indexDocuments } from './index-documents.js';
import { type KnowledgeBaseAdministration, knowledgeBaseAdministration } from './knowledge-base-administration.js';
import { type KnowledgeBases, knowledgeBases } from './knowledge-bases.js';
import { type KnowledgeSources, knowledgeSources } from './knowledge-sources.js';
import { type SourceObjects, sourceObjects } from './source-objects.js';
import { type VectorIndexes, vectorIndexes } from './vector-indexes.js';

/** All that the bridge knows to do with documents. */
export interface Knowledge {
  readonly knowledgeBases: KnowledgeBases;
  readonly vectorIndexes: VectorIndexes;
  readonly baseAdministration: KnowledgeBaseAdministration;
  readonly sources: KnowledgeSources;
  readonly sourceObjects: SourceObjects;
  readonly indexAdministration: IndexAdministration;
  readonly documents: IndexDocuments;
  readonly reader: DocumentReader;
  /** Closes all connections. */
  close(): void;
}

/**
 * Puts the room together. `bedrock` is for models, `knowledgeBases` for asking and administering them, `s3` for what
 * they are filled from, `collections` for those of OpenSearch Serverless: its endpoint, where there is one, is that of every collection.
 */
export function knowledge(options: {
  places: { bedrock: AwsPlace; knowledgeBases: AwsPlace; vectors: AwsPlace; collections?: AwsPlace; s3?: AwsPlace };
  clock: Clock;
}): Knowledge {
  const { places, clock } = options;
  const embedded = embeddings({ place: places.bedrock });
  const control = controlClient(places.knowledgeBases);
  const indexes = indexAdministration({ place: places.vectors });
  const { endpoint: _endpoint, ...sameAccount } = places.knowledgeBases;
  const requests = collectionRequests({ place: places.collections ?? sameAccount, clock });
  const collections = collectionIndexes({ requests });
  const baseAdministration = knowledgeBaseAdministration({ control, indexes, collections, clock });
  const asked = knowledgeBases({
    place: places.knowledgeBases,
    isManaged: async (id, signal) => (await baseAdministration.get(id, signal)).kind === 'MANAGED',
  });
  const queried = vectorIndexes({ place: places.vectors, embeddings: embedded });
  const documents = indexDocuments({ place: places.vectors, embeddings: embedded });
  const sources = knowledgeSources({ control, untilActive: baseAdministration.untilActive });
  const objects = sourceObjects({ place: places.s3 ?? sameAccount, sourceOf: sources.get, clock });
  return {
    knowledgeBases: asked,
    vectorIndexes: queried,
    baseAdministration,
    sources,
    sourceObjects: objects,
    indexAdministration: indexes,
    documents,
    reader: documentReader({ clock }),
    close() {
      for (const opened of [embedded, control, requests, indexes, asked, queried, documents, objects]) opened.close();
    },
  };
}
