import { jsonObject, page } from '../aws/json.js';
import { notFound } from '../aws/problem.js';
import type { Route } from '../aws/routes.js';
import type { Deployed } from './deployments.js';
import type { RuntimeScript } from './script.js';

/**
 * Runtimes as the control plane lists them; those that were not deployed over it were made when the stand-in was started.
 * Times are ISO 8601 here.
 */
export function controlOperations(
  runtimes: ReadonlyMap<string, RuntimeScript>,
  startedAtMs: number,
  deployedAs: (arn: string) => Deployed | undefined = () => undefined,
): Record<string, Route> {
  const startedAt = new Date(startedAtMs).toISOString();
  const versionOf = ({ arn }: RuntimeScript) => String(deployedAs(arn)?.version ?? 1);
  const summary = (script: RuntimeScript) => ({
    agentRuntimeArn: script.arn,
    agentRuntimeId: idOf(script),
    agentRuntimeVersion: versionOf(script),
    agentRuntimeName: nameOf(script),
    description: script.description ?? '',
    lastUpdatedAt: new Date(deployedAs(script.arn)?.updatedAtMs ?? startedAtMs).toISOString(),
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
        const deployed = deployedAs(script.arn);
        return {
          status: 200,
          body: {
            ...summary(script),
            createdAt: deployed ? new Date(deployed.createdAtMs).toISOString() : startedAt,
            roleArn: deployed?.roleArn ?? roleOf(script),
            networkConfiguration: { networkMode: deployed?.networkMode ?? 'PUBLIC' },
            ...(deployed && detailsOf(deployed)),
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
          liveVersion: versionOf(script),
          targetVersion: versionOf(script),
          status: 'READY',
          createdAt: startedAt,
          lastUpdatedAt: startedAt,
        }));
        return { status: 200, body: { runtimeEndpoints, ...rest } };
      },
    },
  };
}

function detailsOf({ failureReason, environment, package: { bucket, prefix, entryPoint, runtime } }: Deployed) {
  return {
    ...(failureReason !== undefined && { failureReason }),
    environmentVariables: environment,
    agentRuntimeArtifact: {
      codeConfiguration: { code: { s3: { bucket, prefix } }, entryPoint: [entryPoint], runtime },
    },
  };
}

function roleOf({ arn }: RuntimeScript): string {
  return `${arn.replace(/bedrock-agentcore:[^:]*/, 'iam:').replace(/runtime\/.*/, '')}role/agent`;
}

function idOf({ arn }: RuntimeScript): string {
  return arn.slice(arn.indexOf('runtime/') + 'runtime/'.length);
}

function nameOf(script: RuntimeScript): string {
  return script.name ?? idOf(script).replace(/-[^-]*$/, '');
}
