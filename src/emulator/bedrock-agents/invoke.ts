import type { Clock } from '../../clock.js';
import { messageOf } from '../../errors.js';
import type { Ids } from '../../ids.js';
import { text } from '../aws/constraint.js';
import { isObject, jsonObject } from '../aws/json.js';
import { invalid, notFound } from '../aws/problem.js';
import type { Route } from '../aws/routes.js';
import type { AwsAnswer, AwsRequest } from '../aws/server.js';
import { wait } from '../aws/wait.js';
import { answerFrames } from './events.js';
import { controlResults } from './results.js';
import type { AgentAnswer, AgentScript } from './script.js';
import type { AgentSessions, LiveAgentSession } from './sessions.js';

const AGENT_ID = { most: 10, pattern: /[0-9a-zA-Z]+/ };
const SESSION_ID = { least: 2, most: 100, pattern: /[0-9a-zA-Z._:-]+/ };
const NOT_FOUND =
  "Failed to retrieve resource because it doesn't exist. Retry your request with a different resource identifier.";

/** InvokeAgent with its sessions. Source: Amazon Bedrock agents API reference, InvokeAgent. */
export function invokeOperation(place: {
  agents: readonly AgentScript[];
  sessions: AgentSessions;
  clock: Clock;
  ids: Ids;
}): Route {
  const { agents, sessions, clock, ids } = place;

  const invoke = async (request: AwsRequest, ...labels: string[]): Promise<AwsAnswer> => {
    const agentId = text('agentId', labels[0], AGENT_ID);
    const agentAliasId = text('agentAliasId', labels[1], AGENT_ID);
    const sessionId = text('sessionId', labels[2], SESSION_ID);
    const { inputText, endSession, enableTrace, memoryId, ...asked } = jsonObject(request.body);
    const script = agents.find((one) => one.agentId === agentId && one.agentAliasId === agentAliasId);
    if (!script) throw notFound(NOT_FOUND);
    const session = sessions.open(script, sessionId);
    const sessionState = isObject(asked.sessionState) ? asked.sessionState : {};
    const results = controlResults(sessionState, session.pending);
    const words = inputText === undefined ? '' : text('inputText', inputText);
    if (words === '' && !results && endSession !== true) throw invalid('The input text must not be empty.');
    if (sessionState.sessionAttributes !== undefined) {
      session.attributes = attributesOf('sessionAttributes', sessionState.sessionAttributes);
    }
    const promptAttributes = attributesOf('promptSessionAttributes', sessionState.promptSessionAttributes ?? {});
    session.count++;
    session.pending = undefined;
    const isAsked = words !== '' || results !== undefined;
    const { count, attributes } = session;
    const view = { id: sessionId, count, attributes, promptAttributes, results };
    const answer = isAsked ? await answerOf(script, words, view) : {};
    if (endSession === true) session.endedBy = 'client';
    const invocationId = answer.returnControl?.invocationId ?? ids.uuid();
    if (answer.returnControl) session.pending = { ...answer.returnControl, invocationId };
    const frames = answerFrames(answer, {
      script,
      sessionId,
      invocationId,
      eventTime: new Date(clock.now()).toISOString(),
      wantsTrace: enableTrace === true,
    });
    return {
      status: 200,
      headers: {
        'content-type': 'application/vnd.amazon.eventstream',
        'x-amzn-bedrock-agent-content-type': 'application/json',
        'x-amz-bedrock-agent-session-id': sessionId,
        ...(typeof memoryId === 'string' && { 'x-amz-bedrock-agent-memory-id': memoryId }),
      },
      body: paced(frames, answer, session, clock, request.signal),
      ...(answer.cutAfter !== undefined && {
        cutAfterBytes: frames.slice(0, answer.cutAfter).reduce((sum, frame) => sum + frame.length, 0),
      }),
    };
  };

  return {
    method: 'POST',
    path: '/agents/{agentId}/agentAliases/{agentAliasId}/sessions/{sessionId}/text',
    handle: invoke,
  };
}

async function answerOf(script: AgentScript, ...asked: Parameters<AgentScript['answer']>): Promise<AgentAnswer> {
  try {
    return await script.answer(...asked);
  } catch (error) {
    return { exception: { type: 'dependencyFailedException', message: messageOf(error) } };
  }
}

async function* paced(
  frames: readonly Buffer[],
  { delayMs = 0, gapMs = 0 }: AgentAnswer,
  session: LiveAgentSession,
  clock: Clock,
  signal: AbortSignal,
): AsyncGenerator<Buffer> {
  if (delayMs > 0) await wait(clock, delayMs, signal);
  for (const [index, frame] of frames.entries()) {
    if (index > 0 && gapMs > 0) await wait(clock, gapMs, signal);
    session.usedAtMs = clock.now();
    yield frame;
  }
}

function attributesOf(member: string, value: unknown): Readonly<Record<string, string>> {
  if (!isObject(value)) throw invalid(`${member} must be a map`);
  return Object.fromEntries(
    Object.entries(value).map(([name, entry]) => [name, text(`${member}.${name}`, entry, { least: 0 })]),
  );
}
