import { jsonObject, page } from '../aws/json.js';
import { notFound } from '../aws/problem.js';
import type { Route } from '../aws/routes.js';
import type { RuntimeScript } from './script.js';

/** Runtimes as the control plane lists them; all were made when the stand-in was started. Times are ISO 8601 here. */
export function controlOperations(
  runtimes: ReadonlyMap<string, RuntimeScript>,
  startedAtMs: number,
): Record<string, Route> {
  const startedAt = new Date(startedAtMs).toISOString();
  const summary = (script: RuntimeScript) => ({
    agentRuntimeArn: script.arn,
    agentRuntimeId: idOf(script),
    agentRuntimeVersion: '1',
    agentRuntimeName: nameOf(script),
    description: script.description ?? '',
    lastUpdatedAt: startedAt,
    status: script.status ?? 'READY',
  });
  const find = (id: string): RuntimeScript => {
    const script = [...runtimes.values()].find((one) => idOf(one) === id);
    if (!script) throw notFound(`Agent runtime ${id} not found`);
    return script;
  };
  const asked = (query: URLSearchParams) => ({
    maxResults: query.get('maxResults'),
    nextToken: query.get('nextToken'),
  });
  return {
    ListAgentRuntimes: {
      method: 'POST',
      path: '/runtimes/',
      handle({ query, body }) {
        jsonObject(body);
        const { items, ...rest } = page([...runtimes.values()], asked(query));
        return { status: 200, body: { agentRuntimes: items.map(summary), ...rest } };
      },
    },
    GetAgentRuntime: {
      method: 'GET',
      path: '/runtimes/{agentRuntimeId}/',
      handle(_, id) {
        const script = find(id);
        const authorizer = {
          customJWTAuthorizer: { discoveryUrl: 'https://issuer.example/.well-known/openid-configuration' },
        };
        return {
          status: 200,
          body: {
            ...summary(script),
            createdAt: startedAt,
            roleArn: `${script.arn.replace(/bedrock-agentcore:[^:]*/, 'iam:').replace(/runtime\/.*/, '')}role/agent`,
            networkConfiguration: { networkMode: 'PUBLIC' },
            protocolConfiguration: { serverProtocol: 'HTTP' },
            lifecycleConfiguration: {
              idleRuntimeSessionTimeout: (script.idleMs ?? 900_000) / 1000,
              maxLifetime: (script.lifetimeMs ?? 28_800_000) / 1000,
            },
            ...(script.auth === 'jwt' && { authorizerConfiguration: authorizer }),
          },
        };
      },
    },
    ListAgentRuntimeEndpoints: {
      method: 'POST',
      path: '/runtimes/{agentRuntimeId}/runtime-endpoints/',
      handle({ query }, id) {
        const script = find(id);
        const { items, ...rest } = page(script.qualifiers ?? ['DEFAULT'], asked(query));
        const runtimeEndpoints = items.map((name) => ({
          name,
          id: name,
          agentRuntimeArn: script.arn,
          agentRuntimeEndpointArn: `${script.arn}/runtime-endpoint/${name}`,
          liveVersion: '1',
          targetVersion: '1',
          status: 'READY',
          createdAt: startedAt,
          lastUpdatedAt: startedAt,
        }));
        return { status: 200, body: { runtimeEndpoints, ...rest } };
      },
    },
  };
}

function idOf({ arn }: RuntimeScript): string {
  return arn.slice(arn.indexOf('runtime/') + 'runtime/'.length);
}

function nameOf(script: RuntimeScript): string {
  return script.name ?? idOf(script).replace(/-[^-]*$/, '');
}
