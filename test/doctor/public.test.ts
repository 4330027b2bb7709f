import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { mediaSocketCheck } from '../../src/doctor/media-socket.js';
import { publicAddressCheck } from '../../src/doctor/public-address.js';
import { signedWebhookCheck } from '../../src/doctor/signed-webhook.js';
import { type Bridge, startBridge } from '../wire/bridge.js';
import { selfSigned } from './certificate.js';
import { type Front, type FrontFault, startFront } from './front.js';
import { findingOf, installation } from './rig.js';

let front: Front;
let bridge: Bridge;

beforeAll(async () => {
  front = await startFront();
  bridge = await startBridge({ environment: { PUBLIC_URL: front.url } });
  front.target = bridge.base;
});
afterAll(async () => {
  await bridge.close();
  await front.close();
});
afterEach(() => {
  front.fault = undefined;
  front.target = bridge.base;
});

const at = (environment: Record<string, string> = {}) => installation({ PUBLIC_URL: front.url, ...environment });
const answer = (status: number, more: Partial<FrontFault & { kind: 'answer' }> = {}): FrontFault => ({
  kind: 'answer',
  status,
  ...more,
});

describe('the public address', () => {
  it('reaches a bridge; that it is of this machine only is warned of', async () => {
    const finding = await findingOf(publicAddressCheck(at()));

    expect(finding).toMatchObject({ state: 'warning', says: expect.stringContaining('reaches a bridge in') });
    expect(finding.advice).toContain('public address');
  });

  it.each([
    [
      'redirects',
      answer(301, { headers: { location: 'https://www.example.com/' } }),
      'redirects to https://www.example.com/',
      'final address',
    ],
    ['has no bridge behind it', answer(502), 'reaches no bridge (HTTP 502)', 'npm start'],
    ['asks for a log-in', answer(401), 'is closed (HTTP 401)', 'log-in'],
    ['belongs to something else', answer(200, { body: '<html>' }), 'something else than a bridge', 'PUBLIC_URL'],
    ['does not know the path', answer(404), 'something else than a bridge', 'whole paths'],
  ] as const)('%s', async (_name, fault, words, advice) => {
    front.fault = fault;

    const finding = await findingOf(publicAddressCheck(at()));

    expect(finding).toMatchObject({
      state: 'failed',
      says: expect.stringContaining(words),
      advice: expect.stringContaining(advice),
    });
  });

  it('is told as closed when nothing listens', async () => {
    const finding = await findingOf(publicAddressCheck(at({ PUBLIC_URL: 'http://127.0.0.1:9' })));

    expect(finding).toMatchObject({ state: 'failed', says: expect.stringContaining('ECONNREFUSED') });
    expect(finding.advice).toContain('Start the bridge');
  });

  it('needs a certificate that others trust, and https where it says so', async () => {
    const now = Date.now();
    const secure = await startFront(
      selfSigned({ name: 'localhost', address: '127.0.0.1', fromMs: now - 1e7, untilMs: now + 1e7 }),
    );

    const unknown = await findingOf(publicAddressCheck(at({ PUBLIC_URL: secure.url })));
    const plain = await findingOf(publicAddressCheck(at({ PUBLIC_URL: front.url.replace('http:', 'https:') })));

    expect(unknown).toMatchObject({ state: 'failed', advice: expect.stringContaining('whole chain') });
    expect(plain).toMatchObject({ state: 'failed', says: expect.stringContaining('does not speak TLS') });
    await secure.close();
  });
});

describe('a signed webhook', () => {
  it('is taken with the right signature and refused with a wrong one', async () => {
    const finding = await findingOf(signedWebhookCheck(at()));

    expect(finding).toMatchObject({ state: 'ok', says: expect.stringMatching(/right 204 in \d+ ms, wrong 403/) });
    expect(bridge.events).toEqual([]);
  });

  it('is refused where the bridge has another auth token, or the proxy drops the header', async () => {
    const otherToken = await findingOf(signedWebhookCheck(at({ TWILIO_AUTH_TOKEN: 'of another account' })));
    front.fault = { kind: 'drops-signatures' };
    const dropped = await findingOf(signedWebhookCheck(at()));

    for (const finding of [otherToken, dropped]) {
      expect(finding).toMatchObject({ state: 'failed', says: expect.stringContaining('HTTP 403, not 204') });
      expect(finding.advice).toContain('another PUBLIC_URL or TWILIO_AUTH_TOKEN');
    }
  });

  it('that anything accepts is a failure, too', async () => {
    front.fault = answer(204);

    const finding = await findingOf(signedWebhookCheck(at()));

    expect(finding).toMatchObject({
      state: 'failed',
      says: expect.stringContaining('a wrong signature is answered with HTTP 204'),
    });
  });

  it('that does not get through is told by status', async () => {
    front.fault = answer(405);

    expect(await findingOf(signedWebhookCheck(at()))).toMatchObject({
      state: 'failed',
      says: expect.stringContaining('HTTP 405'),
    });
  });
});

describe('the media socket', () => {
  it('opens with the right signature and not with a wrong one', async () => {
    const finding = await findingOf(mediaSocketCheck(at()));

    expect(finding).toMatchObject({
      state: 'ok',
      says: expect.stringMatching(/WebSocket in \d+ ms; wrong signature 403/),
    });
    expect(bridge.events).toEqual([]);
  });

  it('behind a proxy that strips upgrade headers gets the lines to write there', async () => {
    front.fault = { kind: 'strips-upgrades' };

    const finding = await findingOf(mediaSocketCheck(at()));

    expect(finding).toMatchObject({ state: 'failed', says: expect.stringMatching(/HTTP \d+, not 101/) });
    expect(finding.advice).toContain('proxy_set_header Upgrade');
  });

  it('is refused where the bridge has another auth token', async () => {
    const finding = await findingOf(mediaSocketCheck(at({ TWILIO_AUTH_TOKEN: 'of another account' })));

    expect(finding).toMatchObject({
      state: 'failed',
      says: expect.stringContaining('HTTP 403'),
      advice: expect.stringContaining('TWILIO_AUTH_TOKEN'),
    });
  });

  it('that cannot be reached is told by cause', async () => {
    const finding = await findingOf(mediaSocketCheck(at({ PUBLIC_URL: 'http://127.0.0.1:9' })));

    expect(finding).toMatchObject({ state: 'failed', says: expect.stringContaining('ECONNREFUSED') });
  });
});
