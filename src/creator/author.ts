import type { ContentBlock, Message, StopReason } from '@aws-sdk/client-bedrock-runtime';
import type { DocumentType } from '@smithy/types';
import { z } from 'zod';
import { type AwsPlace, awsSettings } from '../aws.js';
import { type LazyClient, lazyClient } from '../lazy-client.js';
import { toolFailed } from '../service-failure.js';
import type { Finding } from './artefacts.js';
import { type Document, fenced } from './documents.js';
import { failureOf } from './failure.js';
import { addUsage, NO_USAGE, type Usage } from './usage.js';

export interface Question<Value> {
  /** What the model is and has to do: the prompt of the stage. */
  readonly prompt: string;
  readonly documents: readonly Document[];
  /** The tool whose input is the answer. */
  readonly tool: { readonly name: string; readonly description: string };
  readonly schema: z.ZodType<Value>;
  /** What else has to be so; its findings are sent back like an answer of the wrong shape. */
  readonly verify?: ((value: Value) => readonly Finding[]) | undefined;
  /** In words, what can be done when question or answer are longer than the model can take. */
  readonly ifTooLong?: string | undefined;
  readonly signal: AbortSignal;
}

export interface Answer<Value> {
  readonly value: Value;
  /** What `verify` still held against it after the last repair. */
  readonly findings: readonly Finding[];
  /** Of all requests. */
  readonly usage: Usage;
  /** Answers that were sent back. */
  readonly repairs: number;
}

/** The model that makes artefacts. */
export interface Author {
  readonly modelId: string;
  /**
   * Rejects with TOOL_FAILED: `details.retryable` says whether the reason passes, `details.usage` and `details.repairs`
   * what was spent all the same.
   */
  ask<Value>(question: Question<Value>): Promise<Answer<Value>>;
}

export interface ConverseAuthorOptions {
  /** A model or inference profile of Bedrock that can be made to call a tool: Amazon Nova, Anthropic Claude and others. */
  readonly modelId: string;
  /** Default: as the AWS SDK finds it. */
  readonly place?: AwsPlace;
  /** Of one answer; left out, as many as the model can give. */
  readonly maxTokens?: number;
  /** How often the SDK sends a request that was throttled or met no answer, with growing pauses. Default 4. */
  readonly maxAttempts?: number;
}

const MAX_REPAIRS = 2;
const MAX_ATTEMPTS = 4;
/** Nothing comes before the whole answer is written; a long program takes minutes. */
const INACTIVITY_LIMIT_MS = 300_000;
const MAX_PROBLEMS = 40;

/** Answers that another try at the same question may mend: the model lost its way while it wrote the call. */
const MALFORMED: readonly StopReason[] = ['malformed_model_output', 'malformed_tool_use'];

/** In words, why an answer is none. */
const STOPPED: Partial<Readonly<Record<StopReason, string>>> = {
  max_tokens: 'stopped in the middle of its answer, which is longer than it can give at once',
  model_context_window_exceeded: 'was given more than it can read at once',
  guardrail_intervened: 'was stopped by a guardrail',
  content_filtered: 'was stopped by a content filter',
};

const TOO_LONG: readonly StopReason[] = ['max_tokens', 'model_context_window_exceeded'];

/** What came of one answer: a value that fits, or what is wrong with it. */
type Verdict<Value> =
  | { readonly fits: true; readonly value: Value; readonly findings: readonly Finding[] }
  | { readonly fits: false; readonly problems: readonly string[] };

/**
 * Asks on Amazon Bedrock: Converse at temperature 0, the artefact as the input of a tool that the model has to call. What does
 * not fit goes back as the result of that call, twice at most. Source: Amazon Bedrock API reference, Converse.
 */
export function converseAuthor(options: ConverseAuthorOptions): Author & { close(): void } {
  const { modelId, place = {}, maxTokens, maxAttempts = MAX_ATTEMPTS } = options;
  const aws = lazyClient(
    () => import('@aws-sdk/client-bedrock-runtime'),
    (sdk) => new sdk.BedrockRuntimeClient(awsSettings(place, { maxAttempts, inactivityLimitMs: INACTIVITY_LIMIT_MS })),
  );
  const inferenceConfig = { temperature: 0, ...(maxTokens !== undefined && { maxTokens }) };

  return {
    modelId,

    async ask({ prompt, documents, tool, schema, verify, ifTooLong, signal }) {
      const toolConfig = {
        tools: [{ toolSpec: { ...tool, inputSchema: { json: jsonSchemaOf(schema) } } }],
        toolChoice: { tool: { name: tool.name } },
      };
      const messages: Message[] = [openingOf(documents, tool.name)];
      let usage: Usage = NO_USAGE;
      let repairs = 0;
      const failed = (reason: 'bad-answer' | 'truncated' | 'refused', words: string) =>
        toolFailed(reason, `${modelId} ${words}`, { details: { retryable: false, usage, repairs } });

      for (; ; repairs++) {
        const request = { modelId, system: [{ text: prompt }], messages, toolConfig, inferenceConfig };
        const {
          output,
          stopReason,
          usage: spent,
        } = await send(aws, request, signal).catch((error: unknown) => {
          throw failureOf(error, modelId, { usage, repairs });
        });
        usage = addUsage(usage, { inputTokens: spent?.inputTokens ?? 0, outputTokens: spent?.outputTokens ?? 0 });
        const isMalformed = stopReason !== undefined && MALFORMED.includes(stopReason);
        const stopped = stopReason && STOPPED[stopReason];
        if (stopped) {
          const advice = TOO_LONG.includes(stopReason) && ifTooLong !== undefined ? `. ${ifTooLong}` : '';
          throw failed(stopReason === 'max_tokens' ? 'truncated' : 'refused', `${stopped} (${stopReason})${advice}`);
        }
        const content = output?.message?.content ?? [];
        const call = content.find(({ toolUse }) => toolUse?.name === tool.name)?.toolUse;
        const verdict: Verdict<z.infer<typeof schema>> = isMalformed
          ? { fits: false, problems: [`its call of ${tool.name} could not be read (${stopReason})`] }
          : verdictOn(call?.input, tool.name, schema, verify);
        const isLast = repairs === MAX_REPAIRS;
        if (verdict.fits && (verdict.findings.length === 0 || isLast)) {
          const { value, findings } = verdict;
          return { value, findings, usage, repairs };
        }
        const problems = verdict.fits ? verdict.findings.map(({ message }) => message) : verdict.problems;
        if (isLast) {
          throw failed('bad-answer', `gave no answer that fits, also after ${repairs} repairs: ${problems.join('; ')}`);
        }
        // What cannot be read cannot be answered either: the same question once more.
        if (!isMalformed) messages.push(...repairOf(content, tool.name, problems));
      }
    },

    close: () => aws.close(),
  };
}

type Sdk = typeof import('@aws-sdk/client-bedrock-runtime');
type Request = ConstructorParameters<Sdk['ConverseCommand']>[0];

async function send(
  aws: LazyClient<Sdk, InstanceType<Sdk['BedrockRuntimeClient']>>,
  request: Request,
  abortSignal: AbortSignal,
) {
  const { sdk, client } = await aws.open();
  return client.send(new sdk.ConverseCommand(request), { abortSignal });
}

function openingOf(documents: readonly Document[], toolName: string): Message {
  const texts = documents.map((document) => ({ text: fenced(document) }));
  return { role: 'user', content: [...texts, { text: `Call the tool ${toolName} with your answer.` }] };
}

function verdictOn<Value>(
  input: unknown,
  toolName: string,
  schema: z.ZodType<Value>,
  verify: Question<Value>['verify'],
): Verdict<Value> {
  if (input === undefined) return { fits: false, problems: [`The tool ${toolName} was not called.`] };
  const parsed = schema.safeParse(input);
  if (parsed.success) return { fits: true, value: parsed.data, findings: verify?.(parsed.data) ?? [] };
  const problems = parsed.error.issues.map(({ path, message }) => `${path.join('.') || 'input'}: ${message}`);
  return { fits: false, problems: problems.slice(0, MAX_PROBLEMS) };
}

/** The answer as it came, and what is wrong with it. */
function repairOf(content: readonly ContentBlock[], toolName: string, problems: readonly string[]): Message[] {
  const words = [
    'The answer cannot be used as it is:',
    ...problems.slice(0, MAX_PROBLEMS).map((problem) => `- ${problem}`),
    `Call ${toolName} again with the whole answer, mended.`,
  ].join('\n');
  const calls = content.flatMap(({ toolUse }) => (toolUse?.toolUseId === undefined ? [] : [toolUse.toolUseId]));
  const results: ContentBlock[] = calls.map((toolUseId) => ({
    toolResult: { toolUseId, status: 'error', content: [{ text: words }] },
  }));
  // A message must not be empty.
  const said: ContentBlock[] = content.length > 0 ? [...content] : [{ text: '(no answer)' }];
  return [
    { role: 'assistant', content: said },
    { role: 'user', content: results.length > 0 ? results : [{ text: words }] },
  ];
}

/** As Bedrock wants it: an object, without the dialect's name. */
function jsonSchemaOf(schema: z.ZodType): DocumentType {
  const { $schema, ...rest } = z.toJSONSchema(schema, { io: 'input' });
  return rest as DocumentType;
}
