import { invalid } from '../aws/problem.js';
import type { Demands } from '../models/demands.js';

type Input = Readonly<Record<string, unknown>>;

/** Models of Bedrock that rerank. Source: Amazon Bedrock user guide, supported models for reranking. */
const MODELS = ['amazon.rerank-v1:0', 'cohere.rerank-v3-5:0'];
const ARN = /^arn:aws(?:-[^:]+)?:bedrock:[a-z0-9-]+::foundation-model\/(.+)$/;

/** How many results a reranking is to leave; undefined when none is asked for. Throws ValidationException. */
export function readReranking(
  demands: Demands,
  search: Input,
  path: string,
  numberOfResults: number,
): number | undefined {
  const configuration = demands.object(search, path);
  if (search.rerankingConfiguration === undefined) return undefined;
  demands.oneOf(configuration, `${path}.type`, ['BEDROCK_RERANKING_MODEL'], true);
  const bedrockPath = `${path}.bedrockRerankingConfiguration`;
  const bedrock = demands.object(configuration, bedrockPath, true);
  const model = demands.object(bedrock, `${bedrockPath}.modelConfiguration`, true);
  const arn = demands.text(model, `${bedrockPath}.modelConfiguration.modelArn`, { required: true, pattern: ARN });
  const results = demands.number(bedrock, `${bedrockPath}.numberOfRerankedResults`, 1, 100) ?? numberOfResults;
  demands.check();
  const [, id = ''] = ARN.exec(arn ?? '') ?? [];
  if (!MODELS.includes(id)) throw invalid(`The model ${arn} is not supported for reranking.`);
  return results;
}

interface Result {
  readonly content: { readonly text: string };
  readonly score: number;
}

/** The results that hold the most words of the question first; a real model reads them. Scores are from 0 to 1. */
export function reranked<Found extends Result>(results: readonly Found[], question: string, most: number): Found[] {
  const words = wordsOf(question);
  const scoreOf = ({ content }: Found) => {
    const held = wordsOf(content.text);
    return [...words].filter((word) => held.has(word)).length / Math.max(1, words.size);
  };
  return results
    .map((result) => ({ ...result, score: scoreOf(result) }))
    .toSorted((a, b) => b.score - a.score)
    .slice(0, most);
}

function wordsOf(text: string): Set<string> {
  return new Set(text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []);
}
