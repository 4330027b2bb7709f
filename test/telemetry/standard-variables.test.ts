import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { readConfig } from '../../src/config.js';
import { startCollector } from './collector.js';
import { traced } from './rig.js';

let collector: Awaited<ReturnType<typeof startCollector>>;

beforeEach(async () => {
  collector = await startCollector();
});

afterEach(async () => {
  vi.unstubAllEnvs();
  await collector.close();
});

const sendOne = async () => {
  const { short, traces } = await traced(collector.url);
  short('CA1');
  await traces.close();
};

describe('the standard variables of OpenTelemetry', () => {
  it('name the service and its resource; without them it is the bridge and its instance', async () => {
    await sendOne();
    vi.stubEnv('OTEL_SERVICE_NAME', 'telephone');
    vi.stubEnv('OTEL_RESOURCE_ATTRIBUTES', 'deployment.environment.name=staging,service.instance.id=seven');
    await sendOne();

    expect(collector.resources()).toEqual([
      expect.objectContaining({
        'service.name': 'oratio-voice-bridge',
        'service.instance.id': 'http://10.0.0.7:3000',
      }),
      expect.objectContaining({
        'service.name': 'telephone',
        'service.instance.id': 'seven',
        'deployment.environment.name': 'staging',
      }),
    ]);
  });

  it('give headers', async () => {
    vi.stubEnv('OTEL_EXPORTER_OTLP_HEADERS', 'x-team=voice');
    await sendOne();

    expect(collector.requests).toMatchObject([{ path: '/v1/traces', headers: { 'x-team': 'voice' } }]);
  });

  it('sample: a call that is not followed is not sent', async () => {
    vi.stubEnv('OTEL_TRACES_SAMPLER', 'always_off');
    await sendOne();

    expect(collector.requests).toEqual([]);
  });
});

describe('the configuration', () => {
  const tracesOf = (environment: Record<string, string>) =>
    readConfig({
      PUBLIC_URL: 'https://bridge.example.com',
      TWILIO_ACCOUNT_SID: `AC${'0'.repeat(32)}`,
      TWILIO_AUTH_TOKEN: 'twilio-secret',
      ADMIN_TOKEN: 'a'.repeat(32),
      ...environment,
    }).traces;
  const ENDPOINT = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318/' };

  it.each([
    ['nowhere', {}, undefined],
    ['to the collector', ENDPOINT, 'http://collector:4318/v1/traces'],
    [
      'to an address of their own',
      { ...ENDPOINT, OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'https://traces.example.com/in' },
      'https://traces.example.com/in',
    ],
    ['nowhere when the SDK is disabled', { ...ENDPOINT, OTEL_SDK_DISABLED: 'TRUE' }, undefined],
    ['nowhere when traces have no exporter', { ...ENDPOINT, OTEL_TRACES_EXPORTER: 'none' }, undefined],
  ])('sends traces %s', (_where, environment, url) => {
    expect(tracesOf(environment)?.url).toBe(url);
  });

  it('sends a hundred and twenty-eight spans at once, unless it is told otherwise', () => {
    expect(tracesOf(ENDPOINT)?.batchSize).toBe(128);
    expect(tracesOf({ ...ENDPOINT, OTEL_BSP_MAX_EXPORT_BATCH_SIZE: '64' })?.batchSize).toBe(64);
  });

  it('refuses what is no address', () => {
    expect(() => tracesOf({ OTEL_EXPORTER_OTLP_ENDPOINT: 'collector:4318' })).toThrow('OTEL_EXPORTER_OTLP_ENDPOINT');
  });
});
