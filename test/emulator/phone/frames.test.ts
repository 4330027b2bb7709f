import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readOutbound, refuseBinary } from '../../../src/emulator/phone/frames.js';

const SID = 'MZ1';

describe('readOutbound', () => {
  it.each([
    [
      { event: 'media', streamSid: SID, media: { payload: '/w==' } },
      { event: 'media', payload: Buffer.from([0xff]) },
    ],
    [
      { event: 'mark', streamSid: SID, mark: { name: 'turn1:2' } },
      { event: 'mark', name: 'turn1:2' },
    ],
    [{ event: 'clear', streamSid: SID }, { event: 'clear' }],
  ])('takes %j', (message, outbound) => {
    expect(readOutbound(JSON.stringify(message), SID)).toEqual(outbound);
  });

  it.each([
    ['no JSON', '{"event"', /not JSON/],
    ['a list', '[]', /not an object/],
    ['null', 'null', /not an object/],
    ['an unknown event', '{"event":"start","streamSid":"MZ1"}', /unknown event/],
    ['no streamSid', '{"event":"clear"}', /without streamSid/],
    ['stream_sid', '{"event":"clear","stream_sid":"MZ1"}', /without streamSid but with stream_sid/],
    ['a wrong streamSid', '{"event":"clear","streamSid":"MZ2"}', /wrong streamSid/],
    ['an extra field', '{"event":"clear","streamSid":"MZ1","sequenceNumber":"1"}', /extra field sequenceNumber/],
    [
      'a track in media',
      '{"event":"media","streamSid":"MZ1","media":{"payload":"/w==","track":"outbound"}}',
      /extra field track/,
    ],
    ['media without payload', '{"event":"media","streamSid":"MZ1","media":{}}', /without payload/],
    ['an empty payload', '{"event":"media","streamSid":"MZ1","media":{"payload":""}}', /not a non-empty string/],
    ['base64 without padding', '{"event":"media","streamSid":"MZ1","media":{"payload":"/w"}}', /not base64/],
    ['URL-safe base64', '{"event":"media","streamSid":"MZ1","media":{"payload":"_w=="}}', /not base64/],
    ['media that is text', '{"event":"media","streamSid":"MZ1","media":"/w=="}', /not an object/],
    ['a mark with a number', '{"event":"mark","streamSid":"MZ1","mark":{"name":1}}', /not a non-empty string/],
    ['a mark beside media', '{"event":"mark","streamSid":"MZ1","mark":{"name":"a"},"media":{}}', /extra field media/],
  ])('refuses %s with 31951', (_, text, words) => {
    const refusal = readOutbound(text, SID);

    expect(refusal).toMatchObject({ event: 'refused', code: 31951, text: expect.stringMatching(words) });
  });

  it('takes the bytes of any payload as they are', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 400 }), (bytes) => {
        const media = { payload: Buffer.from(bytes).toString('base64') };
        const outbound = readOutbound(JSON.stringify({ event: 'media', streamSid: SID, media }), SID);
        return outbound.event === 'media' && Buffer.from(bytes).equals(outbound.payload);
      }),
    );
  });

  it('never throws', () => {
    fc.assert(fc.property(fc.oneof(fc.string(), fc.json()), (text) => readOutbound(text, SID).event === 'refused'));
  });

  it('knows binary messages as 31950', () => {
    expect(refuseBinary(3)).toMatchObject({ event: 'refused', code: 31950 });
  });
});
