import type { Agent } from 'node:http';
import type { Clock } from '../../clock.js';
import type { AgentInput, Tool } from '../../directory/agent.js';
import type { ToolOf } from '../../directory/tool.js';
import { startAgentCore } from '../../emulator/agentcore/server.js';
import type { AgentScript } from '../../emulator/bedrock-agents/script.js';
import { startBedrockAgents } from '../../emulator/bedrock-agents/server.js';
import { startKnowledgeBases } from '../../emulator/knowledge-bases/server.js';
import type { McpEmulator } from '../../emulator/mcp/contract.js';
import { startMcpServer } from '../../emulator/mcp/server.js';
import { author } from '../../emulator/models/author/author.js';
import { startModels } from '../../emulator/models/server.js';
import { startCollection } from '../../emulator/opensearch/server.js';
import type { Reach } from '../../emulator/reach.js';
import { startS3 } from '../../emulator/s3/server.js';
import { startS3Vectors } from '../../emulator/vectors/server.js';
import type { Ids } from '../../ids.js';
import { runtimeName, type Services } from '../fixture/services.js';
import { AGENTS_BUCKET, pythonPrograms } from './creator-stand-ins.js';
import { LOCAL_MEMORY_ID, ownTool } from './own-names.js';
import { agentScript, mcpTools, runtimeScript } from './scripted-answers.js';

/** The bucket from which knowledge bases of the local stack can be filled. */
const BUCKET = 'documents';

/** Puts something where agents look it up, as the bridge itself does. */
export interface Filling {
  /** Makes the index, which is not there yet, and puts the documents in. */
  index(
    target: Pick<ToolOf<'s3-vectors'>, 'vectorBucketName' | 'indexName' | 'embeddingModelId' | 'dimensions'>,
    documents: Services['documents'][string],
  ): Promise<void>;
  remember(memoryId: string, caller: string, fact: string): Promise<void>;
}

/** Services in memory, in place of ports on loopback. */
export interface InMemory {
  readonly reach: Reach;
  readonly httpAgent: Agent;
  readonly ids: Ids;
}

export type LocalServices = Awaited<ReturnType<typeof startLocalServices>>;

/** Starts stand-ins for all services that agents of the local stack can ask, on its clock. */
export async function startLocalServices(clock: Clock, memory?: InMemory) {
  const where = { clock, ...(memory && { reach: memory.reach, ids: memory.ids }) };
  const classicAgents: AgentScript[] = [];
  const mcpServers = new Set<McpEmulator>();
  const [agentCore, agents, models, vectors, collection, s3] = await Promise.all([
    // What is written to memory can be recalled at once: there it takes a minute.
    startAgentCore({
      ...where,
      memories: [
        {
          memoryId: LOCAL_MEMORY_ID,
          strategies: [{ memoryStrategyId: 'facts-0000000000', namespace: '/actors/{actorId}' }],
          extractsAfterMs: 0,
        },
      ],
    }),
    startBedrockAgents({ ...where, agents: classicAgents }),
    startModels({ ...where, converse: author() }),
    startS3Vectors(where),
    startCollection(where),
    startS3({ ...where, buckets: [BUCKET, AGENTS_BUCKET] }),
  ]);
  const knowledgeBases = await startKnowledgeBases({
    ...where,
    vectors,
    collection,
    async *objects(bucket, prefix) {
      for (const [key, { body }] of s3.objects(bucket)) if (key.startsWith(prefix)) yield { key, body };
    },
  });
  const { region, credentials } = agentCore;
  const place = ({ url }: { url: string }) => ({
    endpoint: url,
    region,
    credentials,
    ...(memory && { httpAgent: memory.httpAgent }),
  });

  const storage = { endpoint: s3.url, region: s3.region, credentials: s3.credentials };
  // Python speaks to its services over sockets.
  const programs = memory ? undefined : pythonPrograms(agentCore, { models: place(models), s3: storage });

  /** What stands behind a tool, under the name that it has in this call. */
  const standIn = async (tool: Tool, run: string, services: Services, fill: Filling): Promise<Tool> => {
    if (tool.kind === 'mcp') {
      const script = services.mcp[tool.url];
      if (!script) return tool;
      const server = await startMcpServer({ ...where, tools: mcpTools(script) });
      mcpServers.add(server);
      return { ...tool, url: server.url };
    }
    if (tool.kind === 'agentcore' && programs?.has(tool.agentRuntimeArn)) return tool;
    // One without documents may be of this stack, made over its API.
    if (tool.kind === 'knowledge-base' && !services.knowledgeBases[tool.knowledgeBaseId]) return tool;
    const own = ownTool(tool, run);
    if (tool.kind === 'knowledge-base' && own.kind === 'knowledge-base') {
      const documents = services.knowledgeBases[tool.knowledgeBaseId] ?? [];
      await knowledgeBases.add({ knowledgeBaseId: own.knowledgeBaseId, documents });
    }
    if (tool.kind === 'agentcore' && own.kind === 'agentcore') {
      const script = services.runtimes[runtimeName(tool.agentRuntimeArn)];
      if (script) agentCore.deploy(runtimeScript(own.agentRuntimeArn, script));
    }
    if (tool.kind === 'bedrock-agent' && own.kind === 'bedrock-agent') {
      const script = services.bedrockAgents[tool.agentId];
      if (script) classicAgents.push(agentScript(own.agentId, own.agentAliasId, script));
    }
    if (own.kind === 's3-vectors') await fill.index(own, services.documents[own.indexName] ?? []);
    return own;
  };

  return {
    places: {
      agentCore: place(agentCore),
      agents: place(agents),
      knowledgeBases: place(knowledgeBases),
      models: place(models),
      vectors: place(vectors),
      collections: place(collection),
    },
    s3: storage,
    programs,
    /**
     * Puts in place what the services answer in one call. The agent comes back with names of its own for them, so that
     * calls do not meet there, whatever goes wrong in one of them.
     */
    async serve(agent: AgentInput, call: { run: string; caller: string; services: Services }, fill: Filling) {
      const { run, caller, services } = call;
      const tools: Tool[] = [];
      for (const tool of agent.tools) tools.push(await standIn(tool, run, services, fill));
      if (!agent.memory) return { ...agent, tools };
      for (const fact of services.memory) await fill.remember(LOCAL_MEMORY_ID, caller, fact);
      return { ...agent, tools, memory: { ...agent.memory, memoryId: LOCAL_MEMORY_ID } };
    },
    async close() {
      await programs?.close();
      const opened = [agentCore, agents, models, vectors, collection, s3, knowledgeBases, ...mcpServers];
      await Promise.all(opened.map((server) => server.close()));
    },
  };
}
