import { agentMemory } from '../../agents/memory.js';
import type { Clock } from '../../clock.js';
import { knowledge } from '../../knowledge/knowledge.js';
import type { Filling, LocalServices } from './local-services.js';

/** The bridge's own ways to fill an index and a memory. */
export function filling(services: LocalServices, clock: Clock): Filling & { close(): void } {
  const { models, knowledgeBases, vectors, agentCore } = services.places;
  const documents = knowledge({ places: { bedrock: models, knowledgeBases, vectors }, clock });
  const memory = agentMemory({ place: agentCore });
  return {
    async index({ vectorBucketName, indexName, embeddingModelId, dimensions }, put) {
      const index = { vectorBucketName, indexName };
      await documents.indexAdministration.create({ ...index, dimensions, distanceMetric: 'cosine' });
      for (const { name, text } of put) {
        const document = { documentId: name, name, source: name, metadata: {}, chunks: [{ text }] };
        await documents.documents.put({ ...index, embeddingModelId }, document);
      }
    },
    remember(memoryId, caller, text) {
      const event = { actorId: caller, sessionId: 'before', role: 'caller', text, atMs: clock.now() } as const;
      return memory.remember({ memoryId }, { ...event, signal: new AbortController().signal });
    },
    close() {
      documents.close();
      memory.close();
    },
  };
}
