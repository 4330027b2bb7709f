import fc from 'fast-check';
import { XMLParser, XMLValidator } from 'fast-xml-parser';
import { describe, expect, it } from 'vitest';
import { dialTwiml, whisperTwiml } from '../../src/twilio/dial-twiml.js';

const parser = new XMLParser({ ignoreAttributes: false, parseTagValue: false });
const responseOf = (twiml: string): unknown => (parser.parse(twiml) as { Response: unknown }).Response;

const target = {
  to: '+14155550142',
  callerId: '+14155550100',
  actionUrl: 'https://bridge.example.com/twilio/after?dialled=transfer',
};

describe('the TwiML of a transfer', () => {
  it('dials the person, whispers first, and asks how it went', () => {
    const twiml = dialTwiml({
      ...target,
      whisperUrl: 'https://bridge.example.com/twilio/whisper?call=CA1&x=<"y">',
    });

    expect(responseOf(twiml)).toEqual({
      Dial: {
        '@_timeout': '20',
        '@_timeLimit': '14400',
        '@_answerOnBridge': 'true',
        '@_callerId': '+14155550100',
        '@_action': 'https://bridge.example.com/twilio/after?dialled=transfer',
        '@_method': 'POST',
        Number: {
          '@_url': 'https://bridge.example.com/twilio/whisper?call=CA1&x=<"y">',
          '@_method': 'POST',
          '#text': '+14155550142',
        },
      },
    });
  });

  it('connects at once when there is nothing to whisper', () => {
    expect(responseOf(dialTwiml({ ...target, whisperUrl: undefined }))).toMatchObject({
      Dial: { Number: '+14155550142' },
    });
  });
});

describe('the TwiML of a fallback', () => {
  it('speaks to the caller before it rings', () => {
    const twiml = dialTwiml({ ...target, whisperUrl: undefined, sayFirst: 'Einen Moment, <Jo> & Co\u0000' });

    expect(twiml).toMatch(/<Response><Say>[^<]+<\/Say><Dial /);
    expect(responseOf(twiml)).toMatchObject({ Say: 'Einen Moment, <Jo> & Co', Dial: { Number: '+14155550142' } });
  });
});

describe('the TwiML of a whisper', () => {
  it('says the words as they are', () => {
    expect(responseOf(whisperTwiml('Jo & Co say: "<hello>"'))).toEqual({ Say: 'Jo & Co say: "<hello>"' });
  });

  it.each(['', ' \n', '\u0001'])('is empty, which connects the call at once, for %j', (text) => {
    expect(responseOf(whisperTwiml(text))).toBe('');
  });

  it('can be read and said whatever the words are', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => {
        expect(XMLValidator.validate(whisperTwiml(text))).toBe(true);
      }),
    );
    // Half a character and a control character, on which the SDK throws.
    expect(responseOf(whisperTwiml('a\uD800b\u0000c'))).toEqual({ Say: 'a b c' });
  });

  it("keeps within the length that Twilio's <Say> takes", () => {
    const { Say } = responseOf(whisperTwiml('many words '.repeat(1000))) as { Say: string };

    expect(Say.length).toBeLessThanOrEqual(4096);
    expect(Say).toMatch(/ (many|words)…$/);
  });
});
