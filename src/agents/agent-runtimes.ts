import type { AwsPlace } from '../aws.js';
import { type Clock, pause } from '../clock.js';
import { BridgeError } from '../errors.js';
import type { Logger } from '../log.js';
import { readBody } from './body.js';
import { failureOf, WHO } from './failure.js';

import { type AgentAnswer, readAnswer } from './runtime-answer.js';
import { type RuntimeSummary, runtimeList } from './runtime-list.js';
import { type RuntimeTarget, runtimeRequests } from './runtime-requests.js';
import type { TokenSource } from './tokens.js';

export interface AskContext {
  /** The runtime keeps what was said under this name: the same one throughout a call. AgentCore wants 33 to 256 characters. */
  readonly sessionId: string;
  /** Its abort closes the connection, which ends the agent's work. */
  readonly signal: AbortSignal;
  /** `traceparent`, `tracestate`. */
  readonly trace?: Readonly<Record<string, string>>;
  /** Told once, as soon as an answer streams in, how to read what the agent has said so far; undefined: no words yet. */
  readonly streams?: (soFar: () => string | undefined) => void;
}

export interface AgentRuntimes {
  /** Asks and waits for the whole answer. Throws TOOL_FAILED with `reason` and `retryable` in its details. */
  ask(target: RuntimeTarget, payload: unknown, context: AskContext): Promise<AgentAnswer>;
  /**
   * Starts the session's machine while the telephone rings, with a request that no agent takes for a question: its body
   * is a space, which is refused as no JSON once everything is running. Never rejects.
   */
  warm(target: RuntimeTarget, sessionId: string): Promise<void>;
  /** Ends the session, so that its machine is not paid for while it idles. Never rejects. */
  stop(target: RuntimeTarget, sessionId: string): Promise<void>;
  /** The account's runtimes, in the region of the place. */
  list(signal?: AbortSignal): Promise<RuntimeSummary[]>;
  /** Loads what the first question would have to wait for. */
  load(target: RuntimeTarget): Promise<void>;
  close(): void;
}

/** A cold start takes up to two minutes at worst; nobody waits for one that long. */
const WARM_LIMIT_MS = 30_000;
const STOP_LIMIT_MS = 5000;
/** A session that is just starting or stopping refuses requests; it is asked again after this, or once it is warm. */
const CONFLICT_PAUSE_MS = 1000;
const WARM_BODY = ' ';
/** What a runtime that is running makes of `WARM_BODY`. */
const WARM_REASON = 'agent-error';

/** Agents on AgentCore Runtime. Source: AgentCore, InvokeAgentRuntime. */
export function agentRuntimes(options: {
  place: AwsPlace;
  tokens: TokenSource;
  clock: Clock;
  log: Logger;
}): AgentRuntimes {
  const { place, tokens, clock, log } = options;
  const requests = runtimeRequests({ place, tokens });
  const runtimes = runtimeList(place);
  const warming = new Map<string, { limit: AbortController; done: Promise<void> }>();
  const ofUnknownShape = new Set<string>();
  const closing = new AbortController();

  const askOnce = async (target: RuntimeTarget, body: string, context: AskContext): Promise<AgentAnswer> => {
    context.signal.throwIfAborted();
    const { isKnownShape, ...answer } = await readAnswer(await requests.invoke(target, body, context), context.streams);
    // A stream that is cut by an abort looks like one that broke off.
    context.signal.throwIfAborted();
    const { agentRuntimeArn } = target;
    if (!isKnownShape && !ofUnknownShape.has(agentRuntimeArn)) {
      ofUnknownShape.add(agentRuntimeArn);
      log.info({ agentRuntimeArn }, 'agent answers with data, not words: it is passed on as JSON');
    }
    return answer;
  };

  const warmOnce = async (target: RuntimeTarget, sessionId: string, limit: AbortController): Promise<void> => {
    const cancel = clock.after(WARM_LIMIT_MS, () => limit.abort());
    const signal = AbortSignal.any([limit.signal, closing.signal]);
    const { agentRuntimeArn } = target;
    try {
      // Over the connection that the ring opens, rather than one beside it. What stands in its way, the request meets too.
      await requests.load(target).catch(() => undefined);
      const { body } = await requests.invoke(target, WARM_BODY, { sessionId, signal });
      await readBody(body, () => undefined);
    } catch (error) {
      const { details, message } = failureOf(error, WHO, signal);
      if (details.reason === WARM_REASON) return;
      log.warn({ agentRuntimeArn, ...details, error: message }, 'runtime was not warmed');
    } finally {
      cancel();
    }
  };

  const untilStarted = async (target: RuntimeTarget, { sessionId, signal }: AskContext): Promise<void> => {
    const isWarm = new AbortController();
    const running = warming.get(keyOf(target, sessionId));
    void running?.done.then(() => isWarm.abort());
    await pause(clock, CONFLICT_PAUSE_MS, AbortSignal.any([signal, isWarm.signal]));
  };

  return {
    async ask(target, payload, context) {
      const { signal } = context;
      const body = JSON.stringify(payload);
      const attempt = () =>
        askOnce(target, body, context).catch((error: unknown) => {
          throw failureOf(error, WHO, signal);
        });
      try {
        return await attempt();
      } catch (error) {
        const status = error instanceof BridgeError ? error.details.status : undefined;
        // Neither has reached the agent, so that it is asked once all the same.
        const isStarting = status === 409;
        const isTokenOld = status === 401 && target.auth.kind !== 'sigv4';
        if (!isStarting && !isTokenOld) throw error;
        if (isStarting) await untilStarted(target, context);
        return attempt();
      }
    },

    warm(target, sessionId) {
      const key = keyOf(target, sessionId);
      const running = warming.get(key);
      if (running) return running.done;
      const limit = new AbortController();
      const done = warmOnce(target, sessionId, limit).finally(() => warming.delete(key));
      warming.set(key, { limit, done });
      return done;
    },

    async stop(target, sessionId) {
      warming.get(keyOf(target, sessionId))?.limit.abort();
      const limit = new AbortController();
      const cancel = clock.after(STOP_LIMIT_MS, () => limit.abort());
      const signal = AbortSignal.any([limit.signal, closing.signal]);
      try {
        await requests.stop(target, { sessionId, signal });
      } catch (error) {
        const { details, message } = failureOf(error, WHO, signal);
        const { agentRuntimeArn } = target;
        // A session that is over already is what was wanted.
        if (details.reason === 'not-found') return;
        log.warn({ agentRuntimeArn, ...details, error: message }, 'session of a runtime was not stopped');
      } finally {
        cancel();
      }
    },

    list: (signal) => runtimes.list(signal),

    load: (target) => requests.load(target),

    close() {
      closing.abort();
      requests.close();
      runtimes.close();
    },
  };
}

function keyOf({ agentRuntimeArn, qualifier }: RuntimeTarget, sessionId: string): string {
  return `${agentRuntimeArn} ${qualifier} ${sessionId}`;
}
