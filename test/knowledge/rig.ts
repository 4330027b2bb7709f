import { realClock, scaledClock } from '../../src/clock.js';
import { DEFAULT_CREDENTIALS, DEFAULT_REGION } from '../../src/emulator/aws/signature.js';
import { startKnowledgeBases } from '../../src/emulator/knowledge-bases/server.js';
import type { Delays } from '../../src/emulator/knowledge-bases/state.js';
import { startModels } from '../../src/emulator/models/server.js';
import { type CollectionOptions, startCollection } from '../../src/emulator/opensearch/server.js';
import { startS3 } from '../../src/emulator/s3/server.js';
import { startS3Vectors } from '../../src/emulator/vectors/server.js';
import { chunksOf } from '../../src/knowledge/chunks.js';
import type { DocumentReader } from '../../src/knowledge/document-reader.js';
import { sectionsOf } from '../../src/knowledge/document-text.js';
import { knowledge } from '../../src/knowledge/knowledge.js';

export const INDEX = { vectorBucketName: 'documents', indexName: 'manuals' };
export const MODEL = 'amazon.titan-embed-text-v2:0';
/** For `expect.poll`: what is waited for comes as soon as the machine has time. */
export const SOON = { timeout: 40_000 };
export const ROLE_ARN = 'arn:aws:iam::123456789012:role/knowledge';

/** Reads here, where the bridge starts a process that yields to everything else: a busy machine would keep tests waiting. */
const reader: DocumentReader = {
  read: async ({ mediaType, content }) => chunksOf(await sectionsOf(mediaType, content)),
};

/** The room with its real SDKs against stand-ins for S3 Vectors, models and knowledge bases; `objects` by bucket and key. */
export async function startKnowledge(
  options: {
    denied?: string[];
    collection?: CollectionOptions;
    objects?: Record<string, Record<string, string>>;
    delays?: Partial<Delays>;
  } = {},
) {
  const { denied = [], collection: collectionOptions, objects = {}, delays } = options;
  const vectors = await startS3Vectors({ denied });
  const models = await startModels();
  const s3 = await startS3({ buckets: Object.keys(objects) });
  const collection = await startCollection({ visibleAfterMs: 0, ...collectionOptions });
  const bases = await startKnowledgeBases({
    vectors,
    collection,
    async *objects(bucket, prefix) {
      for (const [key, text] of Object.entries(objects[bucket] ?? {})) {
        if (key.startsWith(prefix)) yield { key, body: Buffer.from(text) };
      }
      if (!(bucket in objects)) return;
      for (const [key, { body }] of s3.objects(bucket)) if (key.startsWith(prefix)) yield { key, body };
    },
    delays: { creatingMs: 30, deletingMs: 1, startingMs: 10, perDocumentMs: 1, ...delays },
  });
  const place = (endpoint: string) => ({ endpoint, region: DEFAULT_REGION, credentials: DEFAULT_CREDENTIALS });
  const room = knowledge({
    places: {
      bedrock: place(models.url),
      knowledgeBases: place(bases.url),
      vectors: place(vectors.url),
      collections: place(collection.url),
      s3: place(s3.url),
    },
    // What waits between two looks waits a hundredth of that.
    clock: scaledClock(100, realClock()),
  });
  return {
    ...room,
    reader,
    servers: { vectors, models, bases, collection, s3 },
    objects,
    /** Operations that S3 Vectors was asked for since the last time. */
    taken: (() => {
      let seen = 0;
      return () => {
        const names = vectors.requests.slice(seen).map(({ operation }) => operation ?? '');
        seen = vectors.requests.length;
        return names;
      };
    })(),
    async close() {
      room.close();
      await Promise.all([vectors, models, bases, collection, s3].map((server) => server.close()));
    },
  };
}

export type KnowledgeRig = Awaited<ReturnType<typeof startKnowledge>>;
