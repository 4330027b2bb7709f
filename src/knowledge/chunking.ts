import type { ChunkingConfiguration } from '@aws-sdk/client-bedrock-agent';

interface Level {
  readonly maxTokens: number;
}

/** How Bedrock is to cut documents; the fields are those of its API. */
export type ChunkingInput =
  | { readonly strategy: 'FIXED_SIZE'; readonly maxTokens: number; readonly overlapPercentage: number }
  | {
      readonly strategy: 'HIERARCHICAL';
      /** Two: what is answered with, and the smaller parts of it that are searched. */
      readonly levelConfigurations: Level[];
      readonly overlapTokens: number;
    }
  | {
      readonly strategy: 'SEMANTIC';
      readonly maxTokens: number;
      readonly bufferSize: number;
      readonly breakpointPercentileThreshold: number;
    }
  | { readonly strategy: 'NONE' };

/** How Bedrock cuts documents; `OTHER`: in a way that is not known here. */
export type Chunking = ChunkingInput | { readonly strategy: 'OTHER' };

export function chunkingConfiguration(chunking: ChunkingInput): ChunkingConfiguration {
  switch (chunking.strategy) {
    case 'NONE':
      return { chunkingStrategy: 'NONE' };
    case 'FIXED_SIZE': {
      const { maxTokens, overlapPercentage } = chunking;
      return { chunkingStrategy: 'FIXED_SIZE', fixedSizeChunkingConfiguration: { maxTokens, overlapPercentage } };
    }
    case 'HIERARCHICAL': {
      const { levelConfigurations, overlapTokens } = chunking;
      return {
        chunkingStrategy: 'HIERARCHICAL',
        hierarchicalChunkingConfiguration: { levelConfigurations, overlapTokens },
      };
    }
    case 'SEMANTIC': {
      const { strategy: chunkingStrategy, ...semanticChunkingConfiguration } = chunking;
      return { chunkingStrategy, semanticChunkingConfiguration };
    }
  }
}

export function chunkingOf(configuration: ChunkingConfiguration): Chunking {
  const { chunkingStrategy: strategy } = configuration;
  switch (strategy) {
    case 'NONE':
      return { strategy };
    case 'FIXED_SIZE': {
      const { maxTokens = 0, overlapPercentage = 0 } = configuration.fixedSizeChunkingConfiguration ?? {};
      return { strategy, maxTokens, overlapPercentage };
    }
    case 'HIERARCHICAL': {
      const { levelConfigurations = [], overlapTokens = 0 } = configuration.hierarchicalChunkingConfiguration ?? {};
      const levels = levelConfigurations.map(({ maxTokens = 0 }) => ({ maxTokens }));
      return { strategy, levelConfigurations: levels, overlapTokens };
    }
    case 'SEMANTIC': {
      const { semanticChunkingConfiguration: set } = configuration;
      const { maxTokens = 0, bufferSize = 0, breakpointPercentileThreshold = 0 } = set ?? {};
      return { strategy, maxTokens, bufferSize, breakpointPercentileThreshold };
    }
    default:
      return { strategy: 'OTHER' };
  }
}
