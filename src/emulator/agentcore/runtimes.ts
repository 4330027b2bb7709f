import type { IncomingHttpHeaders } from 'node:http';
import type { Clock } from '../../clock.js';
import type { Ids } from '../../ids.js';
import { text } from '../aws/constraint.js';
import { invalid, notFound } from '../aws/problem.js';
import type { Route } from '../aws/routes.js';
import { type AwsAnswer, AwsProblem, type AwsRequest } from '../aws/server.js';
import { containerAnswer } from './container.js';
import type { RuntimeScript } from './script.js';
import type { RuntimeSessions } from './sessions.js';

const SESSION_HEADER = 'x-amzn-bedrock-agentcore-runtime-session-id';
const ARN = /^arn:aws[a-z-]*:bedrock-agentcore:[a-z0-9-]+:\d{12}:runtime\/[a-zA-Z][a-zA-Z0-9_-]*$/;
const MAX_PAYLOAD_BYTES = 100 * 1024 * 1024;
const TRACE_HEADERS = ['x-amzn-trace-id', 'traceparent', 'tracestate', 'baggage'];
const MISMATCH =
  "Authorization method mismatch. The agent is configured for a different authorization method than what was used in your request. Check the agent's authorization configuration and ensure your request uses the matching method (OAuth or SigV4)";

/** The operations on runtimes themselves, and who may use them. Source: AgentCore data plane API reference. */
export function runtimeOperations(place: {
  runtimes: ReadonlyMap<string, RuntimeScript>;
  sessions: RuntimeSessions;
  clock: Clock;
  ids: Ids;
  /** Whether a bearer token was issued by somebody the runtimes trust, and still holds. */
  acceptsToken: (token: string) => boolean;
}): { operations: Record<string, Route>; admits(request: AwsRequest): boolean } {
  const { runtimes, sessions, clock, ids } = place;

  const find = (arnOrId: string, accountId: string | null): RuntimeScript => {
    if (!ARN.test(arnOrId) && accountId === null) throw invalid(`Invalid agent runtime ARN or id: ${arnOrId}`);
    const script =
      runtimes.get(arnOrId) ??
      [...runtimes.values()].find(({ arn }) => arn.endsWith(`:${accountId}:runtime/${arnOrId}`));
    if (!script) throw notFound(`No agent runtime found for '${arnOrId}'`);
    return script;
  };

  /** The runtime, by which it is known that the caller may use it this way. */
  const reach = ({ query, headers }: AwsRequest, arnOrId: string): RuntimeScript => {
    const script = find(arnOrId, query.get('accountId'));
    const isBearer = bearerOf(headers) !== undefined;
    if (isBearer !== (script.auth === 'jwt')) throw new AwsProblem(403, 'AccessDeniedException', MISMATCH);
    const qualifier = query.get('qualifier') ?? 'DEFAULT';
    if (!(script.qualifiers ?? ['DEFAULT']).includes(qualifier)) {
      throw notFound(`No endpoint or agent found with qualifier '${qualifier}' for agent '${script.arn}'`);
    }
    return script;
  };

  const invoke = async (request: AwsRequest, arnOrId: string): Promise<AwsAnswer> => {
    const { headers, body, receivedMs } = request;
    const id = text('runtimeSessionId', headers[SESSION_HEADER] ?? ids.uuid(), { least: 33, most: 256 });
    const script = reach(request, arnOrId);
    if (body.length > MAX_PAYLOAD_BYTES) throw invalid('The payload is larger than 100 MB.');
    const session = sessions.open(script, id);
    const signal = AbortSignal.any([request.signal, session.stopped]);
    try {
      await session.use(signal);
      const view = { id, count: session.count, receivedMs, headers: passedOn(headers) };
      const answer = await containerAnswer(script, body, view, { clock, signal });
      session.touch();
      return { ...answer, headers: { ...traceOf(headers), ...answer.headers, [SESSION_HEADER]: id } };
    } catch (error) {
      if (error instanceof AwsProblem || !session.stopped.aborted) throw error;
      throw new AwsProblem(424, 'RuntimeClientError', 'The runtime session was stopped.');
    }
  };

  const stop = (request: AwsRequest, arnOrId: string): AwsAnswer => {
    const id = text('runtimeSessionId', request.headers[SESSION_HEADER], { least: 33, most: 256 });
    const { arn } = reach(request, arnOrId);
    const session = sessions.find(arn, id);
    if (!session) throw notFound(`No session '${id}' is running for agent '${arn}'`);
    session.end('stopped');
    return { status: 200, headers: { [SESSION_HEADER]: id }, body: {} };
  };

  return {
    operations: {
      InvokeAgentRuntime: { method: 'POST', path: '/runtimes/{agentRuntimeArn}/invocations', handle: invoke },
      StopRuntimeSession: { method: 'POST', path: '/runtimes/{agentRuntimeArn}/stopruntimesession', handle: stop },
    },
    admits({ path, headers }) {
      const token = bearerOf(headers);
      if (token === undefined || !/^\/runtimes\/[^/]+\/(invocations|stopruntimesession)$/.test(path)) return false;
      if (!place.acceptsToken(token)) {
        throw new AwsProblem(401, 'UnauthorizedException', 'OAuth authorization failed: the token is not valid');
      }
      return true;
    },
  };
}

function bearerOf(headers: IncomingHttpHeaders): string | undefined {
  return /^Bearer (.+)$/i.exec(headers.authorization ?? '')?.[1];
}

/** What the service lets through to the agent's code: a token, its own headers and the trace's. */
function passedOn(headers: IncomingHttpHeaders): IncomingHttpHeaders {
  const passes = (name: string) => name.startsWith('x-amzn-bedrock-agentcore-runtime-') || TRACE_HEADERS.includes(name);
  const isBearer = bearerOf(headers) !== undefined;
  return Object.fromEntries(
    Object.entries(headers).filter(([name]) => passes(name) || (isBearer && name === 'authorization')),
  );
}

function traceOf(headers: IncomingHttpHeaders): Record<string, string> {
  const given = TRACE_HEADERS.map((name) => [name, headers[name]] as const);
  return Object.fromEntries(given.filter((entry): entry is [string, string] => typeof entry[1] === 'string'));
}
