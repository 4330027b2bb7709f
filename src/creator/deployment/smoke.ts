import type { AgentRuntimes } from '../../agents/agent-runtimes.js';
import type { Clock } from '../../clock.js';
import { BridgeError, messageOf } from '../../errors.js';
import type { Ids } from '../../ids.js';

/** A new machine may take two minutes to come up, and the model some seconds to answer. */
const LIMIT_MS = 180_000;
const PROMPT = 'Hello! In one sentence: what can you help me with?';
const PASSING = ['throttled', 'conflict', 'unavailable', 'truncated'];

/** Asks the deployed agent a first question. Rejects with AWS_REFUSED or AWS_UNREACHABLE when it does not answer it. */
export async function smokeInvocation(
  services: { runtimes: Pick<AgentRuntimes, 'ask' | 'stop'>; clock: Clock; ids: Ids },
  { runtimeArn, payload }: { runtimeArn: string; payload: Readonly<Record<string, unknown>> },
  signal: AbortSignal,
): Promise<void> {
  const { runtimes, clock, ids } = services;
  const target = { agentRuntimeArn: runtimeArn, qualifier: 'DEFAULT', auth: { kind: 'sigv4' } } as const;
  // AgentCore wants 33 characters.
  const sessionId = `smoke-${ids.uuid()}`;
  const filled = { ...payload, prompt: PROMPT, session_id: sessionId, actor_id: 'smoke-test' };
  const limit = new AbortController();
  const cancel = clock.after(LIMIT_MS, () => limit.abort());
  try {
    const { text } = await runtimes.ask(target, filled, { sessionId, signal: AbortSignal.any([signal, limit.signal]) });
    if (text.trim() === '') throw new BridgeError('AWS_REFUSED', 'The deployed agent answers without a word.');
  } catch (error) {
    signal.throwIfAborted();
    throw failureOf(error, limit.signal.aborted);
  } finally {
    cancel();
    await runtimes.stop(target, sessionId);
  }
}

function failureOf(error: unknown, isLate: boolean): BridgeError {
  const words = 'The deployed agent did not answer a first question';
  if (isLate) return new BridgeError('AWS_UNREACHABLE', `${words} within ${LIMIT_MS / 1000} s.`, {}, { cause: error });
  if (!(error instanceof BridgeError)) {
    return new BridgeError('AWS_UNREACHABLE', `${words}: ${messageOf(error)}`, {}, { cause: error });
  }
  if (error.code !== 'TOOL_FAILED') return error;
  const { reason, service } = error.details;
  const code = PASSING.includes(String(reason)) ? 'AWS_UNREACHABLE' : 'AWS_REFUSED';
  const detail = typeof service === 'string' ? ` (${service})` : '';
  return new BridgeError(code, `${words}: ${error.message}${detail}`, {}, { cause: error });
}
