import { VectorIndex } from '../vectors/vector-index.js';
import type { ControlContext } from './control.js';
import { DEFAULT_CUTTING } from './cutting.js';
import { scan } from './documents.js';
import { indexDocument, newStatistics } from './ingestion.js';
import { type Delays, type KnowledgeBase, shortId } from './state.js';
import { METADATA_KEY, TEXT_KEY } from './storage.js';

/** A knowledge base that was made and filled before. */
export interface ReadyMade {
  /** Ten letters and digits. */
  readonly knowledgeBaseId: string;
  /** Their names end as the service reads them: `.md`, `.txt`. */
  readonly documents: readonly { readonly name: string; readonly text: string }[];
}

/** Where its documents seem to have come from. */
const BUCKET = 'ready-made';
const DIMENSIONS = 512;

/** Makes it, cut and embedded as an ingestion does that; for searching. Throws when a document cannot be indexed. */
export async function readyMade(
  { knowledgeBaseId, documents }: ReadyMade,
  context: ControlContext & { readonly delays: Delays },
): Promise<KnowledgeBase> {
  const { ids, nowMs, region, accountId, delays } = context;
  const index = new VectorIndex({
    vectorBucketName: BUCKET,
    indexName: knowledgeBaseId,
    indexArn: '',
    dimension: DIMENSIONS,
    distanceMetric: 'cosine',
    nonFilterableKeys: [TEXT_KEY, METADATA_KEY],
    createdMs: nowMs(),
  });
  const createdMs = nowMs() - delays.creatingMs;
  const source = {
    id: shortId(ids),
    name: BUCKET,
    dataSourceConfiguration: {},
    dataDeletionPolicy: 'RETAIN' as const,
    bucket: BUCKET,
    prefix: '',
    cutting: DEFAULT_CUTTING,
    createdMs,
    jobs: new Map(),
    documents: new Map(),
    outcomes: new Map(),
  };
  const base: KnowledgeBase = {
    id: knowledgeBaseId,
    arn: `arn:aws:bedrock:${region}:${accountId}:knowledge-base/${knowledgeBaseId}`,
    name: `ready-made-${knowledgeBaseId}`,
    roleArn: `arn:aws:iam::${accountId}:role/ready-made`,
    knowledgeBaseConfiguration: {},
    storageConfiguration: {},
    dimensions: DIMENSIONS,
    storage: { type: 'S3_VECTORS', textKey: TEXT_KEY, metadataKey: METADATA_KEY, index: () => index },
    createdMs,
    sources: new Map([[source.id, source]]),
  };
  const objects = async function* () {
    for (const { name, text } of documents) yield { key: name, body: text };
  };
  const statistics = newStatistics();
  for (const document of (await scan(BUCKET, objects())).documents) {
    const fault = indexDocument(document, { base, source, job: { statistics }, index, ids });
    if (fault !== undefined) throw new Error(`${document.uri}: ${fault}`);
  }
  return base;
}
