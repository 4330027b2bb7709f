import type { AgentInput } from '../directory/agent.js';
import type { ToolAuth, ToolOf } from '../directory/tool.js';

/** What agents ask of AWS and of others, each thing once. */
export interface AgentNeeds {
  readonly runtimes: readonly RuntimeNeed[];
  readonly bedrockAgents: readonly Pick<ToolOf<'bedrock-agent'>, 'agentId' | 'agentAliasId'>[];
  readonly knowledgeBases: readonly Pick<ToolOf<'knowledge-base'>, 'knowledgeBaseId'>[];
  readonly indexes: readonly Pick<ToolOf<'s3-vectors'>, 'vectorBucketName' | 'indexName' | 'dimensions'>[];
  readonly embeddings: readonly Pick<ToolOf<'s3-vectors'>, 'embeddingModelId' | 'dimensions'>[];
  readonly guardrails: readonly NonNullable<AgentInput['guardrail']>[];
  readonly memories: readonly Pick<NonNullable<AgentInput['memory']>, 'memoryId' | 'namespace'>[];
  /** ARNs of secrets in AWS Secrets Manager. */
  readonly secrets: readonly string[];
  readonly mcpServers: readonly { readonly url: string; readonly auth: ToolAuth['kind'] }[];
  /** Where tools get the tokens that they are signed in with. */
  readonly tokenUrls: readonly string[];
  /** Credential providers of AgentCore Identity that tools sign in by. */
  readonly identityProviders: readonly string[];
}

export interface RuntimeNeed extends Pick<ToolOf<'agentcore'>, 'agentRuntimeArn' | 'qualifier'> {
  /** How the bridge says who it is. */
  readonly auth: ToolAuth['kind'];
}

const SECRET_ARN = /^arn:aws[a-z-]*:secretsmanager:/;

/** What these agents need. `openSecret` gives a secret of a tool as it was entered; undefined when it cannot. */
export function agentNeeds(
  agents: readonly AgentInput[],
  openSecret: (sealed: string) => string | undefined,
): AgentNeeds {
  const tools = agents.flatMap((agent) => agent.tools);
  const indexes = tools.filter((tool) => tool.kind === 's3-vectors');
  return {
    runtimes: unique(
      tools
        .filter((tool) => tool.kind === 'agentcore')
        .map(({ agentRuntimeArn, qualifier, auth }) => ({ agentRuntimeArn, qualifier, auth: auth.kind })),
    ),
    bedrockAgents: unique(
      tools
        .filter((tool) => tool.kind === 'bedrock-agent')
        .map(({ agentId, agentAliasId }) => ({ agentId, agentAliasId })),
    ),
    knowledgeBases: unique(
      tools.filter((tool) => tool.kind === 'knowledge-base').map(({ knowledgeBaseId }) => ({ knowledgeBaseId })),
    ),
    indexes: unique(
      indexes.map(({ vectorBucketName, indexName, dimensions }) => ({ vectorBucketName, indexName, dimensions })),
    ),
    embeddings: unique(indexes.map(({ embeddingModelId, dimensions }) => ({ embeddingModelId, dimensions }))),
    guardrails: unique(agents.flatMap(({ guardrail }) => (guardrail ? [guardrail] : []))),
    memories: unique(
      agents.flatMap(({ memory }) => (memory ? [{ memoryId: memory.memoryId, namespace: memory.namespace }] : [])),
    ),
    secrets: unique(
      tools
        .flatMap((tool) => ('auth' in tool && tool.auth.kind === 'oauth' ? [openSecret(tool.auth.clientSecret)] : []))
        .filter((secret) => secret !== undefined)
        .filter((secret) => SECRET_ARN.test(secret)),
    ),
    mcpServers: unique(tools.filter((tool) => tool.kind === 'mcp').map(({ url, auth }) => ({ url, auth: auth.kind }))),
    tokenUrls: unique(
      tools.flatMap((tool) => ('auth' in tool && tool.auth.kind === 'oauth' ? [tool.auth.tokenUrl] : [])),
    ),
    identityProviders: unique(
      tools.flatMap((tool) => ('auth' in tool && tool.auth.kind === 'agentcore-identity' ? [tool.auth.provider] : [])),
    ),
  };
}

function unique<Thing>(things: readonly Thing[]): Thing[] {
  return [...new Map(things.map((thing) => [JSON.stringify(thing), thing])).values()];
}
