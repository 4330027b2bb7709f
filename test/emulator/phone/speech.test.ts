import { describe, expect, it } from 'vitest';
import type { PhoneEvent } from '../../../src/emulator/phone/contract.js';
import { Speech } from '../../../src/emulator/phone/speech.js';
import { Track } from '../../../src/emulator/phone/track.js';

function speaker() {
  const said = new Track();
  const events: PhoneEvent[] = [];
  return { said, events, speech: new Speech(said, (event) => events.push(event)) };
}

describe('Speech', () => {
  it('is silent until something is to be said', () => {
    expect(speaker().speech.frameAt(0)).toBeUndefined();
  });

  it('cuts an utterance into frames and fills the last one with silence', async () => {
    const { speech, said, events } = speaker();
    const ended = speech.say(new Uint8Array(200).fill(5));

    const frames = [speech.frameAt(20), speech.frameAt(40), speech.frameAt(60)];

    expect(frames.map((frame) => frame?.filter((byte) => byte === 5).length)).toEqual([160, 40, undefined]);
    expect(frames[1]?.at(-1)).toBe(0xff);
    expect(await ended).toEqual({ startMs: 20, endMs: 45 });
    expect(events).toEqual([
      { kind: 'saying-started', atMs: 20 },
      { kind: 'saying-ended', atMs: 45 },
    ]);
    expect(said.render(800).filter((byte) => byte === 5)).toHaveLength(200);
  });

  it('says the next utterance after the first', async () => {
    const { speech } = speaker();
    void speech.say(new Uint8Array(160).fill(5));
    const second = speech.say(new Uint8Array(160).fill(6));

    expect([0, 20, 40].map((atMs) => speech.frameAt(atMs)?.[0])).toEqual([5, 6, undefined]);
    expect(await second).toEqual({ startMs: 20, endMs: 40 });
  });

  it('does not wait for a stream that is away', () => {
    const { speech } = speaker();
    void speech.say(Uint8Array.from({ length: 800 }, (_, index) => Math.floor(index / 160)));

    expect([0, 20, 80].map((atMs) => speech.frameAt(atMs)?.[0])).toEqual([0, 1, 4]);
  });

  it('falls silent at once', async () => {
    const { speech } = speaker();
    const ended = speech.say(new Uint8Array(1600).fill(5));
    speech.frameAt(0);

    speech.stop(7);

    expect(await ended).toEqual({ startMs: 0, endMs: 7 });
    expect(speech.frameAt(20)).toBeUndefined();
  });
});
