import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FakeClock } from '../../../src/clock.js';
import { encodeFrame } from '../../../src/emulator/aws/event-stream.js';
import { type BedrockEmulator, startBedrock } from '../../../src/emulator/bedrock/server.js';
import { innerFrame, type RawPlan, sendRaw } from './raw-client.js';

const START = '{"event":{"sessionStart":{"inferenceConfiguration":{}}}}';
const END = '{"event":{"sessionEnd":{}}}';
const EMPTY = new Uint8Array();

let bedrock: BedrockEmulator;

beforeEach(async () => {
  bedrock = await startBedrock({ clock: new FakeClock() });
});

afterEach(async () => {
  await bedrock.close();
});

describe('frames on the wire', () => {
  it('are accepted when signed in a chain, wrapped twice, and ended by a signed empty one', async () => {
    await sendRaw(bedrock, {
      frames: (signed) => [signed(innerFrame(START)), signed(innerFrame(END)), signed(EMPTY)],
    });

    expect(bedrock.sessions[0]?.violations).toEqual([]);
    expect(bedrock.sessions[0]?.endedBy).toBe('sessionEnd');
  });

  it.each<[string, RawPlan['frames'], string, string]>([
    [
      'a frame out of its place in the chain',
      (signed) => [signed(innerFrame(START)), signed(innerFrame(END))].reverse(),
      'InvalidSignatureException',
      'the frame signature is wrong',
    ],
    [
      'a frame that is not signed',
      () => [encodeFrame(new Map([[':date', { type: 'timestamp', value: 0 }]]), innerFrame(START))],
      'InvalidSignatureException',
      'the frame has no :chunk-signature of 32 bytes',
    ],
    [
      'a damaged frame',
      (signed) => {
        const frame = signed(innerFrame(START));
        frame[60]! ^= 1;
        return [frame];
      },
      'validationException',
      'message checksum does not match',
    ],
    ['an event that is wrapped once', (signed) => [signed(Buffer.from(START))], 'validationException', 'frame says'],
    [
      'an inner frame of another type',
      (signed) => [signed(innerFrame(START, { ':event-type': 'audio' }))],
      'validationException',
      'inner :event-type must be chunk',
    ],
    [
      'a frame after the empty one',
      (signed) => [signed(innerFrame(START)), signed(EMPTY), signed(innerFrame(END))],
      'validationException',
      'a frame after the final empty one',
    ],
  ])('end the session: %s', async (_title, frames, type, detail) => {
    const exception = await sendRaw(bedrock, { frames });

    expect(exception.type).toBe(type);
    expect(bedrock.sessions[0]?.violations[0]).toContain(detail === 'frame says' ? 'checksum' : detail);
    expect(bedrock.sessions[0]?.endedBy).toBe('violation');
  });

  it('are missed when the input ends without the signed empty one', async () => {
    await sendRaw(bedrock, { frames: (signed) => [signed(innerFrame(START)), signed(innerFrame(END))] });

    expect(bedrock.sessions[0]?.violations).toEqual(['the input ended (without the final signed empty frame)']);
  });
});
