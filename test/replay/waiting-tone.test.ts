import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { encodeMulaw } from '../../src/audio/mulaw.js';
import { readCallerWav } from '../../src/emulator/phone/wav.js';
import { waitingTone } from '../../src/media/waiting-tone.js';
import { FIXTURES_DIR } from '../../src/replay/fixture/fixture.js';
import { isWaitingTone } from '../../src/replay/waiting-tone.js';

const PIECE_BYTES = 800;

function sine(frequencyHz: number): Uint8Array {
  const samples = Int16Array.from({ length: PIECE_BYTES }, (_, index) =>
    Math.round(2000 * Math.sin((2 * Math.PI * frequencyHz * index) / 8000)),
  );
  const mulaw = new Uint8Array(PIECE_BYTES);
  encodeMulaw(samples, mulaw);
  return mulaw;
}

describe('telling the waiting tone from a voice', () => {
  it('knows the beginning of the bridge’s tone', () => {
    expect(isWaitingTone(waitingTone().subarray(0, PIECE_BYTES))).toBe(true);
  });

  it('takes no piece of human speech for it', () => {
    const recordings = ['numbers.wav', 'librivox-0870.wav', 'something.wav'];
    const speech = recordings.map((name) => readCallerWav(readFileSync(join(FIXTURES_DIR, 'speech', name)), name));

    const taken = speech.flatMap((mulaw) => {
      const starts = Array.from({ length: Math.floor(mulaw.length / PIECE_BYTES) }, (_, index) => index * PIECE_BYTES);
      return starts.filter((start) => isWaitingTone(mulaw.subarray(start, start + PIECE_BYTES)));
    });

    expect(taken).toEqual([]);
  });

  it('takes neither silence, nor another tone, nor a piece too short to tell for it', () => {
    const pieces = [new Uint8Array(PIECE_BYTES).fill(0xff), sine(440), waitingTone().subarray(0, 160)];

    expect(pieces.map(isWaitingTone)).toEqual([false, false, false]);
  });
});
