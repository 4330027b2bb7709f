import { createSecureServer } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { modelTrouble } from '../../src/doctor/model-trouble.js';
import { voiceModelChecks } from '../../src/doctor/voice-model.js';
import { type BedrockEmulator, startBedrock } from '../../src/emulator/bedrock/server.js';
import { selfSigned } from './certificate.js';
import { findingOf, installation } from './rig.js';

const MODEL = 'amazon.nova-2-sonic-v1:0';

describe('the voice model', () => {
  let bedrock: BedrockEmulator;

  beforeAll(async () => {
    bedrock = await startBedrock();
  });
  afterAll(() => bedrock.close());

  const look = (environment: Record<string, string> = {}, options: Partial<Parameters<typeof installation>[1]> = {}) =>
    findingOf(
      voiceModelChecks(
        installation(environment, {
          bedrock: { endpoint: bedrock.url, credentials: bedrock.credentials },
          ...options,
        }),
      )[0]!,
    );

  it.each(['lean', 'standard'])('is opened, given silence and closed in the legal order (%s)', async (transport) => {
    const opening = bedrock.nextSession();
    const finding = await look({ NOVA_TRANSPORT: transport });
    const session = await opening;

    expect(finding).toMatchObject({
      state: 'ok',
      says: expect.stringMatching(/ready in \d+ ms and closed in order/),
    });
    expect(session.violations).toEqual([]);
    expect(session.endedBy).toBeDefined();
  });

  it.each([
    [
      'access denied',
      { kind: 'http', status: 403, message: 'User: arn:aws:iam::123456789012:user/x is not authorized' },
      'may not use the model',
      'bedrock:InvokeModelWithBidirectionalStream and bedrock:InvokeModel on arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-2-sonic-v1:0',
    ],
    [
      'a model that is not enabled',
      { kind: 'http', status: 403, message: "You don't have access to the model with the specified model ID." },
      'not enabled for this account in us-east-1',
      'Model access',
    ],
    [
      'an explicit deny',
      {
        kind: 'http',
        status: 403,
        message: 'not authorized to perform: x with an explicit deny in a service control policy',
      },
      'a policy forbids it',
      'service control policies',
    ],
    ['throttling', { kind: 'http', status: 429 }, 'no room for it', 'Service Quotas'],
    [
      'an expired token',
      {
        kind: 'http',
        status: 403,
        type: 'ExpiredTokenException',
        message: 'The security token included in the request is expired',
      },
      'credentials have expired',
      'aws sso login',
    ],
    [
      'a signature of the wrong time',
      {
        kind: 'http',
        status: 403,
        type: 'InvalidSignatureException',
        message: 'Signature expired: 20260101T000000Z is now earlier than 20260101T001000Z',
      },
      'the time in the signature',
      'NTP',
    ],
    ['trouble of the service', { kind: 'http', status: 503 }, 'the service has trouble', 'Health Dashboard'],
    [
      'an exception after the opening',
      { kind: 'exception', type: 'throttlingException' },
      'no room for it',
      'Service Quotas',
    ],
    ['a lost connection', { kind: 'refuse' }, '', 'proxy'],
  ] as const)('%s has its own advice', async (_name, fault, words, advice) => {
    bedrock.failNext(fault);
    const finding = await look();

    expect(finding.state).toBe('failed');
    expect(finding.says).toContain(words);
    expect(finding.advice).toContain(advice);
  });

  it('that is unknown in the region is told with model and region', async () => {
    const finding = await look({ NOVA_MODEL_ID: 'amazon.nova-9-sonic-v1:0' });

    expect(finding).toMatchObject({
      state: 'failed',
      says: expect.stringContaining('no amazon.nova-9-sonic-v1:0 in us-east-1'),
    });
    expect(finding.advice).toContain('AWS_REGION');
  });

  it('refuses a signature for another region, a wrong secret and a strange key', async () => {
    const { url: endpoint, credentials } = bedrock;
    const inOtherRegion = await look({}, { region: 'eu-west-3' });
    const wrongSecret = await look(
      {},
      { bedrock: { endpoint, credentials: { ...credentials, secretAccessKey: 'other' } } },
    );
    const strangeKey = await look(
      {},
      { bedrock: { endpoint, credentials: { ...credentials, accessKeyId: 'AKIDOTHER' } } },
    );

    expect(inOtherRegion.says).toContain('AWS refuses the signature');
    expect(wrongSecret.advice).toContain('does not belong to the access key id');
    expect(strangeKey.says).toContain('AWS does not know this access key');
  });

  it('that cannot be reached is told by host and cause', async () => {
    const finding = await look({}, { bedrock: { endpoint: 'http://127.0.0.1:9', credentials: bedrock.credentials } });

    expect(finding).toMatchObject({ state: 'failed', says: '127.0.0.1:9 refuses the connection (ECONNREFUSED)' });
  });

  it('behind a certificate that nobody vouches for is told as that', async () => {
    const now = Date.now();
    const server = createSecureServer(
      selfSigned({ name: 'localhost', address: '127.0.0.1', fromMs: now - 1e7, untilMs: now + 1e7 }),
    );
    server.on('sessionError', () => undefined);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const endpoint = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;

    const finding = await look({}, { bedrock: { endpoint, credentials: bedrock.credentials } });

    expect(finding.says).toContain('nobody here vouches for');
    expect(finding.advice).toContain('NODE_EXTRA_CA_CERTS');
    await new Promise<void>((resolve) => void server.close(() => resolve()));
  });
});

describe('the voice model in several regions', () => {
  it('is looked at in each of them', async () => {
    const east = await startBedrock();
    const west = await startBedrock({ region: 'us-west-2' });
    const place = installation(
      { NOVA_REGIONS: 'us-east-1, us-west-2,us-east-1' },
      { bedrock: { endpoint: { 'us-east-1': east.url, 'us-west-2': west.url }, credentials: east.credentials } },
    );
    west.failNext({ kind: 'http', status: 404 });

    const checks = voiceModelChecks(place);
    expect(checks.map(({ name }) => name)).toEqual(['voice model (us-east-1)', 'voice model (us-west-2)']);
    expect(await findingOf(checks[0]!)).toMatchObject({ state: 'ok', says: expect.stringContaining('us-east-1') });
    expect(await findingOf(checks[1]!)).toMatchObject({ state: 'failed', says: expect.stringContaining('us-west-2') });
    expect([east, west].map(({ sessions }) => sessions.length)).toEqual([1, 0]);
    await east.close();
    await west.close();
  });
});

describe('what a failed stream means', () => {
  const place = { modelId: MODEL, region: 'us-east-1', host: 'bedrock-runtime.us-east-1.amazonaws.com' };

  it.each([
    ['AccessDeniedException', 'API keys are not supported by this operation.', 'do not work for voice streams'],
    ['ValidationException', 'The provided model identifier is invalid.', 'there is no'],
    ['ModelNotReadyException', 'later', 'is not ready'],
    ['ServiceQuotaExceededException', 'too many', 'no room'],
    ['CredentialsProviderError', 'Could not load credentials from any providers', 'no credentials'],
    ['UnknownOperationException', 'Unknown operation', 'is not the Bedrock runtime'],
    ['ConnectionLost', 'Protocol error', 'was lost'],
    ['StrangeException', 'never\n heard', `StrangeException of ${MODEL} in us-east-1: never heard`],
  ])('%s: %s', (name, message, words) => {
    const finding = modelTrouble({ kind: 'failed', name, message }, place);

    expect(finding.state).toBe('failed');
    expect(finding.says).toContain(words);
    expect(finding.advice).toBeTruthy();
  });
});
