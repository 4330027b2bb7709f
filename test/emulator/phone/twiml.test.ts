import { describe, expect, it } from 'vitest';
import { TwilioFault } from '../../../src/emulator/phone/fault.js';
import { checkStream, dialledUrl, parseTwiml } from '../../../src/emulator/phone/twiml.js';
import type { StreamNoun } from '../../../src/emulator/phone/verbs.js';

const HERE = 'https://bridge.example.com/twilio/voice';
const verbsOf = (inner: string) =>
  parseTwiml(`<?xml version="1.0" encoding="UTF-8"?><Response>${inner}</Response>`, HERE).verbs;

describe('parseTwiml', () => {
  it.each([
    [
      '<Say voice="x">Tom &amp; caf&#233; <emphasis>now</emphasis></Say>',
      [{ verb: 'Say', text: 'Tom & café now', times: 1, attributes: { voice: 'x' } }],
    ],
    [
      '<Pause length="3"/><Pause/>',
      [
        { verb: 'Pause', forMs: 3000 },
        { verb: 'Pause', forMs: 1000 },
      ],
    ],
    [
      '<Play loop="2"> https://cdn.example.com/a.wav </Play>',
      [{ verb: 'Play', url: 'https://cdn.example.com/a.wav', times: 2 }],
    ],
    [
      '<Dial action="/d" timeout="20">+14155550123</Dial>',
      [{ verb: 'Dial', action: '/d', method: 'POST', targets: [{ kind: 'Number', to: '+14155550123' }] }],
    ],
    [
      '<Dial><Number>+14155550123</Number><Sip>sip:a@b</Sip></Dial>',
      [{ verb: 'Dial', targets: [{ kind: 'Number' }, { kind: 'Sip', to: 'sip:a@b' }] }],
    ],
    ['<Dial><Conference>room</Conference></Dial>', [{ verb: 'Dial', targets: [{ kind: 'Conference', to: 'room' }] }]],
    [
      '<Redirect method="GET">/next?a=1&amp;b=2</Redirect>',
      [{ verb: 'Redirect', url: '/next?a=1&b=2', method: 'GET' }],
    ],
    ['<Reject reason="busy"/>', [{ verb: 'Reject', attributes: { reason: 'busy' } }]],
    ['<Record maxLength="10" action="/r"/>', [{ verb: 'Record', maxMs: 10_000, action: '/r' }]],
    [
      '<Gather numDigits="1" timeout="3"><Say>Press</Say></Gather>',
      [{ verb: 'Gather', keyCount: 1, timeoutMs: 3000, finishOnKey: '#', prompts: [{ verb: 'Say', text: 'Press' }] }],
    ],
    [
      '<Start><Recording channels="dual"/></Start><Hangup/>',
      [{ verb: 'Start', nouns: [{ name: 'Recording', attributes: { channels: 'dual' } }] }, { verb: 'Hangup' }],
    ],
    ['<!-- nothing -->', []],
  ])('reads %s', (inner, verbs) => {
    expect(verbsOf(inner)).toMatchObject(verbs);
  });

  it("reads the SDK's own form of a connected stream", () => {
    const inner =
      '<Connect action="https://b/after" method="POST"><Stream url="wss://b/media" name="main" track="inbound_track" statusCallback="https://b/s" statusCallbackMethod="POST"><Parameter name="agentId" value="a&lt;1>&amp;&quot;q&quot;"/></Stream></Connect><Hangup/>';

    expect(verbsOf(inner)).toMatchObject([
      {
        verb: 'Connect',
        action: 'https://b/after',
        stream: { url: 'wss://b/media', parameters: [{ name: 'agentId', value: 'a<1>&"q"' }] },
      },
      { verb: 'Hangup' },
    ]);
  });

  it.each([
    ['hello', 12100],
    ['', 12100],
    ['<Response><Say>x</Response>', 12100],
    ['<Answer/>', 12100],
    ['<Response/><Response/>', 12100],
    [`<Response><Say>${'a'.repeat(65_536)}</Say></Response>`, 12100],
    [`<Response><Say>${'a'.repeat(4097)}</Say></Response>`, 12200],
    ['<Response><Speak>x</Speak></Response>', 12200],
    ['<Response><hangup/></Response>', 12200],
    ['<Response><Pause length="soon"/></Response>', 12200],
    ['<Response><Connect/></Response>', 12200],
    ['<Response><Connect><Stream url="wss://b"><Param/></Stream></Connect></Response>', 12200],
    ['<Response><Dial><Phone>1</Phone></Dial></Response>', 12200],
    ['<Response><Redirect method="PUT">/x</Redirect></Response>', 12200],
    ['<Response><Gather><Hangup/></Gather></Response>', 12200],
  ])('refuses %.40s with %i', (xml, code) => {
    expect(() => parseTwiml(xml, HERE)).toThrow(TwilioFault);
    expect(() => parseTwiml(xml, HERE)).toThrow(`(Twilio ${code})`);
  });
});

describe('checkStream', () => {
  const stream = (own: Partial<StreamNoun> = {}): StreamNoun => ({
    url: 'wss://bridge.example.com/media',
    parameters: [],
    attributes: {},
    ...own,
  });

  it.each([
    [stream(), undefined],
    [stream({ attributes: { track: 'inbound_track', name: 'main' } }), undefined],
    [stream({ parameters: [{ name: 'a'.repeat(100), value: 'b'.repeat(400) }] }), undefined],
    [stream({ url: 'ws://bridge.example.com/media' }), 31922],
    [stream({ url: 'https://bridge.example.com/media' }), 31922],
    [stream({ url: 'bridge' }), 31923],
    [stream({ attributes: { track: 'both_tracks' } }), 31941],
    [stream({ attributes: { bidirectional: 'true' } }), 12200],
    [stream({ parameters: [{ name: 'a'.repeat(100), value: 'b'.repeat(401) }] }), 12200],
  ])('of %.80j finds %s', (noun, code) => {
    expect(checkStream(noun)?.twilioCode).toBe(code);
  });

  it('lets ws pass where it is allowed', () => {
    expect(checkStream(stream({ url: 'ws://127.0.0.1:3000/media' }), true)).toBeUndefined();
  });
});

describe('dialledUrl', () => {
  it('has no query string', () => {
    expect(dialledUrl('wss://bridge.example.com/media?token=1')).toBe('wss://bridge.example.com/media');
  });
});
