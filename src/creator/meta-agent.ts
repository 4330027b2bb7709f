import { z } from 'zod';
import { errorIn, isObject, parsedJson, parsedObject } from '../agents/answer-text.js';
import { readText } from '../agents/body.js';
import type { runtimeRequests } from '../agents/runtime-requests.js';
import { toolFailed } from '../service-failure.js';
import { type AgentCode, type AgentPrompt, agentCodeSchema, agentPromptSchema } from './artefacts.js';
import { failureOf } from './failure.js';
import type { CreatorJob } from './job.js';

/** A pre-deployed AgentCreator: from the job's input to code and prompts. */
export interface MetaAgent {
  /** Rejects with TOOL_FAILED, `details.retryable` telling whether the reason passes. */
  create(job: CreatorJob, signal: AbortSignal): Promise<{ code: AgentCode; prompt: AgentPrompt }>;
}

const WHO = 'The pre-deployed AgentCreator';
const MAX_ANSWER_BYTES = 4 * 1024 * 1024;
/** What the answer leaves out: the packages behind what programs import. */
const PACKAGES: Readonly<Record<string, string>> = {
  bedrock_agentcore: 'bedrock-agentcore>=1.0.0',
  boto3: 'boto3>=1.40.0',
  botocore: 'botocore>=1.40.0',
  strands: 'strands-agents>=1.0.0',
};

const answerSchema = z.object({
  output: z.object({
    agent_code: agentCodeSchema.shape.agentPy,
    generated_prompt: z.object({
      full_prompt: agentPromptSchema.shape.fullPrompt,
      voice_prompt: agentPromptSchema.shape.voicePrompt,
    }),
  }),
});

/**
 * AgentCreator on AgentCore Runtime. It works for minutes; whoever asks ends that with the signal. The code is taken as the
 * text that it is. Errors that come with HTTP 200 are errors.
 */
export function runtimeMetaAgent(options: {
  agentRuntimeArn: string;
  requests: Pick<ReturnType<typeof runtimeRequests>, 'invoke'>;
}): MetaAgent {
  const { agentRuntimeArn, requests } = options;
  const target = { agentRuntimeArn, qualifier: 'DEFAULT', auth: { kind: 'sigv4' } } as const;
  return {
    async create(job, signal) {
      const sessionId = sessionIdOf(job);
      const body = JSON.stringify({ input: inputOf(job, sessionId) });
      try {
        const answer = await requests.invoke(target, body, { sessionId, signal });
        const { text, end } = await readText(answer.body, MAX_ANSWER_BYTES);
        if (end.at === 'broken') throw failed('truncated', 'broke off its answer', true, end.cause);
        if (end.at === 'too-long')
          throw failed('bad-answer', `answered with more than ${MAX_ANSWER_BYTES} bytes`, false);
        return read(text);
      } catch (error) {
        throw failureOf(error, WHO);
      }
    },
  };
}

/** The same for every attempt. AgentCore wants 33 to 256 characters; the id of a job alone has 36. */
export function sessionIdOf({ agentId, id }: Pick<CreatorJob, 'agentId' | 'id'>): string {
  return `agent-creation-${agentId}-${id}`;
}

function inputOf({ input, agentId, owner }: CreatorJob, sessionId: string) {
  return {
    sop: input.sop,
    knowledge_base_description: input.knowledgeBaseDescription ?? 'There is no knowledge base.',
    human_handoff_description: input.humanHandoffDescription ?? 'There is nobody to hand over to.',
    bedrock_knowledge_base_id: input.knowledgeBaseId ?? null,
    agent_id: agentId,
    user_id: owner,
    session_id: sessionId,
    voice_personality_text: input.voicePersonality ?? null,
  };
}

function read(text: string): { code: AgentCode; prompt: AgentPrompt } {
  const given = parsedJson(text);
  // Some wrap their JSON in a JSON string.
  const value = typeof given === 'string' ? parsedObject(given) : given;
  const words = errorWords(value);
  if (words !== undefined) throw failed('agent-error', `could not do it: ${words}`, false);
  const parsed = answerSchema.safeParse(value);
  if (!parsed.success) {
    const problems = parsed.error.issues.map(({ path, message }) => `${path.join('.') || 'answer'}: ${message}`);
    throw failed('bad-answer', `answered in a way that cannot be used: ${problems.join('; ')}`, false);
  }
  const { agent_code: agentPy, generated_prompt: prompt } = parsed.data.output;
  return {
    code: { agentPy, requirementsTxt: requirementsFor(agentPy) },
    prompt: { fullPrompt: prompt.full_prompt, voicePrompt: prompt.voice_prompt },
  };
}

/** `error` at the top or within `output`, with its `error_type`; undefined without one. */
function errorWords(value: unknown): string | undefined {
  const words = errorIn(value);
  const output = isObject(value) && isObject(value.output) ? value.output : {};
  const type = [output, isObject(value) ? value : {}].map(({ error_type }) => error_type).find(isText);
  if (words === undefined && type === undefined) return undefined;
  return [type, words].filter(isText).join(': ') || 'it gave no reason';
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

function failed(
  reason: 'truncated' | 'bad-answer' | 'agent-error',
  words: string,
  retryable: boolean,
  cause?: unknown,
) {
  return toolFailed(reason, `${WHO} ${words}`, { details: { retryable }, cause });
}

function requirementsFor(agentPy: string): string {
  const imported = [...agentPy.matchAll(/^[ \t]*(?:from|import)[ \t]+([A-Za-z_]\w*)/gm)].map(([, name = '']) => name);
  const packages = [...new Set(imported)].flatMap((name) => PACKAGES[name] ?? []);
  return `${packages.sort().join('\n')}\n`;
}
