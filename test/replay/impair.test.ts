import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { FIXTURES_DIR, loadFixture } from '../../src/replay/fixture/fixture.js';
import { IMPAIRMENTS, impaired, parseImpairments } from '../../src/replay/impair.js';
import { lineOf } from '../../src/replay/network-line.js';

const JITTERY = loadFixture(join(FIXTURES_DIR, 'calls', 'jittery-line-with-a-gap-still-gets-an-answer'));

/** The line of a fixture with 40 ms of jitter and two gaps, with this on top. */
function line(text: string) {
  const { call, recordings } = impaired(JITTERY, parseImpairments(text));
  return lineOf(call, recordings);
}

describe('--impair', () => {
  it.each(Object.entries(IMPAIRMENTS))('knows %s as its own help writes it', (name, { example }) => {
    const [impairment] = parseImpairments(example);

    expect(impairment).toMatchObject({ name, text: example });
    expect(Object.keys(impairment?.network ?? {})).toHaveLength(1);
  });

  it('puts several things on one line, in place of what the fixture has', () => {
    const { seed, network } = line('jitter=15, loss=2,noise=-45:pink,echo=-20,seed=3');

    expect(seed).toBe(3);
    expect(network).toMatchObject({
      jitterMs: 15,
      lossPercent: 2,
      lateMarksMs: 60,
      noise: { dbfs: -45, kind: 'pink' },
      echo: { db: -20, delayMs: 120 },
    });
  });

  it('takes times as ms or with their unit', () => {
    expect(line('burst=300,slow-reader=0.5s:4s,cut=5s,echo=-6:200ms').network).toMatchObject({
      bursts: { forMs: 300, everyMs: 2000 },
      slowReader: { atMs: 0, forMs: 500, everyMs: 4000 },
      tcpCutAtMs: 5000,
      echo: { delayMs: 200 },
    });
  });

  it('adds its gaps to those of the fixture', () => {
    const gaps = line('gap=100:3s').network.gaps ?? [];

    expect(gaps.slice(0, 4)).toEqual([
      { atMs: 2000, forMs: 300, kind: 'lost' },
      { atMs: 4000, forMs: 200, kind: 'late' },
      { atMs: 3000, forMs: 100, kind: 'lost' },
      { atMs: 6000, forMs: 100, kind: 'lost' },
    ]);
  });

  it('brings the recording of another talker along', () => {
    const { talker } = line('talker=-30:2s').network;

    expect(talker).toMatchObject({ dbfs: -30, atMs: 2000 });
    expect(talker?.mulaw.length).toBeGreaterThan(8 * 5000);
  });

  it('leaves the fixture itself as it was', () => {
    line('loss=50,talker=-30');

    expect(JITTERY.call.network).toMatchObject({ lossPercent: 1 });
    expect(JITTERY.recordings.size).toBe(1);
  });

  it('changes nothing for none', () => {
    expect(impaired(JITTERY, parseImpairments('none')).call.network).toEqual(JITTERY.call.network);
  });

  it.each([
    ['jiter=40', /"jiter=40" is no impairment\. .*\n {2}jitter=40 /s],
    ['jitter', /"jitter" is no impairment/],
    ['', /"" is no impairment/],
    ['constructor=1', /"constructor=1" is no impairment/],
    ['jitter=40,,loss=1', /"" is no impairment/],
    ['loss=200', /"loss=200" cannot be: /],
    ['loss=two', /"loss=two" cannot be: /],
    ['noise=-45:brown', /"noise=-45:brown" cannot be: /],
    ['echo=-20:5ms', /"echo=-20:5ms" cannot be: must be 20ms to 2s/],
    ['burst=3s:2s', /"burst=3s:2s" cannot be: must be longer than for \(3000 ms\)/],
    ['cut=soon', /"cut=soon" cannot be: must be a length of time/],
    ['gap=300:soon', /"gap=300:soon" cannot be: must be a length of time/],
  ])('refuses %s and names what there is', (text, message) => {
    expect(() => parseImpairments(text)).toThrow(message);
  });
});
