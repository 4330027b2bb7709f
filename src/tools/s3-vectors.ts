import type { ToolOutcome } from '../call/ports.js';
import type { ToolOf } from '../directory/tool.js';
import { available } from './available.js';
import { searched } from './passages.js';
import type { RunContext, ToolInput, ToolPorts } from './ports.js';

/** Looks passages up in an S3 Vectors index. */
export function s3Vectors(
  tool: ToolOf<'s3-vectors'>,
  ports: ToolPorts,
  input: ToolInput,
  { signal }: RunContext,
): Promise<ToolOutcome> {
  const { vectorBucketName, indexName, topK, embeddingModelId, dimensions, filter, textKey } = tool;
  const target = { vectorBucketName, indexName, topK, embeddingModelId, dimensions, filter, textKey };
  return searched(input, (question) => available(ports.vectorIndexes).query(target, question, signal));
}
