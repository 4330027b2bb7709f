import { describe, expect, it } from 'vitest';
import { MediaMessages, readBridgeMessage } from '../../src/console/pages/test-call/media-messages.js';
import { MessageWriter } from '../../src/emulator/phone/messages.js';
import { clearMessage, markMessage, mediaMessage } from '../../src/twilio/frames.js';

const SIDS = { accountSid: 'AC0', callSid: 'CA1', streamSid: 'MZ2' };

describe('messages of the telephone in the browser', () => {
  it('say what Twilio says', () => {
    const browser = new MediaMessages(SIDS);
    const twilio = new MessageWriter(SIDS);
    const frame = new Uint8Array(160).map((_, i) => i + 90);
    const base64 = Buffer.from(frame).toString('base64');

    const pairs = [
      [browser.connected(), twilio.connected()],
      [browser.start(), twilio.start({})],
      [browser.media(frame), twilio.media(0, base64)],
      [browser.media(frame), twilio.media(20, base64)],
      [browser.dtmf('#'), twilio.dtmf('#')],
      [browser.mark('m'), twilio.mark('m')],
      [browser.stop(), twilio.stop()],
    ] as const;

    for (const [ours, theirs] of pairs) expect(JSON.parse(ours)).toEqual(JSON.parse(theirs));
  });

  it('of the bridge are understood; others are left alone', () => {
    const mulaw = Uint8Array.of(0, 127, 128, 255);

    expect(readBridgeMessage(mediaMessage('MZ2', mulaw))).toEqual({ event: 'media', mulaw });
    expect(readBridgeMessage(markMessage('MZ2', 'm'))).toEqual({ event: 'mark', name: 'm' });
    expect(readBridgeMessage(clearMessage('MZ2'))).toEqual({ event: 'clear' });
    expect(readBridgeMessage('{"event":"later"}')).toBeUndefined();
  });
});
