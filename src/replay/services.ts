import { z } from 'zod';
import type { AgentInput } from '../directory/agent.js';
import type { CheckedFile, FileFault } from './yaml-file.js';

const ANSWERS = 'must have at least one answer';
const delayMs = z.int().min(0).max(60_000).default(0);
const words = z.string().min(1);

/** Exactly one of these fields is there. */
function oneOf<Fields extends string>(...fields: Fields[]) {
  const listed = `${fields.slice(0, -1).join(', ')} and ${fields.at(-1)}`;
  return (value: Partial<Record<Fields, unknown>>, context: z.RefinementCtx) => {
    if (fields.filter((field) => value[field] !== undefined).length === 1) return;
    context.addIssue({ code: 'custom', message: `must have exactly one of ${listed}` });
  };
}

/** What an agent on AgentCore answers to one request. */
const runtimeAnswer = z
  .strictObject({
    json: z.json().optional(),
    /** Each value is one event of a stream. */
    sse: z.array(z.json()).min(1).optional(),
    /** A refusal of AgentCore itself. */
    error: z.strictObject({ status: z.int().min(400).max(599), message: words }).optional(),
    delayMs,
    /** Between events. */
    gapMs: delayMs,
  })
  .superRefine(oneOf('json', 'sse', 'error'));

const agentAnswer = z
  .strictObject({
    /** Each text is one event of the stream. */
    chunks: z.array(z.string()).min(1).optional(),
    /** `type` as the stream names it: `throttlingException`. */
    exception: z.strictObject({ type: words, message: words }).optional(),
    delayMs,
  })
  .superRefine(oneOf('chunks', 'exception'));

const toolAnswer = z
  .strictObject({
    text: words.optional(),
    structured: z.record(z.string(), z.json()).optional(),
    /** What the tool itself calls an error. */
    error: words.optional(),
    delayMs,
  })
  .superRefine(oneOf('text', 'structured', 'error'));

const document = z.strictObject({ name: words, text: words });

/** `services.yaml`: what the services that the agent asks answer in this call. The last of several answers is given from then on. */
export const servicesSchema = z.strictObject({
  /** By the name in the ARN that the agent's tool has. */
  runtimes: z
    .record(
      z.string(),
      z.strictObject({
        /** How long the first request of the call waits for its machine. */
        coldStartMs: delayMs,
        answers: z.array(runtimeAnswer).min(1, ANSWERS),
      }),
    )
    .default({}),
  /** Classic agents, by `agentId`. */
  bedrockAgents: z.record(z.string(), z.strictObject({ answers: z.array(agentAnswer).min(1, ANSWERS) })).default({}),
  /** What is in the S3 Vectors index of that name. */
  documents: z.record(z.string(), z.array(document).min(1, 'must have at least one document')).default({}),
  /** What the agent's memory knows of the caller. */
  memory: z.array(words).default([]),
  /** MCP servers, by the URL that the agent's tool has. */
  mcp: z
    .record(
      z.string(),
      z.strictObject({
        tools: z.record(
          z.string(),
          z.strictObject({
            description: words.optional(),
            inputSchema: z.looseObject({ type: z.literal('object') }).default({ type: 'object' }),
            answers: z.array(toolAnswer).min(1, ANSWERS),
          }),
        ),
      }),
    )
    .default({}),
});

export type Services = z.infer<typeof servicesSchema>;

/** Everything in `services.yaml` that the agent never asks: answers that nobody would hear. */
export function unaskedServices({ value, lineOf }: CheckedFile<Services>, agent: AgentInput | undefined): FileFault[] {
  const asked = askedBy(agent);
  const faults: FileFault[] = [];
  for (const part of ['runtimes', 'bedrockAgents', 'documents', 'mcp'] as const) {
    for (const name of Object.keys(value[part])) {
      if (asked[part].includes(name)) continue;
      const known = asked[part].length === 0 ? 'it asks none of these' : `it asks ${asked[part].join(', ')}`;
      const reason = `is asked by no tool of the agent: ${known}`;
      faults.push({ line: lineOf(part, name), field: `${part}.${name}`, reason });
    }
  }
  if (value.memory.length > 0 && (!agent?.memory || agent.memory.hashCaller)) {
    const reason = agent?.memory
      ? 'is under a hash that only its bridge can make'
      : 'belongs to no memory of the agent';
    faults.push({ line: lineOf('memory'), field: 'memory', reason });
  }
  return faults;
}

function askedBy(agent: AgentInput | undefined) {
  const asked = {
    runtimes: [] as string[],
    bedrockAgents: [] as string[],
    documents: [] as string[],
    mcp: [] as string[],
  };
  for (const tool of agent?.tools ?? []) {
    if (tool.kind === 'agentcore') asked.runtimes.push(runtimeName(tool.agentRuntimeArn));
    if (tool.kind === 'bedrock-agent') asked.bedrockAgents.push(tool.agentId);
    if (tool.kind === 's3-vectors') asked.documents.push(tool.indexName);
    if (tool.kind === 'mcp') asked.mcp.push(tool.url);
  }
  return asked;
}

/** `orders` of `…:runtime/orders-Ab12Cd34Ef`. */
export function runtimeName(agentRuntimeArn: string): string {
  return agentRuntimeArn.replace(/^.*\//, '').replace(/-[A-Za-z0-9]{10}$/, '');
}
