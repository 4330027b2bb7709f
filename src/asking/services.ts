import { secretBox } from '../access/secret-box.js';
import { type AgentRuntimes, agentRuntimes } from '../agents/agent-runtimes.js';
import { type BedrockAgents, bedrockAgents } from '../agents/bedrock-agents.js';
import { type Guardrails, guardrails } from '../agents/guardrail.js';
import { type AgentMemory, agentMemory } from '../agents/memory.js';
import { sealedTokens } from '../agents/sealed-tokens.js';
import { type TokenSource, tokenSource } from '../agents/tokens.js';
import type { AwsPlace } from '../aws.js';
import type { Clock } from '../clock.js';
import { type Knowledge, knowledge } from '../knowledge/knowledge.js';
import type { Logger } from '../log.js';
import type { Fetch } from '../mcp/exchange.js';
import { gatewaySigner } from '../mcp/gateway-signer.js';
import { type McpServers, type McpServersOptions, mcpServers } from '../mcp/mcp-servers.js';
import type * as ports from '../tools/ports.js';
import { spokenAnswer, spokenPassages, spokenSoFar, spokenToolAnswer } from '../tools/spoken-answers.js';

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

/** What the services are made with, as data. */
export interface AskingSettings {
  readonly secretsKey: string;
  readonly agentCoreWorkload: string | undefined;
  readonly region: string;
}

interface Loaded {
  /** Loads what the first question would have to wait for, and opens its connection. Rejects when there can be none. */
  load(): Promise<void>;
}

/** All that is asked while somebody is on the line. What comes back is no longer than what can be spoken. */
export interface AskedServices {
  readonly runtimes: Omit<AgentRuntimes, 'close'>;
  readonly agents: Omit<BedrockAgents, 'close'>;
  readonly knowledgeBases: ports.KnowledgeBases & Loaded;
  readonly vectorIndexes: ports.VectorIndexes & Loaded;
  readonly mcp: Omit<McpServers, 'close'>;
  readonly memory: Omit<AgentMemory, 'close'>;
  readonly guardrails: Omit<Guardrails, 'close'>;
  readonly tokens: TokenSource;
  /** What share of a core the thread that asks had in the last second, 0 to 1. Left out: there is no such thread. */
  readonly coreShare?: () => number;
  close(): Promise<void>;
}

/** The room of documents at these places. Nothing is loaded before it is used. */
export function documentsAt(places: AwsPlaces, region: string, clock: Clock): Knowledge {
  const placeOf = inRegion(region);
  return knowledge({
    places: {
      bedrock: placeOf(places.models),
      knowledgeBases: placeOf(places.knowledgeBases),
      vectors: placeOf(places.vectors),
      collections: placeOf(places.collections),
      s3: placeOf(places.s3),
    },
    clock,
  });
}

/** Makes the clients of all services; each is loaded when it is first used. `documents` are whoever made them to close. */
export function askedServices(options: {
  settings: AskingSettings;
  places: AwsPlaces;
  documents: Pick<Knowledge, 'knowledgeBases' | 'vectorIndexes'>;
  listed?: McpServersOptions['listed'];
  clock: Clock;
  log: Logger;
}): AskedServices {
  const { settings, places, documents, listed, clock, log } = options;
  const { agentCoreWorkload: workloadName } = settings;
  const placeOf = inRegion(settings.region);
  const tokens = sealedTokens(
    tokenSource({
      identity: { ...placeOf(places.agentCore), ...(workloadName !== undefined && { workloadName }) },
      secrets: placeOf(places.secrets),
      clock,
      log,
    }),
    secretBox(settings.secretsKey).open,
  );
  const runtimes = agentRuntimes({ place: placeOf(places.agentCore), tokens, clock, log });
  const agents = bedrockAgents({ place: placeOf(places.agents), clock, log });
  const signer = gatewaySigner(placeOf(places.agentCore), clock);
  const mcp = mcpServers({
    async authorization({ auth }, signal, refused) {
      if (refused !== undefined) tokens.rejected(auth, refused);
      return tokens.authorization(auth, signal);
    },
    signer: signer.sign,
    fetch: places.mcpFetch,
    ...(listed && { listed }),
    clock,
    log,
  });
  const memory = agentMemory({ place: placeOf(places.agentCore) });
  const guards = guardrails({ place: placeOf(places.models) });
  const { knowledgeBases, vectorIndexes } = documents;

  return {
    runtimes: {
      ...runtimes,
      async ask(target, payload, { streams, ...context }) {
        const spoken = streams && { streams: (soFar: () => string | undefined) => streams(spokenSoFar(soFar)) };
        return spokenAnswer(await runtimes.ask(target, payload, { ...context, ...spoken }));
      },
    },
    agents: {
      ...agents,
      ask: async (...asked) => spokenAnswer(await agents.ask(...asked)),
    },
    knowledgeBases: {
      retrieve: async (...asked) => spokenPassages(await knowledgeBases.retrieve(...asked)),
      load: knowledgeBases.load,
    },
    vectorIndexes: {
      query: async (...asked) => spokenPassages(await vectorIndexes.query(...asked)),
      load: vectorIndexes.load,
    },
    mcp: {
      ...mcp,
      call: async (...asked) => spokenToolAnswer(await mcp.call(...asked)),
    },
    memory,
    guardrails: guards,
    tokens,
    async close() {
      await mcp.close();
      for (const each of [runtimes, agents, signer, memory, guards, tokens]) each.close();
    },
  };
}

const inRegion =
  (region: string) =>
  (place: AwsPlace = {}): AwsPlace => ({ region, ...place });
