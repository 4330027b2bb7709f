import { XMLParser } from 'fast-xml-parser';
import { describe, expect, it } from 'vitest';
import { createLog } from '../../src/log.js';
import { twilioCarrier } from '../../src/twilio/carrier.js';
import { carrierUrls } from '../../src/twilio/carrier-urls.js';
import { type Asked, problem, scriptedRest } from './scripted-rest.js';

const publicUrl = 'https://bridge.example.com/';
const fallbackUrl = 'https://other-way.example.com/';
const quiet = createLog('silent');
const parser = new XMLParser({ ignoreAttributes: false, parseTagValue: false });

const NOT_IN_PROGRESS = problem(400, 21220, 'Call is not in-progress. Cannot redirect.');

async function scriptedCarrier(script: (asked: Asked) => { status?: number; body: unknown }) {
  const { client, asked } = await scriptedRest(script);
  return {
    carrier: twilioCarrier({ client, publicUrl, fallbackUrl, urls: carrierUrls({ publicUrl }), log: quiet }),
    asked,
  };
}

/** A carrier that holds one call in these states, one more with each request to end it. */
function callIn(...states: string[]) {
  let at = 0;
  return scriptedCarrier(({ method, params }) => {
    const state = states[at] ?? states.at(-1);
    if (method === 'GET') return { body: { sid: 'CA1', status: state } };
    at++;
    const isRight = params.Status === (state === 'in-progress' ? 'completed' : 'canceled');
    const isLive = ['queued', 'ringing', 'in-progress'].includes(String(state));
    return isRight && isLive ? { body: { sid: 'CA1', status: params.Status } } : NOT_IN_PROGRESS;
  });
}

const words = (asked: readonly Asked[]) => asked.map(({ method, params }) => params.Status ?? method);

describe('hanging up', () => {
  it.each([
    ['a call in progress', ['in-progress'], ['completed']],
    ['one that still rings', ['ringing'], ['completed', 'GET', 'canceled']],
    ['one that still waits', ['queued'], ['completed', 'GET', 'canceled']],
    ['one that is over already', ['completed'], ['completed', 'GET']],
    ['one that nobody answered', ['no-answer'], ['completed', 'GET']],
    ['one that is over before it can be canceled', ['ringing', 'completed'], ['completed', 'GET']],
  ])('ends %s', async (_case, states, expected) => {
    const { carrier, asked } = await callIn(...states);

    await carrier.hangUp('CA1');

    expect(words(asked)).toEqual(expected);
  });

  it('tries the other word once more when the call was answered in between', async () => {
    const refused = ['completed', 'canceled'];
    const { carrier, asked } = await scriptedCarrier(({ method, params }) => {
      if (method === 'GET') return { body: { status: refused.length === 1 ? 'ringing' : 'in-progress' } };
      if (params.Status !== refused[0]) return { body: { sid: 'CA1' } };
      refused.shift();
      return NOT_IN_PROGRESS;
    });

    await carrier.hangUp('CA1');

    expect(words(asked)).toEqual(['completed', 'GET', 'canceled', 'GET', 'completed']);
  });

  it('gives up when a live call cannot be ended in three attempts', async () => {
    const { carrier, asked } = await scriptedCarrier(({ method }) =>
      method === 'GET' ? { body: { status: 'in-progress' } } : NOT_IN_PROGRESS,
    );

    await expect(carrier.hangUp('CA1')).rejects.toMatchObject({ code: 'CALL_NOT_LIVE' });
    expect(words(asked).filter((word) => word === 'completed')).toHaveLength(3);
  });

  it.each([
    [problem(404, 20404, 'not found'), 'NOT_FOUND'],
    [problem(401, 20003, 'Authenticate'), 'CARRIER_REFUSED'],
    [{ status: 503, body: {} }, 'CARRIER_UNREACHABLE'],
  ])('passes on %j', async (answer, code) => {
    const { carrier } = await scriptedCarrier(() => answer);

    await expect(carrier.hangUp('CA1')).rejects.toMatchObject({ code });
  });
});

describe('dialling a person in place of the agent', () => {
  it('gives the call TwiML whose words are looked up later', async () => {
    const { carrier, asked } = await scriptedCarrier(() => ({ body: { sid: 'CA1' } }));

    await carrier.dial('CA1', { to: '+14155550142', callerId: '+14155550100', whisper: 'A caller. '.repeat(1000) });

    expect(asked).toMatchObject([{ method: 'POST', path: 'Calls/CA1' }]);
    const twiml = String(asked[0]?.params.Twiml);
    expect(twiml.length).toBeLessThan(4000);
    expect(parser.parse(twiml)).toMatchObject({
      Response: {
        Dial: {
          '@_callerId': '+14155550100',
          '@_action': 'https://bridge.example.com/twilio/after?dialled=transfer#rc=5&rp=all',
          Number: {
            '@_url': 'https://bridge.example.com/twilio/whisper?call=CA1#rc=5&rp=all',
            '#text': '+14155550142',
          },
        },
      },
    });
  });

  it('says CALL_NOT_LIVE when the call is over', async () => {
    const { carrier } = await scriptedCarrier(() => NOT_IN_PROGRESS);
    const order = { to: '+14155550142', callerId: '+14155550100', whisper: undefined };

    await expect(carrier.dial('CA1', order)).rejects.toMatchObject({ code: 'CALL_NOT_LIVE' });
  });
});

describe('saying something in place of the agent', () => {
  const said = async (text: string) => {
    const { carrier, asked } = await scriptedCarrier(() => ({ body: { sid: 'CA1' } }));
    await carrier.sayAndHangUp('CA1', text);
    const twiml = String(asked[0]?.params.Twiml);
    return { twiml, response: (parser.parse(twiml) as { Response: { Say: string; Hangup: string } }).Response };
  };

  it('says the words and ends the call', async () => {
    expect((await said('Please call <us> & "them".')).response).toEqual({
      Say: 'Please call <us> & "them".',
      Hangup: '',
    });
  });

  it.each(['many words ', '& ', '&'])('says as much of %j, repeated for ever, as Twilio takes', async (text) => {
    const { twiml, response } = await said(text.repeat(5000));

    expect(twiml.length).toBeLessThanOrEqual(4000);
    expect(twiml.length).toBeGreaterThan(3000);
    expect(response.Say).toMatch(/…$/);
  });

  it('leaves out what XML cannot hold', async () => {
    expect((await said('a\u0000b\uD800c')).response.Say).toBe('a b c');
  });
});

describe('placing a call', () => {
  const order = { orderId: 'out_a-b_1', from: '+14155550100', to: '+14155550142' };
  const query = 'outbound=out_a-b_1#rc=5&rp=all';

  it('names the order in every address that Twilio asks', async () => {
    const { carrier, asked } = await scriptedCarrier(() => ({ status: 201, body: { sid: 'CA7', status: 'queued' } }));

    expect(await carrier.place({ ...order, detectMachine: false })).toEqual({ callSid: 'CA7' });
    expect(asked).toEqual([
      {
        method: 'POST',
        path: 'Calls',
        params: {
          From: '+14155550100',
          To: '+14155550142',
          Url: `https://bridge.example.com/twilio/voice?${query}`,
          Method: 'POST',
          FallbackUrl: expect.stringMatching(
            /^https:\/\/other-way\.example\.com\/twilio\/fallback\?outbound=[^#]+#rc=5&rp=all$/,
          ),
          FallbackMethod: 'POST',
          StatusCallback: `https://bridge.example.com/twilio/status?${query}`,
          StatusCallbackMethod: 'POST',
          StatusCallbackEvent: ['initiated', 'ringing', 'answered', 'completed'],
          Timeout: '60',
        },
      },
    ]);
  });

  it('has a machine detected while the call goes on', async () => {
    const { carrier, asked } = await scriptedCarrier(() => ({ status: 201, body: { sid: 'CA7' } }));

    await carrier.place({ ...order, detectMachine: true });

    expect(asked[0]?.params).toMatchObject({
      MachineDetection: 'Enable',
      AsyncAmd: 'true',
      AsyncAmdStatusCallback: `https://bridge.example.com/twilio/amd?${query}`,
      AsyncAmdStatusCallbackMethod: 'POST',
    });
  });

  it('does not take an answer without a call for a call', async () => {
    const { carrier } = await scriptedCarrier(() => ({ status: 201, body: {} }));

    await expect(carrier.place({ ...order, detectMachine: false })).rejects.toMatchObject({
      code: 'CARRIER_UNREACHABLE',
    });
  });

  it('is not tried again when it failed: it may have been placed', async () => {
    const { carrier, asked } = await scriptedCarrier(() => ({ status: 500, body: {} }));

    await expect(carrier.place({ ...order, detectMachine: false })).rejects.toMatchObject({
      code: 'CARRIER_UNREACHABLE',
    });
    expect(asked).toHaveLength(1);
  });
});
