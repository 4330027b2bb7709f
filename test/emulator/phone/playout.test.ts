import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { MarkRecord } from '../../../src/emulator/phone/contract.js';
import { BUFFER_LIMIT_BYTES, Playout } from '../../../src/emulator/phone/playout.js';
import { Track } from '../../../src/emulator/phone/track.js';

const markOf = (name: string): MarkRecord => ({ name, receivedMs: 0, returnedMs: undefined, cleared: false });
const bytes = (ms: number, value = 1) => new Uint8Array(ms * 8).fill(value);

function playoutWithTrack() {
  const heard = new Track();
  return { playout: new Playout(heard), heard };
}

describe('Playout', () => {
  it('plays from arrival, 8 bytes per ms, and tells when it starts and ends', () => {
    const { playout, heard } = playoutWithTrack();

    expect(playout.media(bytes(20), 100).events).toEqual([{ kind: 'playing-started', atMs: 100 }]);
    expect(playout.advance(119)).toEqual([]);
    expect(playout.playedMs(110)).toBe(10);
    expect(playout.queuedMs(110)).toBe(10);
    expect(playout.nextDueMs).toBe(120);
    expect(playout.advance(130)).toEqual([{ kind: 'playing-ended', atMs: 120, cleared: false }]);
    const track = heard.render(130 * 8);
    expect([track[799], track[800], track[959], track[960]]).toEqual([0xff, 1, 1, 0xff]);
  });

  it('returns a mark when everything queued before it has played', () => {
    const { playout } = playoutWithTrack();
    const mark = markOf('a');

    playout.media(bytes(20), 0);
    expect(playout.mark(mark, 0)).toEqual([]);
    playout.media(bytes(20), 0);

    expect(playout.advance(19)).toEqual([]);
    expect(playout.advance(20)).toEqual([{ kind: 'mark-played', atMs: 20, mark, cleared: false }]);
    expect(playout.nextDueMs).toBe(40);
  });

  it('returns a mark at once when nothing is queued', () => {
    const { playout } = playoutWithTrack();

    expect(playout.mark(markOf('a'), 7)).toMatchObject([{ kind: 'mark-played', atMs: 7, cleared: false }]);
  });

  it('on clear empties the queue and returns every waiting mark at once', () => {
    const { playout, heard } = playoutWithTrack();
    playout.media(bytes(100), 0);
    playout.mark(markOf('a'), 0);
    playout.media(bytes(100), 0);
    playout.mark(markOf('b'), 0);

    const events = playout.clear(50);

    expect(events).toMatchObject([
      { kind: 'playing-ended', atMs: 50, cleared: true },
      { kind: 'mark-played', mark: { name: 'a' }, cleared: true },
      { kind: 'mark-played', mark: { name: 'b' }, cleared: true },
    ]);
    expect(playout.playedMs(500)).toBe(50);
    expect(playout.queuedMs(50)).toBe(0);
    expect(heard.render(1600).filter((byte) => byte === 1)).toHaveLength(400);
  });

  it('plays afresh what comes after a clear', () => {
    const { playout, heard } = playoutWithTrack();
    playout.media(bytes(100), 0);
    playout.clear(50);
    playout.media(bytes(20, 2), 60);

    expect(heard.render(1600).indexOf(2)).toBe(480);
    expect(playout.gaps(1, 1000)).toEqual([]);
  });

  it('lists holes where the queue ran dry, with the audio heard before', () => {
    const { playout } = playoutWithTrack();
    playout.media(bytes(20), 0);
    playout.media(bytes(20), 35);
    playout.media(bytes(20), 55);

    expect(playout.gaps(1, 600)).toEqual([{ atMs: 20, forMs: 15, afterPlayedMs: 20 }]);
    expect(playout.gaps(16, 600)).toEqual([]);
  });

  it('discards what comes on top of ten minutes, and plays on', () => {
    const { playout } = playoutWithTrack();

    expect(playout.media(new Uint8Array(BUFFER_LIMIT_BYTES), 0).accepted).toBe(true);
    expect(playout.media(bytes(20), 10).accepted).toBe(false);
    expect(playout.media(bytes(20), 20).accepted).toBe(true);
    expect(playout.queuedMs(20)).toBe(600_000);
  });

  it('keeps waiting marks to itself when the stream closes', () => {
    const { playout } = playoutWithTrack();
    playout.media(bytes(100), 0);
    playout.mark(markOf('a'), 0);

    expect(playout.close(10)).toMatchObject([{ kind: 'playing-ended', cleared: true }]);
    expect(playout.nextDueMs).toBe(Number.POSITIVE_INFINITY);
  });

  const action = fc.oneof(
    fc.record({
      kind: fc.constant('media' as const),
      byteLength: fc.integer({ min: 1, max: 4000 }),
      afterMs: fc.integer({ min: 0, max: 300 }),
    }),
    fc.record({
      kind: fc.constantFrom('mark' as const, 'clear' as const, 'advance' as const),
      byteLength: fc.constant(0),
      afterMs: fc.integer({ min: 0, max: 300 }),
    }),
  );

  it('returns every mark exactly once and in order, and loses or invents no audio', () => {
    fc.assert(
      fc.property(fc.array(action, { maxLength: 60 }), (actions) => {
        const { playout, heard } = playoutWithTrack();
        const returned: string[] = [];
        let nowMs = 0;
        let sentBytes = 0;
        let droppedMs = 0;
        let count = 0;
        const take = (events: readonly { kind: string; mark?: MarkRecord }[]) => {
          for (const { mark } of events) if (mark) returned.push(mark.name);
        };
        for (const { kind, byteLength, afterMs } of actions) {
          nowMs += afterMs;
          if (kind === 'media') {
            sentBytes += byteLength;
            take(playout.media(new Uint8Array(byteLength).fill(1), nowMs).events);
          } else if (kind === 'mark') take(playout.mark(markOf(String(count++)), nowMs));
          else if (kind === 'clear') {
            droppedMs += playout.queuedMs(nowMs);
            take(playout.clear(nowMs));
          } else take(playout.advance(nowMs));
          expect(playout.playedMs(nowMs) + playout.queuedMs(nowMs) + droppedMs).toBeCloseTo(sentBytes / 8, 6);
        }
        nowMs += 120_000;
        take(playout.advance(nowMs));
        expect(returned).toEqual(Array.from({ length: count }, (_, index) => String(index)));
        expect(heard.render(nowMs * 8).filter((byte) => byte === 1)).toHaveLength(playout.playedMs(nowMs) * 8);
      }),
      { numRuns: 100 },
    );
  });
});
