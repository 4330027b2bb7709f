import { embed } from '../models/embedding.js';
import { distance } from '../vectors/distance.js';
import { type Chunking, chunksOf, chunksUpTo, DEFAULT_CHUNKING } from './chunks.js';

/** How a data source cuts documents. Source: Amazon Bedrock user guide, How content chunking works. */
export type Cutting =
  | { readonly strategy: 'NONE' }
  | ({ readonly strategy: 'FIXED_SIZE' } & Chunking)
  | {
      readonly strategy: 'HIERARCHICAL';
      readonly parentTokens: number;
      readonly childTokens: number;
      readonly overlapTokens: number;
    }
  | {
      readonly strategy: 'SEMANTIC';
      readonly maxTokens: number;
      readonly bufferSize: number;
      readonly percentile: number;
    };

export const DEFAULT_CUTTING: Cutting = { strategy: 'FIXED_SIZE', ...DEFAULT_CHUNKING };

/** What is embedded; it is answered with `parent` in its place where there is one. */
export interface CutChunk {
  readonly text: string;
  readonly parent?: string;
}

export function cut(text: string, cutting: Cutting): CutChunk[] {
  switch (cutting.strategy) {
    case 'NONE':
      return chunksOf(text, undefined).map(asChunk);
    case 'FIXED_SIZE':
      return chunksOf(text, cutting).map(asChunk);
    case 'HIERARCHICAL': {
      const { parentTokens, childTokens, overlapTokens } = cutting;
      return chunksUpTo(text, parentTokens, overlapTokens).flatMap((parent) =>
        chunksUpTo(parent, childTokens, overlapTokens).map((child) => ({ text: child, parent })),
      );
    }
    case 'SEMANTIC':
      return byMeaning(text, cutting).flatMap((part) => chunksUpTo(part, cutting.maxTokens, 0).map(asChunk));
  }
}

const asChunk = (text: string): CutChunk => ({ text });

/** Parts sentences that differ more than `percentile` percent of all neighbours, going by this stand-in's embeddings. */
function byMeaning(text: string, { bufferSize, percentile }: Cutting & { strategy: 'SEMANTIC' }): string[] {
  const sentences = text.match(/[\s\S]+?(?:[.!?…]+(?=\s)\s*|\n\s*\n|$)/g) ?? [];
  const vectors = sentences.map((_, i) =>
    Float32Array.from(embed(sentences.slice(Math.max(0, i - bufferSize), i + bufferSize + 1).join(''))),
  );
  const steps = vectors.slice(1).map((vector, i) => distance('cosine', vectors[i]!, vector));
  const limit = percentileOf(steps, percentile);
  const parts: string[] = [];
  for (const [i, sentence] of sentences.entries()) {
    if (i === 0 || steps[i - 1]! > limit) parts.push(sentence);
    else parts[parts.length - 1] += sentence;
  }
  return parts;
}

/** Between two values where it falls between them. */
function percentileOf(values: readonly number[], percentile: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const at = ((sorted.length - 1) * percentile) / 100;
  const below = sorted[Math.floor(at)] ?? 0;
  return below + ((sorted[Math.ceil(at)] ?? below) - below) * (at - Math.floor(at));
}
