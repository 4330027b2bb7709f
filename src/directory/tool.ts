import { z } from 'zod';
import { e164Schema } from './number.js';
import { isWebUrl, LOCAL_URL_MESSAGE } from './web-url.js';

/** A JSON Schema object as the model takes it for a tool's input; whether it makes sense is asked when the agent is saved. */
const inputSchema = z.looseObject({ type: z.literal('object') });

/** What the voice model accepts as the name of a tool. Source: Nova Sonic user guide, tool configuration. */
const toolName = z.string().regex(/^[a-zA-Z0-9_-]{1,64}$/, 'use 1 to 64 letters, digits, "_" or "-"');

/** Past `afterMs` of waiting the caller hears that work is going on: a tone, or the operator's clip of that name. */
const waitSoundSchema = z.union([
  z.literal(false),
  z.strictObject({
    afterMs: z.int().min(0).max(60_000).default(1200),
    clip: z
      .string()
      .regex(/^[a-z0-9-]{1,64}$/, 'the name of a clip: lower-case letters, digits and "-"')
      .optional(),
  }),
]);

const limits = {
  inputSchema: inputSchema.optional(),
  timeoutMs: z.int().min(100).max(60_000).default(8000),
};
const spoken = { name: toolName, description: z.string().min(1).max(4096), ...limits };
/** Of tools that may take their time. */
const waiting = { ...spoken, waitSound: waitSoundSchema.default({ afterMs: 1200 }) };

const webUrl = z.string().max(2000).refine(isWebUrl, { message: LOCAL_URL_MESSAGE });
const scopes = z.array(z.string().min(1).max(400)).max(50).default([]);

/** How the bridge says who it is. A secret goes in and never out; it may be the ARN of an AWS Secrets Manager secret. */
export const authSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('none') }),
  z.strictObject({ kind: z.literal('sigv4') }),
  z.strictObject({
    kind: z.literal('oauth'),
    tokenUrl: webUrl,
    clientId: z.string().min(1).max(400),
    clientSecret: z.string().min(1).max(4000),
    scopes,
  }),
  z.strictObject({ kind: z.literal('agentcore-identity'), provider: z.string().min(1).max(200), scopes }),
]);
export type ToolAuth = z.infer<typeof authSchema>;

/** Agents come as JSON; saying so again (`z.json`) makes schemas without end in the OpenAPI document. */
const jsonObject = z.record(z.string(), z.unknown());

/** What a payload may mention between double braces. */
const PAYLOAD_VARIABLE = /^(?:input(?:\.[A-Za-z0-9_-]+)*|callSid|caller|called|sessionId|variables\.[A-Za-z0-9_-]+)$/;

const payloadSchema = jsonObject.superRefine((payload, context) => {
  for (const [, name = ''] of JSON.stringify(payload).matchAll(/\{\{\s*([^{}]*?)\s*\}\}/g)) {
    if (PAYLOAD_VARIABLE.test(name)) continue;
    context.addIssue({
      code: 'custom',
      message: `unknown variable {{${name}}}: use {{input.<field>}}, {{callSid}}, {{sessionId}}, {{caller}}, {{called}} or {{variables.<name>}}`,
    });
  }
});

/** What the operator knows of an agent and the bridge cannot: a newer question may take the place of one that still runs. */
const readOnly = z
  .boolean()
  .optional()
  .describe(
    'True: it only looks things up, and changes nothing: when the caller goes on and it is asked again, the question before is given up, and a question that failed for a passing reason is asked once more. Otherwise it runs on beside the newer one.',
  );

/** Asks an agent that is deployed on AgentCore. Source: AgentCore, InvokeAgentRuntime. */
const agentCoreTool = z.strictObject({
  kind: z.literal('agentcore'),
  ...waiting,
  agentRuntimeArn: z
    .string()
    .regex(
      /^arn:aws[a-z-]*:bedrock-agentcore:[a-z0-9-]+:\d{12}:runtime\/[A-Za-z][A-Za-z0-9_]{0,47}-[A-Za-z0-9]{10}$/,
      'the ARN of an AgentCore runtime: arn:aws:bedrock-agentcore:<region>:<account>:runtime/<name>-<id>',
    ),
  qualifier: z
    .string()
    .regex(/^[A-Za-z][A-Za-z0-9_]{0,47}$/, 'the name of an end point of the runtime')
    .default('DEFAULT'),
  payload: payloadSchema.optional(),
  auth: authSchema.default({ kind: 'sigv4' }),
  readOnly,
});

const bedrockId = z.string().regex(/^[0-9A-Za-z]{10}$/, 'ten letters and digits');

/** Asks a classic Bedrock agent. Source: Amazon Bedrock, InvokeAgent. */
const bedrockAgentTool = z.strictObject({
  kind: z.literal('bedrock-agent'),
  ...waiting,
  agentId: bedrockId,
  agentAliasId: bedrockId,
  trace: z
    .boolean()
    .default(false)
    .describe(
      'Asks the agent for its trace: the reason of a failure becomes known, and answers grow longer on the wire.',
    ),
  readOnly,
});

/** Looks passages up in a Bedrock knowledge base. Source: Amazon Bedrock, Retrieve. */
const knowledgeBaseTool = z.strictObject({
  kind: z.literal('knowledge-base'),
  ...waiting,
  knowledgeBaseId: bedrockId,
  numberOfResults: z.int().min(1).max(100).default(5),
  filter: jsonObject.default({}),
  searchType: z.enum(['SEMANTIC', 'HYBRID']).default('SEMANTIC'),
  /** Another model puts what was found in order. Source: Bedrock, VectorSearchBedrockRerankingConfiguration. */
  rerankingConfiguration: z
    .strictObject({
      modelArn: z.string().min(1).max(2048),
      numberOfRerankedResults: z.int().min(1).max(100).optional(),
    })
    .optional(),
});

/** Looks passages up in an S3 Vectors index. Source: Amazon S3 Vectors, QueryVectors and naming rules. */
const s3VectorsTool = z.strictObject({
  kind: z.literal('s3-vectors'),
  ...waiting,
  vectorBucketName: z.string().regex(/^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/, '3 to 63 lower-case letters, digits and "-"'),
  indexName: z.string().regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, '3 to 63 lower-case letters, digits, "-" and "."'),
  topK: z.int().min(1).max(100).default(5),
  embeddingModelId: z.string().min(1).max(200).default('amazon.titan-embed-text-v2:0'),
  dimensions: z.union([z.literal(256), z.literal(512), z.literal(1024)]).default(1024),
  filter: jsonObject.default({}),
  textKey: z.string().min(1).max(63).default('AMAZON_BEDROCK_TEXT'),
});

/** Tools of an MCP server; each that is allowed becomes one of the model's. Without `allow` all are. */
const mcpTool = z.strictObject({
  kind: z.literal('mcp'),
  url: webUrl,
  allow: z.array(z.string().min(1).max(256)).max(64).default([]),
  auth: authSchema.default({ kind: 'none' }),
  ...limits,
  waitSound: waiting.waitSound,
});

/** Puts the caller through to a person, who hears first what it is about unless `warm` is false. */
const handoffTool = z.strictObject({
  kind: z.literal('handoff'),
  ...spoken,
  to: e164Schema,
  warm: z.boolean().default(true),
});

/** Ends the call once the agent's last words have been heard. */
const hangUpTool = z.strictObject({ kind: z.literal('hang-up'), ...spoken });

/** Answers from a list, one answer a call, the last one from then on: for rehearsals and recorded calls. */
const scriptedTool = z.strictObject({
  kind: z.literal('scripted'),
  ...waiting,
  answers: z
    .array(
      z.strictObject({
        output: z.record(z.string(), z.unknown()).optional(),
        error: z.string().min(1).optional(),
        delayMs: z.int().min(0).max(60_000).default(0),
      }),
    )
    .min(1),
});

/**
 * The agent says that something secret is about to be spoken (a card number), and when it is over: while it lasts,
 * recording, transcript and tool calls are blank. Ends by itself after `limitMs`.
 */
const sensitiveTool = z.strictObject({
  kind: z.literal('sensitive'),
  ...spoken,
  limitMs: z.int().min(1000).max(600_000).default(180_000),
});

export const toolSchema = z.discriminatedUnion('kind', [
  agentCoreTool,
  bedrockAgentTool,
  knowledgeBaseTool,
  s3VectorsTool,
  mcpTool,
  handoffTool,
  hangUpTool,
  scriptedTool,
  sensitiveTool,
]);
export type Tool = z.infer<typeof toolSchema>;

/** A tool of that kind. */
export type ToolOf<Kind extends Tool['kind']> = Extract<Tool, { kind: Kind }>;

/** A tool that the model calls by its own name: everything but `mcp`, whose tools are the server's. */
export type NamedTool = Exclude<Tool, { kind: 'mcp' }>;

export function isNamed(tool: Tool): tool is NamedTool {
  return tool.kind !== 'mcp';
}

/** Whether the tool looks things up and changes nothing; of an agent the operator may say so. */
export function looksUp(tool: NamedTool): boolean {
  switch (tool.kind) {
    case 'knowledge-base':
    case 's3-vectors':
    case 'scripted':
      return true;
    case 'agentcore':
    case 'bedrock-agent':
      return tool.readOnly === true;
    case 'handoff':
    case 'hang-up':
    case 'sensitive':
      return false;
  }
}
