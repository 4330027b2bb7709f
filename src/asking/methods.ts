import type { AskContext } from '../agents/agent-runtimes.js';
import type { BedrockAgents, BedrockAgentTarget } from '../agents/bedrock-agents.js';
import type { Guardrail } from '../agents/guardrail.js';
import type { AgentMemory, MemoryTarget } from '../agents/memory.js';
import type { RuntimeTarget } from '../agents/runtime-requests.js';
import type { Auth } from '../agents/tokens.js';
import type { McpServers } from '../mcp/mcp-servers.js';
import type { McpServer } from '../mcp/server.js';
import type { DoWanted, KnowledgeBases, VectorIndexes } from '../tools/ports.js';
import type { AskedServices } from './services.js';

/** What of an ask stays with whoever asks, and is reached from there. */
export interface Live {
  readonly signal: AbortSignal;
  readonly streams: (soFar: () => string | undefined) => void;
  readonly doWanted: DoWanted;
}

/** Without what is no data. */
type Data<Context> = Omit<Context, keyof Live>;

/** What can be asked for by name: what is live first, then data alone. */
export function methodsOf(services: AskedServices) {
  const { runtimes, agents, knowledgeBases, vectorIndexes, mcp, memory, guardrails, tokens } = services;
  return {
    'runtimes.ask': ({ signal, streams }: Live, target: RuntimeTarget, payload: unknown, context: Data<AskContext>) =>
      runtimes.ask(target, payload, { ...context, signal, streams }),
    'runtimes.warm': (_live: Live, target: RuntimeTarget, sessionId: string) => runtimes.warm(target, sessionId),
    'runtimes.stop': (_live: Live, target: RuntimeTarget, sessionId: string) => runtimes.stop(target, sessionId),
    'runtimes.list': ({ signal }: Live) => runtimes.list(signal),
    'runtimes.load': (_live: Live, target: RuntimeTarget) => runtimes.load(target),

    'agents.ask': (
      { signal, doWanted }: Live,
      target: Parameters<BedrockAgents['ask']>[0],
      prompt: string,
      context: Data<Parameters<BedrockAgents['ask']>[2]>,
    ) => agents.ask(target, prompt, { ...context, signal, doWanted }),
    'agents.end': (_live: Live, target: BedrockAgentTarget, sessionId: string) => agents.end(target, sessionId),
    'agents.list': ({ signal }: Live) => agents.list(signal),
    'agents.load': () => agents.load(),

    'knowledgeBases.retrieve': ({ signal }: Live, target: Parameters<KnowledgeBases['retrieve']>[0], text: string) =>
      knowledgeBases.retrieve(target, text, signal),
    'knowledgeBases.load': () => knowledgeBases.load(),

    'vectorIndexes.query': ({ signal }: Live, target: Parameters<VectorIndexes['query']>[0], text: string) =>
      vectorIndexes.query(target, text, signal),
    'vectorIndexes.load': () => vectorIndexes.load(),

    'mcp.call': (
      { signal }: Live,
      server: McpServer,
      remoteName: string,
      input: object,
      context: Data<Parameters<McpServers['call']>[3]>,
    ) => mcp.call(server, remoteName, input, { ...context, signal }),
    /** What was listed is told before this is answered. */
    'mcp.refresh': async ({ signal }: Live, server: McpServer) => {
      await mcp.refresh(server, signal);
    },
    /** Somebody uses the tools of the server: an old list is renewed. */
    'mcp.used': async (_live: Live, server: McpServer) => {
      mcp.toolsOf(server);
    },
    'mcp.keepListed': async (_live: Live, servers: readonly McpServer[]) => mcp.keepListed(servers),
    'mcp.load': () => mcp.load(),

    'memory.recall': (
      { signal }: Live,
      target: MemoryTarget,
      actorId: string,
      options: Data<Parameters<AgentMemory['recall']>[2]>,
    ) => memory.recall(target, actorId, { ...options, signal }),
    'memory.remember': ({ signal }: Live, target: MemoryTarget, event: Data<Parameters<AgentMemory['remember']>[1]>) =>
      memory.remember(target, { ...event, signal }),
    'memory.forget': ({ signal }: Live, target: MemoryTarget, actorId: string) =>
      memory.forget(target, actorId, signal),
    'memory.load': () => memory.load(),

    'guardrails.check': ({ signal }: Live, guardrail: Guardrail, text: string) =>
      guardrails.check(guardrail, text, signal),
    'guardrails.load': () => guardrails.load(),

    'tokens.authorization': ({ signal }: Live, auth: Auth) => tokens.authorization(auth, signal),
    'tokens.rejected': async (_live: Live, auth: Auth, authorization?: string) => tokens.rejected(auth, authorization),

    close: () => services.close(),
  };
}

export type Methods = ReturnType<typeof methodsOf>;
export type MethodName = keyof Methods;
/** What is given along with what is live. */
export type Given<Name extends MethodName> = Parameters<Methods[Name]> extends [Live, ...infer Rest] ? Rest : [];
export type Answer<Name extends MethodName> = Awaited<ReturnType<Methods[Name]>>;
