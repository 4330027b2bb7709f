import { BedrockRuntimeClient } from '@aws-sdk/client-bedrock-runtime';
import { asAwsError, NO_CREDENTIALS } from './aws-trouble.js';
import type { Check, Finding } from './check.js';
import type { Installation } from './installation.js';

/** Who the bridge is at AWS, and where: by the SDK's own chain. */
export function credentialsCheck(
  { region, isRegionSet, bedrock, clock }: Installation,
  environment: Environment,
): Check {
  return {
    name: 'AWS credentials',
    async run() {
      const client = new BedrockRuntimeClient({
        region,
        ...(bedrock?.credentials && { credentials: bedrock.credentials }),
        authSchemePreference: ['sigv4'],
      });
      try {
        return judge(await client.config.credentials(), { region, isRegionSet, nowMs: clock.now() });
      } catch (error) {
        const hasBearer = environment.AWS_BEARER_TOKEN_BEDROCK !== undefined;
        return {
          state: 'failed',
          says: `none found: ${asAwsError(error).message}`,
          advice: hasBearer
            ? `AWS_BEARER_TOKEN_BEDROCK is set, but Bedrock API keys do not work for voice streams. ${NO_CREDENTIALS}`
            : NO_CREDENTIALS,
        };
      } finally {
        client.destroy();
      }
    },
  };
}

type Environment = Readonly<Record<string, string | undefined>>;

interface Identity {
  accessKeyId: string;
  sessionToken?: string | undefined;
  expiration?: Date | undefined;
  $source?: object | undefined;
}

/** From the SDK's marks to words, the most telling first. Source: AWS SDKs, user agent features of credentials. */
const SOURCES: readonly (readonly [mark: RegExp, words: string])[] = [
  [/^CREDENTIALS_ENV_VARS$/, 'environment variables'],
  [/SSO/, 'a profile with single sign-on'],
  [/WEB_ID/, 'a role by web identity (EKS service account)'],
  [/ASSUME_ROLE/, 'a role that a profile assumes'],
  [/^CREDENTIALS_HTTP$/, 'the role of the container (ECS, EKS)'],
  [/^CREDENTIALS_IMDS$/, 'the role of the EC2 instance'],
  [/PROCESS/, 'the program that a profile names'],
  [/LOGIN/, 'a profile with aws login'],
  [/^CREDENTIALS_PROFILE/, 'a profile'],
];

function judge(identity: Identity, at: { region: string; isRegionSet: boolean; nowMs: number }): Finding {
  const marks = Object.keys(identity.$source ?? {});
  const source = SOURCES.find(([mark]) => marks.some((each) => mark.test(each)))?.[1];
  const says = `found${source ? `, from ${source}` : ''} (key …${identity.accessKeyId.slice(-4)}), region ${at.region}`;
  const { expiration } = identity;
  if (expiration && expiration.getTime() <= at.nowMs) {
    return {
      state: 'failed',
      says: `${says}, expired at ${expiration.toISOString()}`,
      advice: 'Renew them (aws sso login, a new assume-role), or give the bridge a role that renews itself.',
    };
  }
  if (!at.isRegionSet) {
    return {
      state: 'warning',
      says,
      advice: `No region is set and this one is the bridge's own choice: set AWS_REGION.`,
    };
  }
  if (source === 'environment variables' && identity.sessionToken !== undefined) {
    return {
      state: 'warning',
      says: `${says}, temporary`,
      advice:
        'Nothing renews temporary keys of the environment: when they end, calls do. Use a role or a profile to stay.',
    };
  }
  return { state: 'ok', says };
}
