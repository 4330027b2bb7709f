import type { ContentBlock } from '@aws-sdk/client-bedrock-runtime';
import type { Judge } from '../../agents/judge.js';
import { type AwsPlace, awsSettings } from '../../aws.js';
import type { Clock } from '../../clock.js';
import { BridgeError } from '../../errors.js';
import { lazyClient } from '../../lazy-client.js';
import { inWords, reasonBehind, troubleOf } from '../../service-failure.js';
import type { RehearsedTurn, Scenario, ScenarioResult } from '../artefacts.js';
import type { CreatorJob } from '../job.js';
import type { MadeAgent, Rehearsal } from '../ports.js';
import { checksOf, unmet } from './checks.js';
import { type Message, playScenario } from './play.js';
import { rehearsalTools } from './tools.js';

export interface TextRehearsalOptions {
  /** A model or inference profile of Bedrock that takes tools: Amazon Nova, Anthropic Claude and others. */
  readonly modelId: string;
  /** Default: as the AWS SDK finds it. */
  readonly place?: AwsPlace;
  readonly judge: Judge;
  readonly clock: Clock;
}

const AT_ONCE = 4;
/** Of one scenario, in ms: twelve lines of a caller with a tool each take a minute. */
const SCENARIO_LIMIT_MS = 120_000;
const ATTEMPTS = 3;
const INACTIVITY_LIMIT_MS = 30_000;
const MAX_TOKENS = 1000;

/**
 * Rehearses in writing: the model is given both prompts and the agent's tools, and the caller's lines one after the other;
 * tools answer as `rehearsalAnswer` says. The generated program itself does not run here. Source: Amazon Bedrock API
 * reference, Converse.
 */
export function textRehearsal(options: TextRehearsalOptions): Rehearsal & { close(): void } {
  const { modelId, place = {}, judge, clock } = options;
  const aws = lazyClient(
    () => import('@aws-sdk/client-bedrock-runtime'),
    (sdk) =>
      new sdk.BedrockRuntimeClient(
        awsSettings(place, { maxAttempts: ATTEMPTS, inactivityLimitMs: INACTIVITY_LIMIT_MS }),
      ),
  );

  /** One conversation with the agent; `usage` counts what it takes. */
  const conversation = (job: CreatorJob, agent: MadeAgent, usage: Usage, signal: AbortSignal) => {
    const { fullPrompt, voicePrompt } = agent.prompt;
    const tools = rehearsalTools(job, agent);
    const ask = async (messages: readonly Message<ContentBlock>[]) => {
      const { sdk, client } = await aws.open();
      const command = new sdk.ConverseCommand({
        modelId,
        system: [{ text: fullPrompt }, { text: voicePrompt }],
        messages: messages.map(({ role, content }) => ({ role, content: [...content] as ContentBlock[] })),
        inferenceConfig: { temperature: 0, maxTokens: MAX_TOKENS },
        toolConfig: { tools: tools.map((toolSpec) => ({ toolSpec })) },
      });
      const answer = await client.send(command, { abortSignal: signal });
      usage.inputTokens += answer.usage?.inputTokens ?? 0;
      usage.outputTokens += answer.usage?.outputTokens ?? 0;
      return { content: answer.output?.message?.content ?? [], stopReason: answer.stopReason ?? 'for no reason' };
    };
    return { ask, toolNames: tools.map(({ name }) => name) };
  };

  const rehearse = async (
    job: CreatorJob,
    agent: MadeAgent,
    scenario: Scenario,
    usage: Usage,
    signal: AbortSignal,
  ): Promise<ScenarioResult> => {
    const startMs = clock.now();
    const limit = new AbortController();
    const cancel = clock.after(SCENARIO_LIMIT_MS, () => limit.abort());
    const transcript: RehearsedTurn[] = [];
    const result = (rest: Pick<ScenarioResult, 'passed' | 'checks' | 'error'>): ScenarioResult => ({
      ...{ title: scenario.title, how: 'text', transcript, durationMs: Math.round(clock.now() - startMs) },
      ...rest,
    });
    try {
      const both = AbortSignal.any([signal, limit.signal]);
      await playScenario(scenario, { ...conversation(job, agent, usage, both), transcript });
      const checks = await checksOf(scenario, transcript, judge);
      return result({ passed: checks.every(({ passed }) => passed), checks });
    } catch (error) {
      const words = limit.signal.aborted ? `was not over after ${SCENARIO_LIMIT_MS / 1000} s` : wordsOf(error);
      return result({
        passed: false,
        checks: unmet(scenario, 'the call could not be played to its end'),
        error: words,
      });
    } finally {
      cancel();
    }
  };

  return {
    how: 'text',

    async run(job, agent, scenarios, signal) {
      const usage: Usage = { inputTokens: 0, outputTokens: 0 };
      const results: ScenarioResult[] = [];
      let next = 0;
      const work = async () => {
        while (next < scenarios.length && !signal.aborted) {
          const index = next++;
          results[index] = await rehearse(job, agent, scenarios[index]!, usage, signal);
        }
      };
      await Promise.all(Array.from({ length: AT_ONCE }, work));
      signal.throwIfAborted();
      return { results, usage };
    },

    close() {
      aws.close();
    },
  };
}

interface Usage {
  inputTokens: number;
  outputTokens: number;
}

/** "the model is busy at the moment: Too many requests" */
function wordsOf(error: unknown): string {
  if (error instanceof BridgeError) return error.message;
  const trouble = troubleOf(error);
  return `${inWords('the model', reasonBehind(trouble))}: ${trouble.message}`;
}
