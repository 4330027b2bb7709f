import { isObject } from '../aws/json.js';
import { invalid } from '../aws/problem.js';
import type { Demands } from '../models/demands.js';
import { type Cutting, DEFAULT_CUTTING } from './cutting.js';

type Input = Readonly<Record<string, unknown>>;

const BASE = 'vectorIngestionConfiguration';
const PATH = `${BASE}.chunkingConfiguration`;
const STRATEGIES = ['FIXED_SIZE', 'NONE', 'HIERARCHICAL', 'SEMANTIC'] as const;
const MEMBERS = {
  FIXED_SIZE: 'fixedSizeChunkingConfiguration',
  HIERARCHICAL: 'hierarchicalChunkingConfiguration',
  SEMANTIC: 'semanticChunkingConfiguration',
} as const;
const MAX_TOKENS = 8192;

/**
 * How a data source that is created cuts documents. Faults are noted in `demands`; what only the service's own check finds
 * throws ValidationException. Source: Amazon Bedrock API reference, ChunkingConfiguration.
 */
export function readCutting(demands: Demands, input: Input): Cutting {
  const configuration = demands.object(demands.object(input, BASE), PATH);
  if (Object.keys(configuration).length === 0) return DEFAULT_CUTTING;
  const strategy = demands.oneOf(configuration, `${PATH}.chunkingStrategy`, STRATEGIES, true) ?? 'NONE';
  for (const [owner, member] of Object.entries(MEMBERS)) {
    if (owner !== strategy && configuration[member] !== undefined) {
      throw invalid(`${member} is not for the chunking strategy ${strategy}.`);
    }
  }
  if (strategy === 'NONE') return { strategy };
  const path = `${PATH}.${MEMBERS[strategy]}`;
  const set = demands.object(configuration, path, true);
  if (configuration[MEMBERS[strategy]] === undefined) return DEFAULT_CUTTING;
  const number = (member: string, min: number, max: number) =>
    demands.number(set, `${path}.${member}`, min, max, true) ?? min;
  switch (strategy) {
    case 'FIXED_SIZE':
      return {
        strategy,
        maxTokens: number('maxTokens', 1, MAX_TOKENS),
        overlapPercentage: number('overlapPercentage', 1, 99),
      };
    case 'SEMANTIC':
      return {
        strategy,
        maxTokens: number('maxTokens', 1, MAX_TOKENS),
        bufferSize: number('bufferSize', 0, 1),
        percentile: number('breakpointPercentileThreshold', 50, 99),
      };
    case 'HIERARCHICAL': {
      const levels = demands.list(set, `${path}.levelConfigurations`, 2, 2, true);
      const [parentTokens = 1, childTokens = 1] = levels.map((level, i) => {
        const levelPath = `${path}.levelConfigurations.${i + 1}.member.maxTokens`;
        return demands.number(isObject(level) ? level : {}, levelPath, 1, MAX_TOKENS, true) ?? 1;
      });
      const overlapTokens = number('overlapTokens', 1, Number.POSITIVE_INFINITY);
      demands.check();
      if (parentTokens <= childTokens) {
        throw invalid('Max tokens for each level in hierarchical chunking must be in descending order');
      }
      if (overlapTokens >= childTokens) {
        throw invalid('Overlap tokens in hierarchical chunking must be smaller than the bottom level max tokens');
      }
      return { strategy, parentTokens, childTokens, overlapTokens };
    }
  }
}
