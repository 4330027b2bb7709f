import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Downsampler24to8 } from '../../src/audio/downsampler.js';
import { S16leReader } from '../../src/audio/passthrough.js';
import { Downlink, MARK_INTERVAL_MS } from '../../src/media/downlink.js';
import { PlayoutLedger } from '../../src/media/ledger.js';

function downlink(rateHz: 8000 | 24000) {
  const sent: (string | Uint8Array)[] = [];
  const ledger = new PlayoutLedger();
  const link = new Downlink({
    converter: rateHz === 8000 ? new S16leReader() : new Downsampler24to8(),
    ledger,
    now: () => 0,
    play: (mulaw) => sent.push(mulaw.slice()),
    mark: (name) => sent.push(name),
  });
  const audio = () => sent.filter((each) => typeof each !== 'string');
  const bytes = () => audio().reduce((sum, each) => sum + each.length, 0);
  return { link, ledger, sent, audio, bytes };
}

describe('the downlink', () => {
  it('relays whole frames at once and keeps the rest for the next chunk', () => {
    const { link, audio } = downlink(8000);

    link.push(new Uint8Array(2 * 250));
    expect(audio().map((each) => each.length)).toEqual([160]);

    link.push(new Uint8Array(2 * 70));
    expect(audio().map((each) => each.length)).toEqual([160, 160]);
  });

  it('sends the usual model chunk of 80 ms as one message', () => {
    const { link, audio } = downlink(8000);

    link.push(new Uint8Array(2 * 640));

    expect(audio().map((each) => each.length)).toEqual([640]);
  });

  it('does not split messages for marks: a mark follows the message that reaches 200 ms', () => {
    const { link, sent } = downlink(8000);

    for (let i = 0; i < 6; i++) link.push(new Uint8Array(2 * 640));

    expect(sent.map((each) => (typeof each === 'string' ? 'mark' : each.length / 8))).toEqual([
      80,
      80,
      80,
      'mark',
      80,
      80,
      80,
      'mark',
    ]);
  });

  it('sends a mark about every 200 ms and behind the end of an utterance', () => {
    const { link, sent } = downlink(8000);

    link.push(new Uint8Array(2 * 8 * 500));
    link.flush();

    const shape = sent.map((each) => (typeof each === 'string' ? 'mark' : each.length / 8));
    expect(shape).toEqual([MARK_INTERVAL_MS, 'mark', MARK_INTERVAL_MS, 'mark', 100, 'mark']);
  });

  it('flushes the tail of an utterance as a whole frame padded with silence', () => {
    const { link, audio } = downlink(8000);
    link.push(new Uint8Array(Int16Array.from({ length: 10 }, () => 8000).buffer));

    link.flush();

    const frame = audio()[0]!;
    expect(frame.length).toBe(160);
    expect([...frame.subarray(10)].every((code) => code === 0xff)).toBe(true);
    expect([...frame.subarray(0, 10)].every((code) => code !== 0xff)).toBe(true);
  });

  it('sends no mark for an empty utterance', () => {
    const { link, sent } = downlink(8000);

    link.flush();

    expect(sent).toEqual([]);
  });

  it('lets nothing of a cut turn sound in the next one', () => {
    const { link, audio } = downlink(24000);
    const loud = Int16Array.from({ length: 24 * 75 }, (_, i) => 20_000 * Math.sin(i / 3));
    link.push(new Uint8Array(loud.buffer));
    const before = audio().length;

    link.reset();
    link.push(new Uint8Array(2 * 24 * 40));

    const after = audio().slice(before);
    expect(after.every((frame) => frame.every((code) => code === 0xff))).toBe(true);
  });

  it('delivers a reply of any length and chunking whole, and the ledger knows it', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 90_000 }), { minLength: 1, maxLength: 12 }), (chunks) => {
        const { link, ledger, bytes, audio } = downlink(24000);
        let totalBytes = 0;
        for (const byteLength of chunks) {
          link.push(new Uint8Array(byteLength));
          totalBytes += byteLength;
        }
        link.flush();

        const exactMs = totalBytes / 48;
        expect(bytes() / 8).toBeGreaterThanOrEqual(Math.floor(exactMs));
        expect(bytes() / 8).toBeLessThan(exactMs + 20 + 3);
        expect(audio().every((each) => each.length % 160 === 0)).toBe(true);
        expect(ledger.sentMs).toBe(bytes() / 8);
      }),
      { numRuns: 40 },
    );
  });
});
