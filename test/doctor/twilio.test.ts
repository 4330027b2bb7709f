import { afterEach, describe, expect, it } from 'vitest';
import { twilioAccountCheck, twilioApiKeyCheck } from '../../src/doctor/twilio-account.js';
import { twilioNumbersCheck } from '../../src/doctor/twilio-numbers.js';
import { startTwilioRest, type TwilioRest } from '../../src/emulator/twilio/server.js';
import { TRIED_AGAIN } from '../../src/twilio/carrier-urls.js';
import { ACCOUNT_SID, AUTH_TOKEN, findingOf, findingsOf, installation, NUMBER } from './rig.js';

const KEY = { sid: `SK${'1'.repeat(32)}`, secret: 'secret-of-the-key' };
const PUBLIC_URL = 'https://bridge.example.com';
const POINTED = {
  voice_url: `${PUBLIC_URL}/twilio/voice${TRIED_AGAIN}`,
  voice_fallback_url: `${PUBLIC_URL}/twilio/fallback${TRIED_AGAIN}`,
  voice_fallback_method: 'POST',
  status_callback: `${PUBLIC_URL}/twilio/status${TRIED_AGAIN}`,
};
const number = (count: number) => `+141555501${String(count).padStart(2, '0')}`;

let rest: TwilioRest;
const start = async (options: Partial<Parameters<typeof startTwilioRest>[0]> = {}) => {
  rest = await startTwilioRest({ accountSid: ACCOUNT_SID, authToken: AUTH_TOKEN, apiKeys: [KEY], ...options });
  return (environment: Record<string, string> = {}) => installation({ TWILIO_API_URL: rest.url, ...environment });
};
afterEach(() => rest.close());

describe('the Twilio account', () => {
  it('is active', async () => {
    const at = await start();

    expect(await findingOf(twilioAccountCheck(at()))).toEqual({ state: 'ok', says: '"Test" is active (Full)' });
  });

  it('on trial is warned of', async () => {
    const at = await start({ accountType: 'Trial' });

    const finding = await findingOf(twilioAccountCheck(at()));

    expect(finding).toMatchObject({ state: 'warning', advice: expect.stringContaining('block <Stream>') });
  });

  it.each(['suspended', 'closed'] as const)('that is %s fails', async (accountStatus) => {
    const at = await start({ accountStatus });

    expect(await findingOf(twilioAccountCheck(at()))).toMatchObject({
      state: 'failed',
      says: `"Test" is ${accountStatus}`,
    });
  });

  it('refuses a wrong auth token, also where an API key is set', async () => {
    const at = await start();
    const place = at({ TWILIO_AUTH_TOKEN: 'wrong', TWILIO_API_KEY: KEY.sid, TWILIO_API_SECRET: KEY.secret });

    const finding = await findingOf(twilioAccountCheck(place));

    expect(finding).toMatchObject({ state: 'failed', says: expect.stringContaining('TWILIO_AUTH_TOKEN (HTTP 401)') });
  });

  it.each([
    ['server-error', 'has trouble (HTTP 500)', 'status.twilio.com'],
    ['reset', 'cut the connection', 'proxy'],
  ] as const)('may not answer: %s', async (fault, words, advice) => {
    const at = await start();
    rest.fail(fault, 9);

    const finding = await findingOf(twilioAccountCheck(at()));

    expect(finding).toMatchObject({
      state: 'failed',
      says: expect.stringContaining(words),
      advice: expect.stringContaining(advice),
    });
  });

  it('may be nowhere', async () => {
    const at = await start();

    const finding = await findingOf(twilioAccountCheck(at({ TWILIO_API_URL: 'http://127.0.0.1:9' })));

    expect(finding).toMatchObject({ state: 'failed', says: '127.0.0.1:9 refuses the connection (ECONNREFUSED)' });
  });
});

describe('an API key', () => {
  it('that is right lists numbers, because it cannot see the account', async () => {
    const at = await start();

    const finding = await findingOf(twilioApiKeyCheck(at({ TWILIO_API_KEY: KEY.sid, TWILIO_API_SECRET: KEY.secret })));

    expect(finding).toMatchObject({ state: 'ok', says: expect.stringContaining('cannot see the account') });
    expect(rest.requests.map(({ path }) => path)).toEqual([expect.stringContaining('IncomingPhoneNumbers.json')]);
  });

  it('that is wrong is told by name', async () => {
    const at = await start();

    const finding = await findingOf(twilioApiKeyCheck(at({ TWILIO_API_KEY: KEY.sid, TWILIO_API_SECRET: 'other' })));

    expect(finding).toMatchObject({
      state: 'failed',
      says: expect.stringContaining('TWILIO_API_KEY with TWILIO_API_SECRET'),
    });
  });
});

describe('the numbers of the directory', () => {
  const look = async (
    owned: Parameters<typeof startTwilioRest>[0]['numbers'],
    numbers: readonly string[] | undefined,
  ) => {
    const at = await start({ numbers: owned ?? [] });
    const findings = await findingsOf(twilioNumbersCheck(at(), numbers ? { numbers } : {}));
    expect(rest.requests.every(({ method }) => method === 'GET')).toBe(true);
    return findings;
  };

  it('are in order when they point here', async () => {
    const [finding] = await look([{ phone_number: NUMBER, ...POINTED }], [NUMBER]);

    expect(finding).toEqual({ state: 'ok', says: `${NUMBER}: owned by the account, and pointed at this bridge` });
  });

  it.each([
    [
      'that the account does not own',
      { phone_number: number(1), ...POINTED },
      'failed',
      'not a number of this Twilio account',
      'DELETE /api/numbers',
    ],
    [
      'with a foreign voice URL',
      { phone_number: NUMBER },
      'failed',
      'voiceUrl is https://demo.twilio.com/welcome/voice/ instead of',
      `POST /api/numbers/${NUMBER}/sync`,
    ],
    [
      'with the wrong method',
      { phone_number: NUMBER, ...POINTED, voice_method: 'GET' },
      'failed',
      'voiceMethod is GET instead of POST',
      '/sync',
    ],
    [
      'without status callback',
      { phone_number: NUMBER, ...POINTED, status_callback: '' },
      'warning',
      'statusCallback is empty',
      '/sync',
    ],
    [
      'of which Twilio does not try again',
      { phone_number: NUMBER, ...POINTED, voice_url: `${PUBLIC_URL}/twilio/voice` },
      'warning',
      'voiceUrl is https://bridge.example.com/twilio/voice instead of',
      'gives callers up too soon',
    ],
    [
      'without a fallback',
      { phone_number: NUMBER, ...POINTED, voice_fallback_url: '' },
      'warning',
      'voiceFallbackUrl is empty instead of https://bridge.example.com/twilio/fallback',
      'gives callers up too soon',
    ],
    [
      'with a fallback elsewhere',
      { phone_number: NUMBER, ...POINTED, voice_fallback_url: 'https://example.com/apology' },
      'warning',
      'voiceFallbackUrl is https://example.com/apology instead of',
      '/sync',
    ],
    [
      'on a trunk',
      { phone_number: NUMBER, ...POINTED, trunk_sid: `TK${'2'.repeat(32)}` },
      'failed',
      'the trunk TK2',
      'clearOverride',
    ],
    [
      'of an application',
      { phone_number: NUMBER, ...POINTED, voice_application_sid: `AP${'2'.repeat(32)}` },
      'failed',
      'the application AP2',
      'clearOverride',
    ],
  ] as const)('%s', async (_name, owned, state, words, advice) => {
    const findings = await look([owned], [NUMBER]);

    expect(findings).toEqual([
      { state, says: expect.stringContaining(words), advice: expect.stringContaining(advice) },
    ]);
    expect(findings[0]?.says).toContain(NUMBER);
  });

  it('are summed up where they are in order, and told one by one where not', async () => {
    const numbers = Array.from({ length: 9 }, (_, count) => number(count));
    const owned = numbers.slice(0, 8).map((phone_number) => ({ phone_number, ...POINTED }));

    const findings = await look(owned, numbers);

    expect(findings.map(({ state }) => state)).toEqual(['ok', 'failed']);
    expect(findings[0]?.says).toContain(`${number(4)} and 3 more`);
    expect(findings[1]?.says).toContain(number(8));
  });

  it('may be none yet, or unknown', async () => {
    expect(await look([], [])).toMatchObject([
      { state: 'warning', advice: expect.stringContaining('PUT /api/numbers') },
    ]);
    await rest.close();
    expect(await look([], undefined)).toMatchObject([{ state: 'skipped' }]);
  });

  it('stay unknown when Twilio refuses to tell', async () => {
    const at = await start();
    const place = at({ TWILIO_AUTH_TOKEN: 'wrong' });

    const [finding] = await findingsOf(twilioNumbersCheck(place, { numbers: [NUMBER, number(1)] }));

    expect(finding).toMatchObject({ state: 'failed', says: expect.stringContaining('HTTP 401') });
  });
});
