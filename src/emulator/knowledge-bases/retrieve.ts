import { jsonObject } from '../aws/json.js';
import { invalid } from '../aws/problem.js';
import type { Route } from '../aws/routes.js';
import { Demands } from '../models/demands.js';
import { embed } from '../models/embedding.js';
import type { DistanceMetric } from '../vectors/distance.js';
import type { FoundVector } from '../vectors/vector-index.js';
import { translateFilter } from './filter.js';
import type { Registry } from './registry.js';
import { readReranking, reranked } from './reranking.js';
import type { KnowledgeBase, Storage } from './state.js';
import { withStore } from './storage.js';

type Input = Readonly<Record<string, unknown>>;

const MAX_QUERY_CHARACTERS = 1000;
const CONFIGURATION = 'retrievalConfiguration.vectorSearchConfiguration';

/**
 * Retrieve by meaning. Where the store knows words, HYBRID is taken and gives the same as SEMANTIC: these embeddings go by
 * words anyway. Source: Amazon Bedrock API reference, Retrieve.
 */
export function retrieveRoute(registry: Registry): Route {
  return {
    method: 'POST',
    path: '/knowledgebases/{knowledgeBaseId}/retrieve',
    handle({ body }, knowledgeBaseId = '') {
      const base = registry.activeBase(knowledgeBaseId);
      const { text, numberOfResults, filter, rerankedResults } = readRequest(jsonObject(body), base);
      const found = search(base, text, numberOfResults, filter);
      const retrievalResults = rerankedResults === undefined ? found : reranked(found, text, rerankedResults);
      return { status: 200, body: { retrievalResults } };
    },
  };
}

function readRequest(input: Input, { id, storage }: KnowledgeBase) {
  const demands = new Demands();
  const query = demands.object(input, 'retrievalQuery', true);
  const text = demands.text(query, 'retrievalQuery.text', { required: true, max: MAX_QUERY_CHARACTERS }) ?? '';
  const configuration = demands.object(input, 'retrievalConfiguration');
  const search = demands.object(configuration, CONFIGURATION);
  const numberOfResults = demands.number(search, `${CONFIGURATION}.numberOfResults`, 1, 100) ?? 5;
  const rerankedResults = readReranking(demands, search, `${CONFIGURATION}.rerankingConfiguration`, numberOfResults);
  const searchType = demands.oneOf(search, `${CONFIGURATION}.overrideSearchType`, ['HYBRID', 'SEMANTIC']);
  demands.check();
  if (text.trim() === '') throw invalid('The retrieval query has no text.');
  if (configuration.managedSearchConfiguration !== undefined) {
    throw invalid('managedSearchConfiguration is only for knowledge bases of the type MANAGED.');
  }
  if (searchType === 'HYBRID' && storage.type === 'S3_VECTORS') {
    throw invalid(`HYBRID search type is not supported for search operation on index ${id}`);
  }
  for (const [member, place] of [
    ['implicitFilterConfiguration', search],
    ['guardrailConfiguration', input],
    ['nextToken', input],
  ] as const) {
    if (place[member] !== undefined) throw invalid(`${member} is not part of this stand-in.`);
  }
  const filter = search.filter === undefined ? undefined : translateFilter(search.filter);
  return { text, numberOfResults, filter, rerankedResults };
}

function search(base: KnowledgeBase, text: string, topK: number, filter: object | undefined) {
  return withStore(() => {
    const index = base.storage.index();
    const found = index.query({ topK, vector: embed(text, base.dimensions), filter });
    const parents = new Set<string>();
    return found
      .filter(({ metadata }) => {
        // Parts of the same larger chunk are one answer.
        const parent = parentOf(metadata, base.storage);
        if (parent === undefined) return true;
        const isFirst = !parents.has(parent);
        parents.add(parent);
        return isFirst;
      })
      .map((vector) => resultOf(vector, base.storage, index.shape.distanceMetric));
  });
}

/** Scores are from 0 to 1, higher is better. */
function resultOf({ key, distance, metadata }: FoundVector, storage: Storage, metric: DistanceMetric) {
  const { [storage.textKey]: text, [storage.metadataKey]: _metadata, ...rest } = metadata;
  const shown = parentOf(metadata, storage) ?? String(text ?? '');
  const uri = rest['x-amz-bedrock-kb-source-uri'];
  return {
    content: { type: 'TEXT', text: shown },
    ...(typeof uri === 'string' && { location: { type: 'S3', s3Location: { uri } } }),
    score: metric === 'cosine' ? Math.max(0, 1 - distance) : 1 / (1 + distance),
    metadata: { ...rest, 'x-amz-bedrock-kb-chunk-id': key },
  };
}

/** The larger chunk that is answered with in place of one that was searched. Where the service keeps it is its own affair. */
function parentOf(metadata: Readonly<Record<string, unknown>>, { metadataKey }: Storage): string | undefined {
  const kept = metadata[metadataKey];
  if (typeof kept !== 'string' || !kept.startsWith('{')) return undefined;
  const { parentText } = JSON.parse(kept) as { parentText?: unknown };
  return typeof parentText === 'string' ? parentText : undefined;
}
