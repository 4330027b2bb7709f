import { describe, expect, it } from 'vitest';
import { readConfig } from '../src/config.js';

const GOOD = {
  PUBLIC_URL: 'https://bridge.example.com',
  TWILIO_ACCOUNT_SID: `AC${'0'.repeat(32)}`,
  TWILIO_AUTH_TOKEN: 'twilio-secret',
  ADMIN_TOKEN: 'a'.repeat(32),
};

const faultsOf = (environment: Record<string, string | undefined>): string[] => {
  try {
    readConfig(environment);
  } catch (error) {
    return (error as { details: { faults: string[] } }).details.faults;
  }
  return [];
};

describe('the configuration', () => {
  it('has defaults for all that need not be said', () => {
    expect(readConfig(GOOD)).toMatchObject({
      port: 3000,
      host: '127.0.0.1',
      region: undefined,
      voiceRegions: undefined,
      modelId: 'amazon.nova-2-sonic-v1:0',
      transport: 'lean',
      logLevel: 'info',
      trustProxy: false,
    });
  });

  it('leaves the number of calls to what there is room for, and metrics to the administrator, unless told otherwise', () => {
    const told = { MAX_CALLS: '40', NOVA_MAX_SESSIONS: '20', METRICS_TOKEN: 'm'.repeat(16) };

    expect(readConfig(GOOD)).toMatchObject({ maxCalls: 1000, maxSessions: undefined, metricsToken: GOOD.ADMIN_TOKEN });
    expect(readConfig({ ...GOOD, ...told })).toMatchObject({
      maxCalls: 40,
      maxSessions: 20,
      metricsToken: told.METRICS_TOKEN,
    });
  });

  it('takes the regions of the voice model in their order, each once', () => {
    expect(readConfig({ ...GOOD, NOVA_REGIONS: 'us-west-2, us-east-1,us-west-2' }).voiceRegions).toEqual([
      'us-west-2',
      'us-east-1',
    ]);
  });

  it('knows where agents are made, written and deployed', () => {
    const arn = 'arn:aws:bedrock-agentcore:us-east-1:123456789012:runtime/loader-AbCdEf0123';
    const told = {
      CREATOR_BUCKET: 'my-agents',
      CREATOR_LOADER_ARN: arn,
      CREATOR_BASE_ZIP: 's3://my-packages/base.zip',
      CREATOR_ROLE_ARN: 'arn:aws:iam::123456789012:role/agents',
      AGENT_CREATOR_RUNTIME_ARN: arn,
    };

    expect(readConfig(GOOD).creator).toMatchObject({ modelId: 'amazon.nova-pro-v1:0', bucket: undefined });
    expect(readConfig({ ...GOOD, ...told }).creator).toEqual({
      modelId: 'amazon.nova-pro-v1:0',
      bucket: 'my-agents',
      loaderArn: arn,
      baseZip: 's3://my-packages/base.zip',
      roleArn: 'arn:aws:iam::123456789012:role/agents',
      metaAgentArn: arn,
    });
  });

  it.each([
    [{ CREATOR_BASE_ZIP: './base.zip' }, 'CREATOR_ROLE_ARN is required: a package is deployed with the role'],
    [{ CREATOR_ROLE_ARN: 'arn:aws:iam::123456789012:role/x' }, 'CREATOR_BASE_ZIP is required'],
    [{ CREATOR_BASE_ZIP: 'https://x/base.zip' }, 'CREATOR_BASE_ZIP must be s3://bucket/key or a file'],
    [{ CREATOR_ROLE_ARN: 'agents' }, 'CREATOR_ROLE_ARN must be the ARN of a role'],
    [{ CREATOR_LOADER_ARN: 'loader' }, 'CREATOR_LOADER_ARN must be the ARN of an AgentCore runtime'],
    [{ AGENT_CREATOR_RUNTIME_ARN: 'x' }, 'AGENT_CREATOR_RUNTIME_ARN must be the ARN of an AgentCore runtime'],
    [{ CREATOR_BUCKET: 's3://agents' }, 'CREATOR_BUCKET must be the name of a bucket'],
  ])('refuses %j, which no agent can be made with', (environment, words) => {
    expect(faultsOf({ ...GOOD, ...environment })).toContainEqual(expect.stringContaining(words));
  });

  it('takes an empty variable for one that is not set', () => {
    expect(readConfig({ ...GOOD, PORT: '' }).port).toBe(3000);
  });

  it('reports every fault at once, by name', () => {
    const faults = faultsOf({
      PORT: 'http',
      PUBLIC_URL: 'http://bridge.example.com',
      LOG_LEVEL: 'loud',
      ADMIN_TOKEN: 'short',
    });

    const names = faults.map((fault) => fault.split(' ')[0]);
    expect(names.sort()).toEqual([
      'ADMIN_TOKEN',
      'LOG_LEVEL',
      'PORT',
      'PUBLIC_URL',
      'TWILIO_ACCOUNT_SID',
      'TWILIO_AUTH_TOKEN',
    ]);
    expect(faults).toContain('TWILIO_AUTH_TOKEN is required');
  });

  it('never prints a secret', () => {
    expect(faultsOf({ ...GOOD, ADMIN_TOKEN: 'my-short-secret' }).join()).not.toContain('my-short-secret');
  });

  it('has the carrier ask again at the public address, unless there is another way', () => {
    const other = 'https://other-way.example.com';

    expect(readConfig(GOOD).publicFallbackUrl).toBe(GOOD.PUBLIC_URL);
    expect(readConfig({ ...GOOD, PUBLIC_FALLBACK_URL: other }).publicFallbackUrl).toBe(other);
    expect(readConfig({ ...GOOD, PUBLIC_FALLBACK_URL: other }).publicUrl).toBe(GOOD.PUBLIC_URL);
  });

  it('takes an address without TLS only when it names this machine', () => {
    expect(readConfig({ ...GOOD, PUBLIC_URL: 'http://127.0.0.1:3000' }).publicUrl).toBe('http://127.0.0.1:3000');
    expect(faultsOf({ ...GOOD, PUBLIC_URL: 'http://bridge.example.com' })).toEqual([expect.stringContaining('https')]);
  });

  it.each([
    ['PUBLIC_URL', 'bridge.example.com'],
    ['PUBLIC_URL', 'https://bridge.example.com/?x=1'],
    ['PUBLIC_FALLBACK_URL', 'http://bridge.example.com'],
    ['PORT', '70000'],
    ['MAX_CALLS', '0'],
    ['NOVA_MAX_SESSIONS', '0'],
    ['METRICS_TOKEN', 'short'],
    ['AWS_REGION', 'Virginia'],
    ['NOVA_REGIONS', 'us-east-1;us-west-2'],
    ['NOVA_TRANSPORT', 'fast'],
    ['TRUST_PROXY', 'maybe'],
    ['TWILIO_ACCOUNT_SID', 'SK123'],
  ])('refuses %s=%s', (name, value) => {
    expect(faultsOf({ ...GOOD, [name]: value })).toEqual([expect.stringContaining(name)]);
  });
});
