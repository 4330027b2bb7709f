import { describe, expect, it, onTestFinished } from 'vitest';
import { type CallOptions, createPhone, type DialOutcome } from '../../src/emulator/phone/phone.js';
import { startTwilioRest, type TwilioRestOptions } from '../../src/emulator/twilio/server.js';
import { createLog } from '../../src/log.js';
import { twilioCarrier } from '../../src/twilio/carrier.js';
import { carrierUrls } from '../../src/twilio/carrier-urls.js';
import { whisperTwiml } from '../../src/twilio/dial-twiml.js';
import { twilioNumberSync } from '../../src/twilio/number-sync.js';
import { type TwilioClientOptions, twilioClient } from '../../src/twilio/rest.js';
import { startBridge } from '../emulator/phone/bridge.js';
import { ACCOUNT } from './scripted-rest.js';

const publicUrl = 'https://bridge.example.com';
const ours = '+14155550100';
const caller = '+14155550123';
const person = '+14155550142';
const key = { sid: `SK${'2'.repeat(32)}`, secret: 'a-secret' };

const CONNECT = `<Response><Connect action="${publicUrl}/twilio/after"><Stream url="wss://bridge.example.com/twilio/media"/></Connect><Hangup/></Response>`;

/** The stand-in of Twilio: its telephone network, its REST API, and a bridge of a few lines. */
async function twilio(
  options: Partial<TwilioRestOptions> & { client?: Partial<TwilioClientOptions>; dial?: () => DialOutcome } = {},
) {
  const bridge = await startBridge({
    answer: ({ path }) => {
      if (path.startsWith('/twilio/voice')) return CONNECT;
      if (path.startsWith('/twilio/whisper')) return whisperTwiml('A caller at 1, 4 1 5.');
      if (path.startsWith('/twilio/after')) return '<Response><Hangup/></Response>';
      return { status: 204 };
    },
  });
  const phone = createPhone({
    ...ACCOUNT,
    bridgeUrl: bridge.url,
    publicUrl,
    seed: 7,
    sayMsPerCharacter: 0,
    connectedDelayMs: 0,
    ...(options.dial && { dial: options.dial }),
  });
  const rest = await startTwilioRest({
    ...ACCOUNT,
    apiKeys: [key],
    numbers: [{ phone_number: ours }],
    phone: () => phone,
    ...options,
  });
  onTestFinished(async () => {
    await rest.close();
    await bridge.close();
  });
  const client = twilioClient({ ...ACCOUNT, apiUrl: rest.url, ...options.client });
  return {
    rest,
    bridge,
    carrier: twilioCarrier({
      client,
      publicUrl,
      fallbackUrl: publicUrl,
      urls: carrierUrls({ publicUrl }),
      log: createLog('silent'),
    }),
    sync: twilioNumberSync({ client, publicUrl, fallbackUrl: publicUrl }),
    liveCall: (more: Partial<CallOptions> = {}) => phone.call({ from: caller, to: ours, ...more }),
    asked: (path: string) => bridge.asked.filter((one) => one.path.startsWith(path)),
  };
}

const apply = { dryRun: false, clearOverride: false };
const order = { orderId: 'out_1', from: ours, to: person, detectMachine: false };

describe('a client of Twilio', () => {
  it('may come with an API key', async () => {
    const { sync } = await twilio({ client: { authToken: 'wrong', apiKey: key } });

    expect(await sync.sync(ours, apply)).toMatchObject({ applied: true });
  });

  it.each<[string, Partial<TwilioClientOptions>]>([
    ['auth token', { authToken: 'wrong' }],
    ['API key', { apiKey: { ...key, secret: 'wrong' } }],
  ])('is refused with a wrong %s', async (_what, client) => {
    const { sync, rest } = await twilio({ client });

    await expect(sync.sync(ours, apply)).rejects.toMatchObject({
      code: 'CARRIER_REFUSED',
      details: { status: 401, carrierCode: 20003 },
    });
    expect(rest.requests).toHaveLength(1);
  });

  it('comes back when Twilio has no room', async () => {
    const { sync, rest } = await twilio();
    rest.fail('too-many', 3);

    expect(await sync.sync(ours, { dryRun: true, clearOverride: false })).toMatchObject({ number: ours });
    expect(rest.requests.map(({ status }) => status)).toEqual([429, 429, 429, 200]);
  });

  it.each(['server-error', 'hang', 'reset'] as const)('says that Twilio is away after a %s', async (fault) => {
    const { sync, rest } = await twilio({ client: { timeoutMs: 200 } });
    rest.fail(fault);

    await expect(sync.sync(ours, apply)).rejects.toMatchObject({ code: 'CARRIER_UNREACHABLE' });
    expect(await sync.sync(ours, apply)).toMatchObject({ applied: true });
  });
});

describe('a number at Twilio', () => {
  it('points here after the first time, and stays as it is after the second', async () => {
    const { sync, rest } = await twilio({
      numbers: [{ phone_number: `${ours}1` }, { phone_number: ours, trunk_sid: 'TK1' }],
    });

    expect(await sync.sync(ours, apply)).toMatchObject({
      carrierSid: rest.numbers[1]?.sid,
      applied: true,
      changes: [{ field: 'voiceUrl' }, { field: 'voiceFallbackUrl' }, { field: 'statusCallback' }],
      overriddenBy: { kind: 'trunk', sid: 'TK1' },
    });
    expect(await sync.sync(ours, { ...apply, clearOverride: true })).toMatchObject({
      changes: [{ field: 'trunkSid', before: 'TK1', after: null }],
      overriddenBy: null,
    });
    expect(await sync.sync(ours, { ...apply, clearOverride: true })).toMatchObject({ applied: false, changes: [] });
    expect(rest.numbers).toMatchObject([
      { voice_url: 'https://demo.twilio.com/welcome/voice/' },
      {
        voice_url: `${publicUrl}/twilio/voice#rc=5&rp=all`,
        status_callback: `${publicUrl}/twilio/status#rc=5&rp=all`,
      },
    ]);
  });

  it('is found among many that contain it', async () => {
    const longer = Array.from({ length: 99 }, (_, index) => ({ phone_number: `${ours}${index}` }));
    const { sync, rest } = await twilio({ numbers: [...longer, { phone_number: ours }] });

    expect(await sync.sync(ours, apply)).toMatchObject({ carrierSid: rest.numbers.at(-1)?.sid });
  });
});

describe('a live call at Twilio', () => {
  const dialOrder = { to: person, callerId: ours, whisper: 'A caller.' };

  it('is put through to a person, who hears the whisper first', async () => {
    const { carrier, liveCall, asked, bridge } = await twilio();
    const call = await liveCall();

    await carrier.dial(call.callSid, dialOrder);
    await bridge.peers[0]?.next('stop');
    await call.ended;

    expect(call.dialled).toMatchObject([
      { targets: [{ kind: 'Number', to: person }], callerId: ours, timeoutMs: 20_000, answerOnBridge: true },
    ]);
    expect(asked('/twilio/whisper').map(({ path }) => path)).toEqual([`/twilio/whisper?call=${call.callSid}`]);
    expect(call.whispers).toMatchObject([{ to: person, text: 'A caller at 1, 4 1 5.' }]);
    expect(asked('/twilio/after')).toMatchObject([
      { path: '/twilio/after?dialled=transfer', params: { DialCallStatus: 'completed' } },
    ]);
    expect(call.warnings).toEqual([]);
  });

  it('asks on when that person does not answer', async () => {
    const { carrier, liveCall, asked } = await twilio({ dial: () => ({ status: 'busy' }) });
    const call = await liveCall();

    await carrier.dial(call.callSid, { ...dialOrder, whisper: undefined });
    await call.ended;

    expect(asked('/twilio/after')).toMatchObject([
      { path: '/twilio/after?dialled=transfer', params: { DialCallStatus: 'busy' } },
    ]);
    expect(asked('/twilio/whisper')).toEqual([]);
  });

  it('is told something and ended', async () => {
    const { carrier, liveCall } = await twilio();
    const call = await liveCall();

    await carrier.sayAndHangUp(call.callSid, 'Goodbye & thank you.');

    expect(await call.ended).toMatchObject({ lastVerb: 'Hangup' });
    expect(call.spoken).toMatchObject([{ text: 'Goodbye & thank you.' }]);
  });

  it('is hung up, which is no error a second time', async () => {
    const { carrier, liveCall } = await twilio();
    const call = await liveCall();

    await carrier.hangUp(call.callSid);
    await call.ended;

    await carrier.hangUp(call.callSid);
    await expect(carrier.dial(call.callSid, dialOrder)).rejects.toMatchObject({ code: 'CALL_NOT_LIVE' });
    await expect(carrier.sayAndHangUp(call.callSid, 'Hello?')).rejects.toMatchObject({ code: 'CALL_NOT_LIVE' });
  });

  it('must be one that Twilio knows', async () => {
    const { carrier } = await twilio();

    await expect(carrier.hangUp(`CA${'0'.repeat(32)}`)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });
});

describe('a call that is ordered at Twilio', () => {
  it('asks for its agent by the order, and reports how it goes', async () => {
    const { carrier, rest, asked } = await twilio();

    const { callSid } = await carrier.place(order);
    const { begun } = await rest.nextCall();
    const call = await begun;
    await call.hangUp();

    expect(call.callSid).toBe(callSid);
    expect(asked('/twilio/voice')).toMatchObject([
      { path: '/twilio/voice?outbound=out_1', params: { CallSid: callSid, Direction: 'outbound-api' } },
    ]);
    const reports = asked('/twilio/status?outbound=out_1').map(({ params }) => [
      params.SequenceNumber,
      params.CallStatus,
    ]);
    expect(reports.sort()).toEqual([
      ['0', 'initiated'],
      ['1', 'ringing'],
      ['2', 'in-progress'],
      ['3', 'completed'],
    ]);
  });

  it('is told who answered', async () => {
    const { carrier, rest, asked, bridge } = await twilio({
      callee: () => ({ status: 'answered', answeredBy: 'machine_start', detectionMs: 1 }),
    });

    await carrier.place({ ...order, detectMachine: true });
    const call = await (await rest.nextCall()).begun;
    await bridge.peers[0]?.next('media');
    await call.hangUp();

    expect(asked('/twilio/amd')).toMatchObject([
      { path: '/twilio/amd?outbound=out_1', params: { AnsweredBy: 'machine_start' } },
    ]);
  });

  it('is taken back while it rings', async () => {
    const { carrier, rest, asked } = await twilio({ callee: () => new Promise(() => undefined) });

    const { callSid } = await carrier.place(order);
    const { met, call } = await rest.nextCall();
    await carrier.hangUp(callSid);

    expect(await met).toBe('canceled');
    await call.ended;
    expect(asked('/twilio/status').at(-1)?.params.CallStatus).toBe('canceled');
    expect(asked('/twilio/voice')).toEqual([]);
  });

  it.each([
    [{ ...order, to: '+1' }, 21211],
    [{ ...order, from: person }, 21210],
  ])('is refused as %j', async (refused, carrierCode) => {
    const { carrier } = await twilio();

    const error: unknown = await carrier.place(refused).catch((thrown: unknown) => thrown);

    expect(error).toMatchObject({ code: 'CARRIER_REFUSED', details: { status: 400, carrierCode } });
    expect(String(error)).not.toContain(person);
  });
});
