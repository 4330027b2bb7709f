import { join } from 'node:path';
import { secretBox } from './access/secret-box.js';
import { agentRuntimes } from './agents/agent-runtimes.js';
import { bedrockAgents } from './agents/bedrock-agents.js';
import { guardrails } from './agents/guardrail.js';
import { agentMemory } from './agents/memory.js';
import { sealedTokens } from './agents/sealed-tokens.js';
import { tokenSource } from './agents/tokens.js';
import type { AwsPlace } from './aws.js';
import type { CallListener } from './call/events.js';
import type { Clock } from './clock.js';
import type { Config } from './config.js';
import type { AgentVersion } from './directory/agent.js';
import { knowledge } from './knowledge/knowledge.js';
import type { Logger } from './log.js';
import type { Fetch } from './mcp/exchange.js';
import { gatewaySigner } from './mcp/gateway-signer.js';
import { mcpServers } from './mcp/mcp-servers.js';
import { waitSounds } from './media/clips.js';
import { ToolBelt } from './tools/belt.js';
import { callerMemory } from './tools/caller-memory.js';
import { profileTools } from './tools/catalog.js';
import { prewarm } from './tools/prewarm.js';
import { loadedTools, signedIn } from './tools/readiness.js';

/** Where AWS services are reached; what is left out the SDK finds itself. */
export interface AwsPlaces {
  /** AgentCore: runtimes with their control plane, memory, identity. */
  readonly agentCore?: AwsPlace;
  /** Classic agents and knowledge bases of Bedrock, and their control plane. */
  readonly agents?: AwsPlace;
  readonly knowledgeBases?: AwsPlace;
  /** Models for embeddings, and guardrails. */
  readonly models?: AwsPlace;
  readonly vectors?: AwsPlace;
  /** Collections of OpenSearch Serverless. */
  readonly collections?: AwsPlace;
  /** Buckets that knowledge bases are filled from. */
  readonly s3?: AwsPlace;
  readonly secrets?: AwsPlace;
  /** Carries requests to MCP servers; left out: the global `fetch`. */
  readonly mcpFetch?: Fetch;
}

export type ToolServices = Awaited<ReturnType<typeof toolServices>>;

/** Puts together what agents can do beyond talking: whom their tools ask, what they remember, what callers hear meanwhile. */
export async function toolServices(options: {
  config: Pick<Config, 'secretsKey' | 'dataDir' | 'agentCoreWorkload'>;
  region: string;
  places: AwsPlaces;
  /** That version of an agent, as far as it is in memory. */
  findAgent: (id: string, version: number) => AgentVersion | undefined;
  clock: Clock;
  log: Logger;
}) {
  const { config, region, places, findAgent, clock, log } = options;
  const placeOf = (place: AwsPlace = {}): AwsPlace => ({ region, ...place });
  const box = secretBox(config.secretsKey);
  const workloadName = config.agentCoreWorkload;
  const tokens = sealedTokens(
    tokenSource({
      identity: { ...placeOf(places.agentCore), ...(workloadName !== undefined && { workloadName }) },
      secrets: placeOf(places.secrets),
      clock,
      log,
    }),
    box.open,
  );
  const runtimes = agentRuntimes({
    place: placeOf(places.agentCore),
    tokens,
    clock,
    log,
  });
  const agents = bedrockAgents({ place: placeOf(places.agents), clock, log });
  const documents = knowledge({
    places: {
      bedrock: placeOf(places.models),
      knowledgeBases: placeOf(places.knowledgeBases),
      vectors: placeOf(places.vectors),
      collections: placeOf(places.collections),
      s3: placeOf(places.s3),
    },
    clock,
  });
  const signer = gatewaySigner(placeOf(places.agentCore), clock);
  const mcp = mcpServers({
    async authorization({ auth }, signal, refused) {
      if (refused !== undefined) tokens.rejected(auth, refused);
      return tokens.authorization(auth, signal);
    },
    signer: signer.sign,
    fetch: places.mcpFetch,
    clock,
    log,
  });
  const memory = agentMemory({ place: placeOf(places.agentCore) });
  const guards = guardrails({ place: placeOf(places.models) });
  const remembered = callerMemory({ memory, findAgent, secretsKey: config.secretsKey, clock, log });
  const belt = new ToolBelt({
    clock,
    log,
    ports: {
      agentRuntimes: runtimes,
      bedrockAgents: agents,
      knowledgeBases: documents.knowledgeBases,
      vectorIndexes: documents.vectorIndexes,
      mcp,
    },
    guardOf: ({ guardrail }) => guardrail && ((text, signal) => guards.check(guardrail, text, signal)),
  });
  const load = loadedTools({
    runtimes,
    bedrockAgents: agents,
    knowledgeBases: documents.knowledgeBases,
    vectorIndexes: documents.vectorIndexes,
    mcp,
    memory,
    guardrails: guards,
    log,
  });
  const signIn = signedIn({ tokens, log });
  const warm = async (agent: AgentVersion) => {
    await Promise.all([load(agent), signIn(agent)]);
  };
  const listeners: CallListener[] = [
    prewarm({ findAgent, runtimes, bedrockAgents: agents, mcp, load: warm, clock }),
    remembered.listener,
  ];

  return {
    belt,
    tokens,
    runtimes,
    agents,
    documents,
    mcp,
    listeners,
    seal: box.seal,
    recall: remembered.recall,
    forget: remembered.forget,
    toolsOf: (agent: AgentVersion) => profileTools(agent, mcp),
    waitSound: await waitSounds(join(config.dataDir, 'clips'), log),
    load,
    async close() {
      // The last turns of calls that ended just now.
      await remembered.close();
      await mcp.close();
      for (const each of [runtimes, agents, documents, signer, memory, guards, tokens]) each.close();
    },
  };
}
