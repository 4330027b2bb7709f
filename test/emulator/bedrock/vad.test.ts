import { describe, expect, it } from 'vitest';
import { convertRate } from '../../../src/emulator/bedrock/resample.js';
import { type HearingEvent, UtteranceDetector } from '../../../src/emulator/bedrock/vad.js';
import { readRecording } from '../../../src/emulator/bedrock/wave-file.js';

const SPEECH = ['goforward', 'numbers', 'something', 'librivox-0870', 'librivox-0880', 'librivox-0890'];

function hear(samples: Int16Array, rateHz: number, endpointingMs: number, pieceLength = 320): HearingEvent[] {
  const detector = new UtteranceDetector(rateHz, endpointingMs);
  const events: HearingEvent[] = [];
  for (let at = 0; at < samples.length; at += pieceLength)
    events.push(...detector.push(samples.slice(at, at + pieceLength)));
  return events;
}

function withSilence(samples: Int16Array, durationMs: number, rateHz: number): Int16Array {
  const out = new Int16Array(samples.length + (durationMs * rateHz) / 1000);
  out.set(samples);
  return out;
}

function utterances(events: readonly HearingEvent[]) {
  return events.filter((event) => event.kind === 'speechEnded');
}

describe('the detector of utterances', () => {
  it.each(SPEECH)('hears %s as one utterance at every rate', (name) => {
    const { samples } = readRecording(`fixtures/speech/${name}.wav`);

    for (const rateHz of [8000, 16_000, 24_000]) {
      const audio = withSilence(convertRate(samples, 16_000, rateHz), 1600, rateHz);
      expect(utterances(hear(audio, rateHz, 1500)), `${rateHz} Hz`).toHaveLength(1);
    }
  });

  it('ends an utterance exactly when the pause is over, and says where speech ended', () => {
    const loud = new Int16Array(16_000).map((_, i) => (i % 2 === 0 ? 8000 : -8000));

    const [ended] = utterances(hear(withSilence(loud, 1000, 16_000), 16_000, 500));

    expect(ended).toEqual({ kind: 'speechEnded', startMs: 0, endMs: 1000, atMs: 1500 });
  });

  it('finds the same in pieces of any size', () => {
    const { samples } = readRecording('fixtures/speech/numbers.wav');
    const audio = withSilence(samples, 1600, 16_000);

    expect(hear(audio, 16_000, 1500, 37)).toEqual(hear(audio, 16_000, 1500, 5000));
  });

  it('takes a click for no speech', () => {
    const click = new Int16Array(16_000);
    click.fill(20_000, 3200, 3520);

    expect(hear(click, 16_000, 300)).toEqual([]);
  });

  it('ends a running utterance when it is flushed, once', () => {
    const detector = new UtteranceDetector(8000, 1500);
    detector.push(new Int16Array(800).fill(9000));

    expect(detector.flush()).toEqual({ kind: 'speechEnded', startMs: 0, endMs: 100, atMs: 100 });
    expect(detector.flush()).toBeUndefined();
  });
});
