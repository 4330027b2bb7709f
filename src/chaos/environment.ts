import { join } from 'node:path';
import { ADMIN_TOKEN, BUCKET, PUBLIC_FALLBACK_URL, PUBLIC_URL, type Site, TWILIO } from './site.js';

/** What a bridge of a run is started with. */
export function environmentOf(
  site: Site,
  own: { databaseUrl: string; dataDir: string; sessionLimitMs: number },
): (name: string) => Readonly<Record<string, string>> {
  const { accessKeyId, secretAccessKey } = site.s3.credentials;
  return (name) => ({
    PUBLIC_URL,
    PUBLIC_FALLBACK_URL,
    TWILIO_ACCOUNT_SID: TWILIO.accountSid,
    TWILIO_AUTH_TOKEN: TWILIO.authToken,
    // Nobody listens there: nothing is ordered of the carrier.
    TWILIO_API_URL: 'http://127.0.0.1:9',
    ADMIN_TOKEN,
    DATABASE_URL: own.databaseUrl,
    DATA_DIR: join(own.dataDir, name),
    RECORDINGS_URL: `s3://${BUCKET}/calls`,
    NOVA_SESSION_LIMIT_MS: String(own.sessionLimitMs),
    NOVA_REGIONS: site.models.map(({ region }) => region).join(','),
    // Until the balancer has asked again.
    DRAIN_DELAY_MS: '3000',
    AWS_REGION: site.models[0].region,
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_ENDPOINT_URL: 'http://127.0.0.1:9',
    CHAOS_MODEL_ENDPOINTS: JSON.stringify(endpointsOf(site)),
    CHAOS_CREDENTIALS_URL: site.credentials.url,
    AWS_ENDPOINT_URL_BEDROCK_AGENTCORE: site.agentCore.url,
    AWS_ENDPOINT_URL_S3: site.s3.url,
    AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
  });
}

/** Where the model is, by region. */
export function endpointsOf({ models }: Site): Readonly<Record<string, string>> {
  return Object.fromEntries(models.map(({ region, url }) => [region, url]));
}
