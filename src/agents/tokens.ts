import type { AwsPlace } from '../aws.js';
import { awsSettings } from '../aws.js';
import type { Clock } from '../clock.js';
import type { Logger } from '../log.js';
import { clientCredentials } from './client-credentials.js';
import { agentCoreIdentity } from './identity.js';
import { secretsManager } from './secrets.js';
import { tokenCache } from './token-cache.js';

/** How the bridge says who it is. */
export type Auth =
  | { readonly kind: 'none' }
  | { readonly kind: 'sigv4' }
  | {
      readonly kind: 'oauth';
      readonly tokenUrl: string;
      readonly clientId: string;
      /** Plain, or the ARN of an AWS Secrets Manager secret. */
      readonly clientSecret: string;
      readonly scopes: readonly string[];
    }
  | { readonly kind: 'agentcore-identity'; readonly provider: string; readonly scopes: readonly string[] };

/** Those that end in a bearer token. */
export type TokenAuth = Extract<Auth, { kind: 'oauth' | 'agentcore-identity' }>;

export interface TokenSource {
  /**
   * The value of the Authorization header, `Bearer …`; undefined for `none` and `sigv4`. Kept until shortly before it
   * expires; several who ask at once share one request. Throws TOOL_FAILED with the reason `credentials` or
   * `unavailable`.
   */
  authorization(auth: Auth, signal: AbortSignal): Promise<string | undefined>;
  /** The token was refused: the next one is fresh. With `authorization` only if that is still the one kept. */
  rejected(auth: Auth, authorization?: string): void;
  close(): void;
}

export interface TokenOptions {
  /** AgentCore Identity; `workloadName` is the bridge's own workload identity there. */
  readonly identity: AwsPlace & { readonly workloadName?: string };
  /** AWS Secrets Manager. */
  readonly secrets: AwsPlace;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Tokens by OAuth 2 client credentials and from AgentCore Identity. */
export function tokenSource({ identity, secrets, clock, log }: TokenOptions): TokenSource {
  const { requestHandler } = awsSettings({});
  const secretStore = secretsManager(secrets, clock);
  const byCredentials = clientCredentials({ requestHandler, secrets: secretStore });
  const byIdentity = agentCoreIdentity(identity, clock);
  const cache = tokenCache({
    request: (auth, signal) =>
      auth.kind === 'oauth' ? byCredentials.request(auth, signal) : byIdentity.request(auth, signal),
    clock,
    log,
  });
  return {
    async authorization(auth, signal) {
      if (auth.kind === 'none' || auth.kind === 'sigv4') return undefined;
      return cache.get(auth, signal);
    },
    rejected(auth, authorization) {
      if (auth.kind === 'oauth' || auth.kind === 'agentcore-identity') cache.drop(auth, authorization);
    },
    close() {
      cache.close();
      requestHandler.destroy();
      secretStore.close();
      byIdentity.close();
    },
  };
}
