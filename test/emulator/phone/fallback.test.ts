import { expect, it, onTestFinished } from 'vitest';
import { scaledClock } from '../../../src/clock.js';
import { createPhone, type PhoneOptions } from '../../../src/emulator/phone/phone.js';
import { type Asked, startBridge } from './bridge.js';
import { CALLER, HANG_UP, isSigned, OURS, PUBLIC_URL, TOKEN } from './site.js';

const FALLBACK = `${PUBLIC_URL}/fallback`;
const AGAIN = `${PUBLIC_URL}/again#rc=2&rp=all`;
const redirectTo = (url: string) => `<Response><Redirect>${url.replaceAll('&', '&amp;')}</Redirect></Response>`;

/** For what is answered, on a machine as busy as it may be: a quick clock makes much of real time. */
const PATIENT = { webhookTimeoutMs: 1_200_000 };

async function ringing(
  answer: NonNullable<Parameters<typeof startBridge>[0]['answer']>,
  options: Partial<PhoneOptions> = PATIENT,
) {
  const bridge = await startBridge({ answer });
  onTestFinished(() => bridge.close());
  const hosts: string[] = [];
  const phone = createPhone({
    bridgeUrl: ({ host }) => {
      hosts.push(host);
      return bridge.url;
    },
    publicUrl: PUBLIC_URL,
    fallbackUrl: FALLBACK,
    accountSid: `AC${'0'.repeat(32)}`,
    authToken: TOKEN,
    clock: scaledClock(20),
    sayMsPerCharacter: 0,
    statusUrl: null,
    ...options,
  });
  return { bridge, hosts, call: phone.call({ from: CALLER, to: OURS }) };
}

const paths = (asked: readonly Asked[]) => asked.map(({ path }) => path);

it('a page that fails as often as it is tried is replaced by the fallback, which hears of what call, why and where', async () => {
  const { bridge, call } = await ringing(({ path }) => {
    if (path === '/fallback') return HANG_UP;
    return path === '/again' ? { status: 502 } : redirectTo(AGAIN);
  });

  const { ended, callSid, warnings } = await call;

  expect(await ended).toMatchObject({ by: 'bridge', lastVerb: 'Hangup' });
  expect(paths(bridge.asked)).toEqual(['/twilio/voice', '/again', '/again', '/again', '/fallback']);
  const { params } = bridge.asked.at(-1)!;
  expect(params).toMatchObject({ CallSid: callSid, From: CALLER, CallStatus: 'in-progress', ErrorCode: '11200' });
  expect(params.ErrorUrl).toBe(AGAIN);
  expect(bridge.asked.every(isSigned)).toBe(true);
  expect(warnings).toMatchObject([{ code: 11200 }]);
});

it('a page that does not answer in fifteen seconds is replaced by the fallback', async () => {
  const { bridge, call } = await ringing(({ path }) => {
    if (path === '/fallback') return HANG_UP;
    return path === '/again' ? undefined : redirectTo(AGAIN);
  }, {});

  expect(await (await call).ended).toMatchObject({ by: 'bridge' });
  expect(paths(bridge.asked)).toEqual(['/twilio/voice', '/again', '/fallback']);
});

it.each([
  ['is no TwiML', { contentType: 'text/html', body: '<p>We are back soon.</p>' }, '12300'],
  ['knows a verb that Twilio does not', '<Response><Sing/></Response>', '12200'],
  ['cannot be carried out', '<Response><Refer><Sip>sip:a@example.com</Sip></Refer></Response>', '32210'],
] as const)('an answer that %s is replaced by the fallback', async (_what, answer, ErrorCode) => {
  const { bridge, call } = await ringing(({ path }) => (path === '/fallback' ? HANG_UP : answer));

  expect(await (await call).ended).toMatchObject({ by: 'bridge' });
  expect(bridge.asked.at(-1)!.params).toMatchObject({ ErrorCode, ErrorUrl: `${PUBLIC_URL}/twilio/voice` });
});

it('a fallback that fails is the end of the call', async () => {
  const { bridge, call } = await ringing(() => ({ status: 502 }));

  await expect(call).rejects.toThrow('/fallback answered 502');
  expect(paths(bridge.asked)).toEqual(['/twilio/voice', '/fallback']);
});

it('a fallback whose own answer cannot be carried out is not asked again', async () => {
  const { bridge, call } = await ringing(({ path }) =>
    path === '/fallback' ? '<Response><Refer><Sip>sip:a@example.com</Sip></Refer></Response>' : { status: 502 },
  );

  expect(await (await call).ended).toMatchObject({ by: 'lost', fault: expect.stringContaining('32210') });
  expect(paths(bridge.asked)).toEqual(['/twilio/voice', '/fallback']);
});

it('a fallback may have another host than the bridge, by which it is reached as well', async () => {
  const { bridge, hosts, call } = await ringing(({ path }) => (path === '/fallback' ? HANG_UP : { status: 502 }), {
    ...PATIENT,
    fallbackUrl: 'https://other.example.com/fallback',
  });

  await (await call).ended;

  expect(hosts).toEqual(['bridge.example.com', 'other.example.com']);
  expect(bridge.asked.at(-1)!.headers.host).toBe('other.example.com');
});
