import { join } from 'node:path';
import { secretBox } from './access/secret-box.js';
import { areData, askedInThread } from './asking/asked-in-thread.js';
import { type AwsPlaces, askedServices, documentsAt } from './asking/services.js';
import type { CallListener } from './call/events.js';
import type { Clock } from './clock.js';
import type { Config } from './config.js';
import type { AgentVersion } from './directory/agent.js';
import type { Logger } from './log.js';
import { waitSounds } from './media/clips.js';
import { ToolBelt } from './tools/belt.js';
import { callerMemory } from './tools/caller-memory.js';
import { profileTools } from './tools/catalog.js';
import { prewarm } from './tools/prewarm.js';
import { loadedTools, signedIn } from './tools/readiness.js';

export type { AwsPlaces } from './asking/services.js';

export type ToolServices = Awaited<ReturnType<typeof toolServices>>;

/** Puts together what agents can do beyond talking: whom their tools ask, what they remember, what callers hear meanwhile. */
export async function toolServices(options: {
  config: Pick<Config, 'secretsKey' | 'dataDir' | 'agentCoreWorkload'>;
  region: string;
  places: AwsPlaces;
  /** That version of an agent, as far as it is in memory. */
  findAgent: (id: string, version: number) => AgentVersion | undefined;
  /** Services are asked in a thread of their own, where the places can be told to one; by the time of the machine. */
  inThread?: boolean;
  clock: Clock;
  log: Logger;
}) {
  const { config, region, places, findAgent, inThread = false, clock, log } = options;
  const { secretsKey, agentCoreWorkload } = config;
  const settings = { secretsKey, agentCoreWorkload, region };
  const box = secretBox(secretsKey);
  const documents = documentsAt(places, region, clock);
  const asked =
    inThread && areData(places)
      ? askedInThread({ start: { settings, places, logLevel: log.level }, clock, log })
      : askedServices({ settings, places, documents, clock, log });
  const { runtimes, agents, knowledgeBases, vectorIndexes, mcp, memory, guardrails, tokens } = asked;
  const remembered = callerMemory({ memory, findAgent, secretsKey, clock, log });
  const belt = new ToolBelt({
    clock,
    log,
    ports: { agentRuntimes: runtimes, bedrockAgents: agents, knowledgeBases, vectorIndexes, mcp },
    guardOf: ({ guardrail }) => guardrail && ((text, signal) => guardrails.check(guardrail, text, signal)),
  });
  const load = loadedTools({
    runtimes,
    bedrockAgents: agents,
    knowledgeBases,
    vectorIndexes,
    mcp,
    memory,
    guardrails,
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
    coreShare: asked.coreShare,
    toolsOf: (agent: AgentVersion) => profileTools(agent, mcp),
    waitSound: await waitSounds(join(config.dataDir, 'clips'), log),
    load,
    async close() {
      // The last turns of calls that ended just now.
      await remembered.close();
      await asked.close();
      documents.close();
    },
  };
}
