import { describe, expect, it, onTestFinished } from 'vitest';
import { scaledClock } from '../../../src/clock.js';
import { failureOf, retriesOf } from '../../../src/emulator/phone/overrides.js';
import { createPhone, type PhoneOptions } from '../../../src/emulator/phone/phone.js';
import { type Asked, startBridge } from './bridge.js';
import { CALLER, CONNECT, HANG_UP, isSigned, OURS, PUBLIC_URL, TOKEN } from './site.js';

const VOICE = `${PUBLIC_URL}/twilio/voice`;

async function ringing(script: Parameters<typeof startBridge>[0], voiceUrl: string, more: Partial<PhoneOptions> = {}) {
  const bridge = await startBridge(script);
  onTestFinished(() => bridge.close());
  const phone = createPhone({
    bridgeUrl: bridge.url,
    publicUrl: PUBLIC_URL,
    accountSid: `AC${'0'.repeat(32)}`,
    authToken: TOKEN,
    clock: scaledClock(20),
    sayMsPerCharacter: 0,
    statusUrl: null,
    ...more,
  });
  return { bridge, begun: phone.call({ from: CALLER, to: OURS, voiceUrl }) };
}

const tokens = (asked: readonly Asked[]) => asked.map(({ headers }) => headers['i-twilio-idempotency-token']);

describe('the overrides in the URL of a webhook', () => {
  it.each([
    ['', 1, ['ct']],
    ['#rc=3', 3, ['ct']],
    ['#rc=0&rp=all', 0, ['ct', 'rt', '4xx', '5xx']],
    ['#rc=5&rp=ct,5xx', 5, ['ct', '5xx']],
    ['#rc=6&rp=rt', 1, ['rt']],
    ['#rc=many', 1, ['ct']],
  ] as const)('%j: tried again %i times, after %j', (fragment, count, failures) => {
    const retries = retriesOf(`${VOICE}?call=1${fragment}`);

    expect(retries.count).toBe(count);
    expect((['ct', 'rt', '4xx', '5xx'] as const).filter(retries.covers)).toEqual(failures);
  });

  it('an answer is none from 400 on', () => {
    expect([200, 204, 302, 400, 499, 500, 502].map(failureOf)).toEqual([
      ...[undefined, undefined, undefined],
      ...['4xx', '4xx', '5xx', '5xx'],
    ]);
  });
});

describe('a webhook that fails', () => {
  it('is final when a proxy answers for a dead bridge, where the URL does not say otherwise', async () => {
    const { bridge, begun } = await ringing({ answer: () => ({ status: 502 }) }, VOICE);

    await expect(begun).rejects.toThrow(/answered 502/);

    expect(bridge.asked).toHaveLength(1);
  });

  it('is tried again as often as the URL says, signed without what the URL says of it, as one and the same', async () => {
    const answer = (_: Asked, count: number) => (count < 4 ? { status: 502 } : HANG_UP);
    const { bridge, begun } = await ringing({ answer }, `${VOICE}#rc=3&rp=5xx`);

    expect(await (await begun).ended).toMatchObject({ by: 'bridge' });

    expect(bridge.asked.map(({ path }) => path)).toEqual(Array(4).fill('/twilio/voice'));
    expect(bridge.asked.every(isSigned)).toBe(true);
    const [first, ...again] = tokens(bridge.asked);
    expect(first).toBeUndefined();
    expect(new Set(again).size).toBe(1);
    expect(again[0]).toBeDefined();
  });

  it('is not tried again after a failure that the URL does not name', async () => {
    const { bridge, begun } = await ringing({ answer: () => ({ status: 502 }) }, `${VOICE}#rc=3&rp=ct,4xx`);

    await expect(begun).rejects.toThrow(/answered 502/);

    expect(bridge.asked).toHaveLength(1);
  });

  it('has fifteen seconds for all attempts together', async () => {
    const { bridge, begun } = await ringing({ answer: () => undefined }, `${VOICE}#rc=5&rp=all`);

    await expect(begun).rejects.toThrow(/no answer .* in 15000 ms/);

    expect(bridge.asked).toHaveLength(1);
  });
});

describe('a media socket that does not open', () => {
  const again = CONNECT.replace('<Hangup/>', `<Redirect method="POST">${PUBLIC_URL}/again</Redirect>`);

  it('lets the next verb run, and does not ask the action', async () => {
    const answer = ({ path }: Asked) => (path === '/again' ? HANG_UP : again);
    const { bridge, begun } = await ringing({ answer, refuseUpgrade: 502 }, VOICE);

    await expect(begun).rejects.toThrow(/answered with 502.*31920/);

    expect(bridge.asked.map(({ path }) => path)).toEqual(['/twilio/voice', '/again']);
  });

  it('is forgotten when another one opens', async () => {
    let upgrades = 0;
    const script = {
      answer: ({ path }: Asked) => (path === '/twilio/after' ? HANG_UP : again),
      stream: () => {
        upgrades += 1;
      },
    };
    const dead = await startBridge({ refuseUpgrade: 502 });
    onTestFinished(() => dead.close());
    let requests = 0;
    const bridge = await startBridge(script);
    onTestFinished(() => bridge.close());
    const phone = createPhone({
      bridgeUrl: ({ pathname }) => (pathname === '/twilio/media' && requests++ === 0 ? dead.url : bridge.url),
      publicUrl: PUBLIC_URL,
      accountSid: `AC${'0'.repeat(32)}`,
      authToken: TOKEN,
      clock: scaledClock(20),
      statusUrl: null,
    });

    const call = await phone.call({ from: CALLER, to: OURS });

    expect(upgrades).toBe(1);
    expect(call.warnings).toMatchObject([{ code: 31920 }]);
    await call.hangUp();
  });
});
