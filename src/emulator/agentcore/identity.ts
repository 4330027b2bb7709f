import type { Clock } from '../../clock.js';
import type { Ids } from '../../ids.js';
import { text } from '../aws/constraint.js';
import { jsonObject } from '../aws/json.js';
import { invalid, notFound } from '../aws/problem.js';
import type { Route } from '../aws/routes.js';
import { AwsProblem } from '../aws/server.js';
import { TokenMint } from './tokens.js';

export interface IdentityScript {
  /** Names of workload identities. */
  workloads: readonly string[];
  /** Credential providers, and the scopes that they may ask for. */
  providers: readonly {
    name: string;
    scopes: readonly string[];
    /** Default: a token of the stand-in's own, which its runtimes trust. */
    issue?: (scopes: readonly string[]) => string;
  }[];
  /** Of a provider's token, in seconds; default 3,600. */
  lifetimeS?: number;
}

const WORKLOAD_TOKEN_MS = 900_000;

/** AgentCore Identity: a workload's own token, and tokens of providers in exchange for it. Source: AgentCore data plane API. */
export function identityOperations(
  { workloads, providers, lifetimeS = 3600 }: IdentityScript,
  clock: Clock,
  ids: Ids,
): { operations: Record<string, Route>; accepts(token: string): boolean } {
  const workloadTokens = new TokenMint('https://identity.example/workload', clock, ids);
  const accessTokens = new TokenMint('https://identity.example', clock, ids);
  return {
    accepts: (token) => accessTokens.accepts(token),
    operations: {
      GetWorkloadAccessToken: {
        method: 'POST',
        path: '/identities/GetWorkloadAccessToken',
        handle({ body }) {
          const name = text('workloadName', jsonObject(body).workloadName, {
            least: 3,
            most: 255,
            pattern: /[A-Za-z0-9_.-]+/,
          });
          if (!workloads.includes(name)) throw notFound(`Workload identity ${name} not found`);
          return { status: 200, body: { workloadAccessToken: workloadTokens.issue(name, [], WORKLOAD_TOKEN_MS) } };
        },
      },
      GetResourceOauth2Token: {
        method: 'POST',
        path: '/identities/oauth2/token',
        handle({ body }) {
          const asked = jsonObject(body);
          const identity = text('workloadIdentityToken', asked.workloadIdentityToken);
          const name = text('resourceCredentialProviderName', asked.resourceCredentialProviderName, { most: 128 });
          const scopes = scopesOf(asked.scopes);
          if (!workloadTokens.accepts(identity)) {
            throw new AwsProblem(401, 'UnauthorizedException', 'The workload access token is invalid or has expired.');
          }
          const provider = providers.find((one) => one.name === name);
          if (!provider) throw notFound(`Credential provider ${name} not found`);
          if (asked.oauth2Flow === 'USER_FEDERATION') {
            const sessionUri = `urn:ietf:params:oauth:request_uri:${ids.uuid()}`;
            const authorizationUrl = `https://identity.example/authorize?request_uri=${encodeURIComponent(sessionUri)}`;
            return { status: 200, body: { authorizationUrl, sessionUri, sessionStatus: 'IN_PROGRESS' } };
          }
          if (asked.oauth2Flow !== 'M2M') throw invalid('oauth2Flow must be M2M or USER_FEDERATION');
          if (scopes.some((scope) => !provider.scopes.includes(scope))) {
            throw invalid(`Credential provider ${name} answered: invalid_scope`);
          }
          const accessToken = provider.issue?.(scopes) ?? accessTokens.issue(name, scopes, lifetimeS * 1000);
          return { status: 200, body: { accessToken } };
        },
      },
    },
  };
}

function scopesOf(value: unknown): string[] {
  if (!Array.isArray(value)) throw invalid('scopes must be a list');
  return value.map((scope) => text('scopes', scope, { most: 128 }));
}
