import { type AwsPlace, awsSettings } from '../aws.js';
import type { Clock } from '../clock.js';
import { lazyClient } from '../lazy-client.js';
import { isObject, parsedJson } from './answer-text.js';
import { failure, signInFailureOf, WHO } from './failure.js';
import type { Token } from './token-cache.js';
import type { TokenAuth } from './tokens.js';

type Identity = Extract<TokenAuth, { kind: 'agentcore-identity' }>;

/** AgentCore Identity does not say how long a token lasts. */
const DEFAULT_LIFETIME_MS = 300_000;

/**
 * Asks AgentCore Identity for tokens: the workload's own access token first, then the provider's for machines (M2M).
 * Source: AgentCore, GetWorkloadAccessToken and GetResourceOauth2Token.
 */
export function agentCoreIdentity(place: AwsPlace & { readonly workloadName?: string }, clock: Clock) {
  const { workloadName, ...where } = place;
  const aws = lazyClient(
    () => import('@aws-sdk/client-bedrock-agentcore'),
    (sdk) => new sdk.BedrockAgentCoreClient(awsSettings(where)),
  );
  const ask = async ({ provider, scopes }: Identity, abortSignal: AbortSignal) => {
    const { sdk, client } = await aws.open();
    const { workloadAccessToken } = await client.send(new sdk.GetWorkloadAccessTokenCommand({ workloadName }), {
      abortSignal,
    });
    return client.send(
      new sdk.GetResourceOauth2TokenCommand({
        workloadIdentityToken: workloadAccessToken,
        resourceCredentialProviderName: provider,
        scopes: [...scopes],
        oauth2Flow: 'M2M',
      }),
      { abortSignal },
    );
  };
  return {
    async request(auth: Identity, signal: AbortSignal): Promise<Token> {
      if (workloadName === undefined) {
        throw failure('credentials', WHO, { details: { problem: 'no workload identity is configured' } });
      }
      const { accessToken, authorizationUrl } = await ask(auth, signal).catch((error: unknown) => {
        throw signInFailureOf(error, signal);
      });
      if (accessToken) return { authorization: `Bearer ${accessToken}`, lifetimeMs: lifetimeOf(accessToken, clock) };
      const problem = authorizationUrl ? 'the provider wants the consent of a person' : 'there was no token';
      throw failure('credentials', WHO, { details: { problem } });
    },
    close() {
      aws.close();
    },
  };
}

/** Until the end that a JWT names for itself. Its signature is the runtime's affair. */
function lifetimeOf(token: string, clock: Clock): number {
  const claims = parsedJson(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());
  const leftMs = isObject(claims) && typeof claims.exp === 'number' ? claims.exp * 1000 - clock.now() : 0;
  return leftMs > 0 ? leftMs : DEFAULT_LIFETIME_MS;
}
