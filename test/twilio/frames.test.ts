import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { clearMessage, markMessage, mediaMessage, parseTwilioFrame } from '../../src/twilio/frames.js';

const parse = (value: unknown) =>
  parseTwilioFrame(Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)), false);
const START = {
  event: 'start',
  sequenceNumber: '1',
  start: {
    accountSid: 'AC1',
    streamSid: 'MZ1',
    callSid: 'CA1',
    tracks: ['inbound'],
    mediaFormat: { encoding: 'audio/x-mulaw', sampleRate: 8000, channels: 1 },
    customParameters: { ticket: 't' },
  },
  streamSid: 'MZ1',
};
const media = (more: object) => ({
  event: 'media',
  streamSid: 'MZ1',
  media: { track: 'inbound', chunk: '1', timestamp: '155', payload: '/////w==', ...more },
});

describe('inbound messages', () => {
  it('are read as Twilio sends them', () => {
    expect(parse({ event: 'connected', protocol: 'Call', version: '0.2.0' })).toEqual({ event: 'connected' });
    expect(parse(START)).toEqual({
      event: 'start',
      streamSid: 'MZ1',
      callSid: 'CA1',
      accountSid: 'AC1',
      customParameters: { ticket: 't' },
    });
    expect(parse(media({}))).toEqual({
      event: 'media',
      streamSid: 'MZ1',
      timestampMs: 155,
      mulaw: Buffer.from([255, 255, 255, 255]),
    });
    expect(
      parse({ event: 'dtmf', streamSid: 'MZ1', sequenceNumber: '5', dtmf: { track: 'inbound_track', digit: '#' } }),
    ).toEqual({
      event: 'dtmf',
      streamSid: 'MZ1',
      digit: '#',
    });
    expect(parse({ event: 'mark', sequenceNumber: '3', streamSid: 'MZ1', mark: { name: '171' } })).toEqual({
      event: 'mark',
      streamSid: 'MZ1',
      name: '171',
    });
    expect(parse({ event: 'stop', streamSid: 'MZ1', stop: { accountSid: 'AC1', callSid: 'CA1' } })).toEqual({
      event: 'stop',
      streamSid: 'MZ1',
    });
  });

  it.each([
    ['broken JSON', '{"event":"media"', 'TWILIO_FRAME_INVALID'],
    ['nothing', '', 'TWILIO_FRAME_INVALID'],
    ['a list', [], 'TWILIO_FRAME_INVALID'],
    ['null', 'null', 'TWILIO_FRAME_INVALID'],
    ['an event that is no text', { event: 7 }, 'TWILIO_FRAME_INVALID'],
    ['an unknown event', { event: 'hello', streamSid: 'MZ1' }, 'TWILIO_FRAME_UNKNOWN'],
    ["an event named like an object's own field", { event: 'constructor', streamSid: 'MZ1' }, 'TWILIO_FRAME_UNKNOWN'],
    ['media without streamSid', { event: 'media', media: { payload: '//8=' } }, 'TWILIO_FRAME_INVALID'],
    ['media without body', { event: 'media', streamSid: 'MZ1' }, 'TWILIO_FRAME_INVALID'],
    ['media without payload', media({ payload: undefined }), 'TWILIO_FRAME_INVALID'],
    ['an empty payload', media({ payload: '' }), 'TWILIO_FRAME_INVALID'],
    ['garbage base64', media({ payload: '*** not base64 ***' }), 'TWILIO_FRAME_INVALID'],
    ['a payload that is a number', media({ payload: 5 }), 'TWILIO_FRAME_INVALID'],
    ['a timestamp that is no number', media({ timestamp: 'soon' }), 'TWILIO_FRAME_INVALID'],
    ['a negative timestamp', media({ timestamp: '-5' }), 'TWILIO_FRAME_INVALID'],
    ['the outbound track', media({ track: 'outbound' }), 'TWILIO_FRAME_FOREIGN'],
    ['a digit that is a word', { event: 'dtmf', streamSid: 'MZ1', dtmf: { digit: '12' } }, 'TWILIO_FRAME_INVALID'],
    ['a mark without name', { event: 'mark', streamSid: 'MZ1', mark: {} }, 'TWILIO_FRAME_INVALID'],
    ['a start without callSid', { ...START, start: { ...START.start, callSid: undefined } }, 'TWILIO_FRAME_INVALID'],
    [
      'another audio format',
      { ...START, start: { ...START.start, mediaFormat: { encoding: 'audio/l16', sampleRate: 8000, channels: 1 } } },
      'TWILIO_FRAME_INVALID',
    ],
    ['a megabyte', media({ payload: 'A'.repeat(1024 * 1024) }), 'TWILIO_FRAME_OVERSIZED'],
  ])('with %s are refused with a code', (_what, message, code) => {
    expect(parse(message)).toEqual({ event: 'faulty', code });
  });

  it('in binary are refused', () => {
    expect(parseTwilioFrame(Buffer.from(JSON.stringify(START)), true)).toEqual({
      event: 'faulty',
      code: 'TWILIO_FRAME_BINARY',
    });
  });

  it('of any content never throw', () => {
    const value = fc.jsonValue();
    const shaped = fc.record({
      event: fc.constantFrom('media', 'start', 'dtmf', 'mark', 'stop', 'connected', 'x'),
      streamSid: value,
      media: value,
      start: value,
      dtmf: value,
      mark: value,
    });
    fc.assert(
      fc.property(fc.oneof(fc.string(), value, shaped), (message) => {
        expect(parse(message)).toHaveProperty('event');
      }),
      { numRuns: 2000 },
    );
  });
});

describe('outbound messages', () => {
  it('carry exactly the documented fields', () => {
    expect(JSON.parse(mediaMessage('MZ1', Uint8Array.of(255, 127)))).toEqual({
      event: 'media',
      streamSid: 'MZ1',
      media: { payload: '/38=' },
    });
    expect(JSON.parse(markMessage('MZ1', 'm1'))).toEqual({ event: 'mark', streamSid: 'MZ1', mark: { name: 'm1' } });
    expect(JSON.parse(clearMessage('MZ1'))).toEqual({ event: 'clear', streamSid: 'MZ1' });
  });

  it('send only the bytes of the view, not of the memory around it', () => {
    const memory = Uint8Array.of(1, 2, 3, 4);

    expect(JSON.parse(mediaMessage('MZ1', memory.subarray(1, 3))).media.payload).toBe(
      Buffer.from([2, 3]).toString('base64'),
    );
  });
});
