import { describe, expect, it } from 'vitest';
import { twilioNumberSync } from '../../src/twilio/number-sync.js';
import { type Asked, problem, scriptedRest } from './scripted-rest.js';

const publicUrl = 'https://bridge.example.com/';
const fallbackUrl = 'https://other-way.example.com/';
const number = '+14155550100';
const apply = { dryRun: false, clearOverride: false };

const right = {
  voice_url: 'https://bridge.example.com/twilio/voice#rc=5&rp=all',
  voice_method: 'POST',
  voice_fallback_url: 'https://other-way.example.com/twilio/fallback#rc=5&rp=all',
  voice_fallback_method: 'POST',
  status_callback: 'https://bridge.example.com/twilio/status#rc=5&rp=all',
  status_callback_method: 'POST',
};

/** How Twilio spells a field in a request, and in an answer. */
const snake = (name: string) => name.replace(/(?<!^)[A-Z]/g, '_$&').toLowerCase();

/** A Twilio account that owns these numbers, and keeps what it is told. */
async function account(...owned: Record<string, string | null>[]) {
  const numbers = owned.map((fields, index) => ({ sid: `PN${index}`, phone_number: number, ...fields }));
  const { client, asked } = await scriptedRest(({ method, path, params }) => {
    if (method === 'GET') return { body: { incoming_phone_numbers: numbers, next_page_uri: null } };
    const found = numbers.find(({ sid }) => path.endsWith(sid));
    if (!found) return problem(404, 20404, 'not found');
    for (const [name, value] of Object.entries(params)) Object.assign(found, { [snake(name)]: value });
    return { body: found };
  });
  return { sync: twilioNumberSync({ client, publicUrl, fallbackUrl }), numbers, asked };
}

const updates = (asked: readonly Asked[]) => asked.filter(({ method }) => method === 'POST');

describe('pointing a number to the bridge', () => {
  it('sets what differs, shows it, and leaves the rest', async () => {
    const { sync, asked, numbers } = await account({
      ...right,
      voice_url: 'https://demo.twilio.com/welcome/voice/',
      status_callback: '',
      voice_fallback_url: 'https://example.com/fallback',
    });

    expect(await sync.sync(number, apply)).toEqual({
      number,
      carrierSid: 'PN0',
      applied: true,
      changes: [
        { field: 'voiceUrl', before: 'https://demo.twilio.com/welcome/voice/', after: right.voice_url },
        { field: 'voiceFallbackUrl', before: 'https://example.com/fallback', after: right.voice_fallback_url },
        { field: 'statusCallback', before: null, after: right.status_callback },
      ],
      overriddenBy: null,
    });
    expect(updates(asked)).toEqual([
      {
        method: 'POST',
        path: 'IncomingPhoneNumbers/PN0',
        params: {
          VoiceUrl: right.voice_url,
          VoiceFallbackUrl: right.voice_fallback_url,
          StatusCallback: right.status_callback,
        },
      },
    ]);
    expect(numbers[0]).toMatchObject(right);
  });

  it('has nothing to do the second time', async () => {
    const { sync, asked } = await account({ voice_url: null, voice_method: 'GET' });
    await sync.sync(number, apply);

    expect(await sync.sync(number, apply)).toMatchObject({ applied: false, changes: [], overriddenBy: null });
    expect(updates(asked)).toHaveLength(1);
  });

  it('changes nothing on a dry run, but says what it would', async () => {
    const { sync, asked } = await account({ voice_url: null, trunk_sid: 'TK1' });

    const { applied, changes, overriddenBy } = await sync.sync(number, { dryRun: true, clearOverride: true });

    expect(applied).toBe(false);
    expect(changes.map(({ field }) => field)).toEqual([
      'voiceUrl',
      'voiceMethod',
      'voiceFallbackUrl',
      'voiceFallbackMethod',
      'statusCallback',
      'statusCallbackMethod',
      'trunkSid',
    ]);
    expect(overriddenBy).toEqual({ kind: 'trunk', sid: 'TK1' });
    expect(updates(asked)).toEqual([]);
  });

  it.each([
    [{ trunk_sid: 'TK1' }, { kind: 'trunk', sid: 'TK1' }, 'trunkSid', { TrunkSid: '' }],
    [
      { voice_application_sid: 'AP1' },
      { kind: 'application', sid: 'AP1' },
      'voiceApplicationSid',
      { VoiceApplicationSid: '' },
    ],
  ])('shows that %j takes the calls, and removes it only when told to', async (fields, override, field, params) => {
    const { sync, asked } = await account({ ...right, ...fields });

    expect(await sync.sync(number, apply)).toMatchObject({ applied: false, changes: [], overriddenBy: override });
    expect(await sync.sync(number, { dryRun: false, clearOverride: true })).toMatchObject({
      applied: true,
      changes: [{ field, before: override.sid, after: null }],
      overriddenBy: null,
    });
    expect(updates(asked)).toMatchObject([{ params }]);
  });

  it('has Twilio try again where it does not yet, and leaves it as it is where an operator says how', async () => {
    const bare = { voice_url: 'https://bridge.example.com/twilio/voice' };
    const own = { status_callback: 'https://bridge.example.com/twilio/status#rc=2&ct=1000' };
    const { sync, numbers } = await account({ ...right, ...bare, ...own });

    expect(await sync.sync(number, apply)).toMatchObject({
      changes: [{ field: 'voiceUrl', before: bare.voice_url, after: right.voice_url }],
    });
    expect(numbers[0]).toMatchObject({ ...right, ...own });
    const elsewhere = await account({ ...right, voice_url: 'https://other.example.com/twilio/voice#rc=2' });
    expect((await elsewhere.sync.sync(number, apply)).changes).toMatchObject([{ field: 'voiceUrl' }]);
  });

  it('takes the number itself, not one that contains it', async () => {
    const { sync } = await account({ phone_number: `${number}1` }, { phone_number: number });

    expect(await sync.sync(number, apply)).toMatchObject({ carrierSid: 'PN1' });
  });

  it('does not find a number that the account does not own', async () => {
    const { sync, asked } = await account({ phone_number: `${number}1` });

    await expect(sync.sync(number, apply)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    expect(updates(asked)).toEqual([]);
  });
});
