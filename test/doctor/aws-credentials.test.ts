import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { credentialsCheck } from '../../src/doctor/aws-credentials.js';
import { bedrockOrigin } from '../../src/doctor/aws-endpoint.js';
import { findingOf, installation } from './rig.js';

const NAMES = [
  'AWS_ACCESS_KEY_ID',
  'AWS_SECRET_ACCESS_KEY',
  'AWS_SESSION_TOKEN',
  'AWS_PROFILE',
  'AWS_BEARER_TOKEN_BEDROCK',
];

describe('the credentials for AWS', () => {
  beforeEach(() => {
    for (const name of NAMES) vi.stubEnv(name, undefined);
    vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true');
    vi.stubEnv('AWS_CONFIG_FILE', join(import.meta.dirname, 'none'));
    vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', join(import.meta.dirname, 'none'));
  });
  afterEach(() => vi.unstubAllEnvs());

  it('are found in the environment, with the region, without showing them', async () => {
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIDEXAMPLE1234');
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'very-secret');

    const finding = await findingOf(credentialsCheck(installation(), {}));

    expect(finding).toEqual({ state: 'ok', says: 'found, from environment variables (key …1234), region us-east-1' });
  });

  it('of the environment that are temporary are warned of', async () => {
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'ASIAEXAMPLE1234');
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'very-secret');
    vi.stubEnv('AWS_SESSION_TOKEN', 'token');

    const finding = await findingOf(credentialsCheck(installation(), {}));

    expect(finding).toMatchObject({ state: 'warning', advice: expect.stringContaining('Nothing renews') });
  });

  it('that were found where no region was set come with a warning', async () => {
    const credentials = { accessKeyId: 'AKIDEXAMPLE1234', secretAccessKey: 'very-secret' };
    const place = installation({}, { isRegionSet: false, bedrock: { endpoint: 'http://127.0.0.1:9', credentials } });

    expect(await findingOf(credentialsCheck(place, {}))).toMatchObject({
      state: 'warning',
      advice: expect.stringContaining('AWS_REGION'),
    });
  });

  it('that are nowhere fail, and an API key for Bedrock is no help', async () => {
    const nothing = await findingOf(credentialsCheck(installation(), {}));
    const apiKey = await findingOf(credentialsCheck(installation(), { AWS_BEARER_TOKEN_BEDROCK: 'key' }));

    expect(nothing).toMatchObject({ state: 'failed', says: expect.stringContaining('none found') });
    expect(nothing.advice).toContain('AWS_ACCESS_KEY_ID');
    expect(apiKey.advice).toContain('API keys do not work for voice streams');
  });
});

describe('the address of the model', () => {
  afterEach(() => vi.unstubAllEnvs());

  it('is what the SDK makes of region and environment', async () => {
    expect(await bedrockOrigin({ region: 'eu-north-1' })).toBe('https://bedrock-runtime.eu-north-1.amazonaws.com');
    expect(await bedrockOrigin({ region: 'eu-north-1', endpoint: 'http://127.0.0.1:4000' })).toBe(
      'http://127.0.0.1:4000',
    );
    vi.stubEnv('AWS_ENDPOINT_URL_BEDROCK_RUNTIME', 'http://127.0.0.1:4001');
    expect(await bedrockOrigin({ region: 'eu-north-1' })).toBe('http://127.0.0.1:4001');
  });
});
