import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  eventBase64,
  FrameCutter,
  inputFrame,
  isAudioInput,
  isLoudAudio,
  isSound,
  outputFrame,
  payloadOf,
  signatureOf,
} from '../../src/bench/event-stream.js';
import { twilioSignature } from '../../src/bench/webhook.js';
import { cutFrame, maskedText } from '../../src/bench/ws-frames.js';

const FRAMES = [
  outputFrame('{"event":{"completionStart":{}}}'),
  inputFrame('{"event":{"sessionEnd":{}}}'),
  outputFrame('{"event":{"audioOutput":{"content":"AAAA"}}}'),
];

function audioEvent(amplitude: number, sampleCount: number): string {
  const samples = Buffer.alloc(2 * sampleCount);
  for (let i = 0; i < sampleCount; i++)
    samples.writeInt16LE(Math.floor(i / 16) % 2 === 0 ? amplitude : -amplitude, 2 * i);
  const audioInput = { promptName: 'p', contentName: 'c', content: samples.toString('base64') };
  return JSON.stringify({ event: { audioInput } });
}

const bytesOf = (json: string) => eventBase64(payloadOf(payloadOf(inputFrame(json))))!;

describe('cutting frames', () => {
  it('finds the same frames however the bytes are cut', () => {
    const bytes = Buffer.concat(FRAMES);
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 1 }), (lengths) => {
        const cutter = new FrameCutter();
        const found: Buffer[] = [];
        for (let at = 0, i = 0; at < bytes.length; i++) {
          const length = lengths[i % lengths.length]!;
          cutter.push(bytes.subarray(at, at + length), (frame) => found.push(Buffer.from(frame)));
          at += length;
        }

        expect(Buffer.concat(found).equals(bytes) && found.length === FRAMES.length).toBe(true);
      }),
    );
  });
});

describe('a frame', () => {
  it('is sound until a bit of it is changed', () => {
    const frame = Buffer.from(FRAMES[0]!);

    expect(isSound(frame)).toBe(true);
    frame[frame.length - 10]! ^= 1;
    expect(isSound(frame)).toBe(false);
  });

  it('of a client has a date and a signature, one of the service has none', () => {
    expect(signatureOf(FRAMES[1]!)?.signature.length).toBe(32);
    expect(signatureOf(FRAMES[0]!)).toBeUndefined();
  });

  it('gives back its event', () => {
    expect(Buffer.from(bytesOf('{"event":{"sessionEnd":{}}}'), 'base64').toString()).toBe(
      '{"event":{"sessionEnd":{}}}',
    );
  });
});

describe('looking for the marker', () => {
  it.each([160, 320])('tells a loud frame of %d samples from a quiet one', (sampleCount) => {
    expect(isLoudAudio(bytesOf(audioEvent(12_000, sampleCount)))).toBe(true);
    expect(isLoudAudio(bytesOf(audioEvent(300, sampleCount)))).toBe(false);
  });

  it('knows audio by its name, also behind spaces, and nothing else', () => {
    const spaced = audioEvent(1, 10).replace('{"event"', '{  "event"');

    expect(isAudioInput(bytesOf(audioEvent(1, 10)))).toBe(true);
    expect(isAudioInput(bytesOf(spaced))).toBe(true);
    expect(isAudioInput(bytesOf('{"event":{"textInput":{"content":"audioInput"}}}'))).toBe(false);
  });
});

describe('the wire of the caller', () => {
  it('masks a message so that its text stays readable, with its length in the head', () => {
    const short = maskedText('abc');
    const long = maskedText('x'.repeat(300));

    expect([...short.subarray(0, 6)]).toEqual([0x81, 0x83, 0, 0, 0, 0]);
    expect(short.toString('latin1', 6)).toBe('abc');
    expect(long.readUInt16BE(2)).toBe(300);
    expect(long.length).toBe(308);
  });

  it('cuts the messages of a server only when they are whole', () => {
    const message = Buffer.from([0x81, 3, 0x61, 0x62, 0x63, 0x88]);

    expect(cutFrame(message)).toEqual({ opcode: 1, from: 2, to: 5 });
    expect(cutFrame(message.subarray(0, 4))).toBeUndefined();
    expect(cutFrame(Buffer.from([0x81, 126, 1]))).toBeUndefined();
  });

  it.each([
    ['wss://bridge.example.com/twilio/media', {}, 'hGVJmeOLwZmJhPeWsyRDIvgH8Zc='],
    ['https://bridge.example.com/twilio/status', { a: '3', A: '4', b: '1', B: '2' }, 'lC6E2iLtqzBOcBTPE0YN4AVTr64='],
  ])('signs %s as Twilio does', (url, form, signature) => {
    expect(twilioSignature('12345', url, form)).toBe(signature);
  });
});
