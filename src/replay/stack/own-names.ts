import { createHash } from 'node:crypto';
import type { NamedTool } from '../../directory/tool.js';

/** The one memory of the local stack, which stands in for that of every agent. */
export const LOCAL_MEMORY_ID = 'Callers-LocalStack';
/** Longest name of a bucket that leaves room for what makes it a call's own. */
const MAX_BUCKET = 52;

/** The tool with a name for what it asks that no other call uses. */
export function ownTool(tool: NamedTool, run: string): NamedTool {
  switch (tool.kind) {
    case 'agentcore': {
      const { agentRuntimeArn } = tool;
      return { ...tool, agentRuntimeArn: `${agentRuntimeArn.slice(0, -10)}${ownId(agentRuntimeArn, run)}` };
    }
    case 'bedrock-agent':
      return { ...tool, agentId: ownId(tool.agentId, run) };
    case 'knowledge-base':
      return { ...tool, knowledgeBaseId: ownId(tool.knowledgeBaseId, run) };
    case 's3-vectors': {
      const { vectorBucketName } = tool;
      return {
        ...tool,
        vectorBucketName: `${vectorBucketName.slice(0, MAX_BUCKET)}-${ownId(vectorBucketName, run)}`,
      };
    }
    default:
      return tool;
  }
}

/** Ten letters and digits, as AWS makes its ids. */
function ownId(name: string, run: string): string {
  return createHash('sha256').update(`${run} ${name}`).digest('hex').slice(0, 10);
}
