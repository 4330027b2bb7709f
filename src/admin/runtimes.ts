import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { Clock } from '../clock.js';
import { BridgeError } from '../errors.js';
import type { DeployedAgents } from './agent-ports.js';
import { clientGone } from './client-gone.js';
import type { AdminRoutesOptions } from './options.js';
import { READERS } from './route-rules.js';

const runtimeSchema = z
  .strictObject({
    kind: z.literal('agentcore'),
    arn: z.string(),
    name: z.string(),
    version: z.string(),
    status: z.string().describe('`READY` when it can be asked.'),
    description: z.string().optional(),
  })
  .meta({ id: 'AgentCoreRuntime' });

const aliasSchema = z
  .strictObject({
    kind: z.literal('bedrock-agent'),
    agentId: z.string(),
    agentAliasId: z.string(),
    name: z.string(),
    aliasName: z.string(),
    status: z.string().describe('`PREPARED` when it can be asked.'),
    description: z.string().optional(),
  })
  .meta({ id: 'BedrockAgentAlias' });

const problemSchema = z
  .strictObject({
    kind: z.enum(['agentcore', 'bedrock-agent']),
    reason: z.string().describe('`refused`, `credentials`, `throttled`, `unavailable` and the like.'),
    message: z.string().describe('Words for people; of the service where it gave any.'),
  })
  .meta({ id: 'ListProblem' });

const listSchema = z.strictObject({
  items: z.array(z.discriminatedUnion('kind', [runtimeSchema, aliasSchema])),
  nextCursor: z.null().describe('All are on this page.'),
  problems: z.array(problemSchema).describe('What could not be listed; the rest is there all the same.'),
});

type Item = z.output<typeof listSchema>['items'][number];
type Kind = Item['kind'];

/** Long enough for a thousand agents; people wait for it. */
const LIMIT_MS = 15_000;

/** Agents of the AWS account that a tool can ask. */
export async function runtimeRoutes(instance: FastifyInstance, options: AdminRoutesOptions): Promise<void> {
  const { deployedAgents, clock } = options;

  instance.withTypeProvider<ZodTypeProvider>().get(
    '/runtimes',
    {
      config: { roles: READERS },
      schema: {
        operationId: 'listRuntimes',
        summary: 'Lists AgentCore runtimes, and Bedrock agents by their aliases, of the account and region',
        tags: ['agents'],
        response: { 200: listSchema },
      },
    },
    async (_request, reply) => {
      const gone = clientGone(reply);
      const read = (kind: Kind, list: (signal: AbortSignal) => Promise<Item[]>) =>
        within(LIMIT_MS, clock, gone, list).then(
          (items) => ({ items, problems: [] }),
          (error: unknown) => ({ items: [], problems: [problemOf(kind, error)] }),
        );
      const sources = await Promise.all([
        read('agentcore', async (signal) => (await deployedAgents.runtimes(signal)).map(runtimeItem)),
        read('bedrock-agent', async (signal) => (await deployedAgents.bedrockAgents(signal)).flatMap(aliasItems)),
      ]);
      return {
        items: sources.flatMap(({ items }) => items),
        nextCursor: null,
        problems: sources.flatMap(({ problems }) => problems),
      };
    },
  );
}

function runtimeItem(runtime: Awaited<ReturnType<DeployedAgents['runtimes']>>[number]): Item {
  return { kind: 'agentcore', ...runtime };
}

function aliasItems(agent: Awaited<ReturnType<DeployedAgents['bedrockAgents']>>[number]): Item[] {
  const { agentId, name, description, aliases } = agent;
  return aliases.map(({ agentAliasId, name: aliasName, status }) => ({
    kind: 'bedrock-agent',
    agentId,
    agentAliasId,
    name,
    aliasName,
    status,
    ...(description !== undefined && { description }),
  }));
}

async function within<Result>(
  limitMs: number,
  clock: Clock,
  gone: AbortSignal,
  work: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const limit = new AbortController();
  const cancel = clock.after(limitMs, () => limit.abort());
  try {
    return await work(AbortSignal.any([gone, limit.signal]));
  } catch (cause) {
    if (!limit.signal.aborted) throw cause;
    const words = `gave no answer within ${limitMs / 1000} seconds`;
    throw new BridgeError('TOOL_FAILED', words, { reason: 'unavailable' }, { cause });
  } finally {
    cancel();
  }
}

function problemOf(kind: Kind, error: unknown): z.output<typeof problemSchema> {
  if (!(error instanceof BridgeError)) throw error;
  const { reason, service } = error.details;
  return {
    kind,
    reason: typeof reason === 'string' ? reason : 'unavailable',
    message: typeof service === 'string' ? service : error.message,
  };
}
