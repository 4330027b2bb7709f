import { setImmediate } from 'node:timers/promises';
import type { InvokeAgentCommandInput } from '@aws-sdk/client-bedrock-agent-runtime';
import type { AwsPlace } from '../aws.js';
import { awsSettings } from '../aws.js';
import type { Clock } from '../clock.js';
import { readied } from '../early-connections.js';
import { lazyClient } from '../lazy-client.js';
import type { Logger } from '../log.js';
import type { AskContext } from './agent-runtimes.js';
import { type AgentSummary, agentList } from './bedrock-agent-list.js';
import { Completion } from './completion.js';
import { failure, failureOf, WHO } from './failure.js';
import { type DoneAction, noteOn, resultsOf, type WantedAction, wantedActions } from './returned-control.js';
import type { AgentAnswer } from './runtime-answer.js';

export interface BedrockAgentTarget {
  readonly agentId: string;
  readonly agentAliasId: string;
}

export interface BedrockAgents {
  /**
   * Asks and waits for the whole answer. `attributes` become session attributes; with `trace` the reason of a failure becomes
   * known, and the kinds of traces are logged. What the agent wants done goes to `doWanted`. Throws TOOL_FAILED.
   */
  ask(
    target: BedrockAgentTarget & { readonly trace?: boolean },
    prompt: string,
    context: AskContext & { readonly attributes: Readonly<Record<string, string>>; readonly doWanted?: DoWanted },
  ): Promise<AgentAnswer>;
  /** Closes the agent's session. Never rejects. */
  end(target: BedrockAgentTarget, sessionId: string): Promise<void>;
  /** Loads what the first question would have to wait for, and opens its connection. Rejects when there can be none. */
  load(): Promise<void>;
  /** The account's agents with their aliases, in the region of the place. */
  list(signal?: AbortSignal): Promise<AgentSummary[]>;
  close(): void;
}

/** Does what an agent wants done, in the order asked; undefined: nothing of it is done, and the model is told so. */
export type DoWanted = (actions: readonly WantedAction[]) => Promise<readonly DoneAction[] | undefined>;

/** An agent that wants one thing after another comes to no answer. */
const MAX_ROUNDS = 5;
const END_LIMIT_MS = 5000;

/** Classic agents of Amazon Bedrock. Source: Amazon Bedrock, InvokeAgent. */
export function bedrockAgents(options: { place: AwsPlace; clock: Clock; log: Logger }): BedrockAgents {
  const { place, clock, log } = options;
  const agents = agentList(place);
  const closing = new AbortController();
  const aws = lazyClient(
    () => import('@aws-sdk/client-bedrock-agent-runtime'),
    (sdk) => new sdk.BedrockAgentRuntimeClient(awsSettings(place, { opensEarly: true })),
  );

  /** One request, and its answer to the end, to where it broke off, or to where there is too much of it. */
  const invoke = async (input: InvokeAgentCommandInput, signal: AbortSignal) => {
    const { sdk, client } = await aws.open();
    const enough = new AbortController();
    const completion = new Completion();
    try {
      const abortSignal = AbortSignal.any([signal, enough.signal]);
      const answer = await client.send(new sdk.InvokeAgentCommand(input), { abortSignal });
      for await (const event of answer.completion ?? []) {
        if (completion.add(event)) {
          // The SDK hands over all that has come in one go.
          await setImmediate();
          continue;
        }
        // Leaving the loop leaves the connection open; only an abort closes it.
        enough.abort();
        break;
      }
      signal.throwIfAborted();
      return { completion, isBroken: false };
    } catch (error) {
      const found = failureOf(error, WHO, signal);
      const isBroken = !signal.aborted && found.details.reason === 'truncated' && completion.text !== '';
      if (isBroken) return { completion, isBroken };
      throw found;
    } finally {
      completion.end();
    }
  };

  return {
    async ask({ agentId, agentAliasId, trace = false }, prompt, context) {
      const { sessionId, signal, attributes, doWanted } = context;
      const target = { agentId, agentAliasId, sessionId };
      let input: InvokeAgentCommandInput = {
        ...target,
        inputText: prompt,
        sessionState: { sessionAttributes: { ...attributes } },
      };
      for (let round = 1; ; round++) {
        const { completion, isBroken } = await invoke({ ...input, enableTrace: trace }, signal);
        const { returned, text, traceKinds } = completion;
        if (trace) log.debug({ agentId, traceKinds }, 'agent was traced');
        const wanted = returned && wantedActions(returned);
        const done = wanted && round < MAX_ROUNDS ? await doWanted?.(wanted) : undefined;
        const results = returned && done && resultsOf(returned, done);
        if (!returned || !results) return answerFrom(completion, wanted, isBroken);
        if (text !== '') log.debug({ agentId }, 'agent spoke before it returned control: those words are left out');
        const { invocationId } = returned;
        input = { ...target, sessionState: { invocationId, returnControlInvocationResults: results } };
      }
    },

    async end({ agentId, agentAliasId }, sessionId) {
      const limit = new AbortController();
      const cancel = clock.after(END_LIMIT_MS, () => limit.abort());
      const signal = AbortSignal.any([limit.signal, closing.signal]);
      try {
        await invoke({ agentId, agentAliasId, sessionId, endSession: true }, signal);
      } catch (error) {
        const { details, message } = failureOf(error, WHO, signal);
        log.warn({ agentId, ...details, error: message }, 'session of a Bedrock agent was not closed');
      } finally {
        cancel();
      }
    },

    async load() {
      const { sdk, client } = await aws.open();
      await readied(client, sdk.InvokeAgentCommand);
    },

    list: (signal) => agents.list(signal),

    close() {
      closing.abort();
      agents.close();
      aws.close();
    },
  };
}

function answerFrom(
  completion: Completion,
  wanted: readonly WantedAction[] | undefined,
  isBroken: boolean,
): AgentAnswer {
  const { text, citations, files, isCut } = completion;
  if (text === '' && !wanted && files.length === 0) {
    if (completion.failure !== undefined) throw failure('agent-error', WHO, { words: completion.failure });
    if (completion.isEmpty) throw failure('bad-answer', WHO);
  }
  return {
    text,
    ...(citations.length > 0 && { citations }),
    notes: [
      ...(wanted ? [noteOn(wanted)] : []),
      ...(files.length > 0 ? [`The agent also made files, which cannot be given here: ${files.join(', ')}.`] : []),
      ...(isBroken ? ['The answer broke off; its end is missing.'] : []),
      ...(isCut ? ['The answer is longer than 1 MB; its end was left out.'] : []),
      ...(text === '' && !wanted ? ['The agent gave no words.'] : []),
      ...(text.includes('\uFFFD') ? ['Some characters of the answer could not be read.'] : []),
    ],
  };
}
