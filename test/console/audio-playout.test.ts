import { describe, expect, it } from 'vitest';
import { sampleOf } from '../../src/console/audio/mulaw.js';
import { FURTHEST_MS, LAG_MS, PlacedSides } from '../../src/console/audio/placed-sides.js';
import { HOLD_MS, LIMIT_MS, Playout } from '../../src/console/audio/playout.js';

const LOUD = 0x10;
const loud = (ms: number, code = LOUD) => new Uint8Array(ms * 8).fill(code);

/** For each 20 ms of the next ones whether something sounds. */
function heard(next: () => number, ms: number): string {
  return Array.from({ length: ms / 20 }, () => {
    let isLoud = false;
    for (let i = 0; i < 160; i++) isLoud = next() !== 0 || isLoud;
    return isLoud ? 'x' : '.';
  }).join('');
}

describe("the agent's sound in the browser", () => {
  it('begins when 60 ms of it are there, so that frames may come late by as much', () => {
    const playout = new Playout();
    const next = () => playout.next();

    playout.push(loud(20));
    expect(heard(next, 20)).toBe('.');
    playout.push(loud(20));
    expect(heard(next, 20)).toBe('.');
    playout.push(loud(20));
    expect(heard(next, 40)).toBe('xx');
    expect(playout.queuedMs).toBe(20);
  });

  it('begins after 60 ms also when no more comes', () => {
    const playout = new Playout();
    playout.push(loud(20));

    expect(heard(() => playout.next(), HOLD_MS + 40)).toBe('...x.');
  });

  it('does not keep what is short and whole waiting', () => {
    const playout = new Playout();
    playout.push(loud(20));
    playout.mark('end');

    expect(heard(() => playout.next(), 20)).toBe('x');
  });

  it('gives a mark back when what is before it has sounded, in order', () => {
    const playout = new Playout();
    playout.push(loud(100));
    playout.mark('a');
    playout.push(loud(100));
    playout.mark('b');
    playout.mark('c');

    for (let i = 0; i < 799; i++) playout.next();
    expect(playout.takeReturned()).toEqual([]);
    playout.next();
    expect(playout.takeReturned()).toEqual(['a']);
    for (let i = 0; i < 800; i++) playout.next();
    expect(playout.takeReturned()).toEqual(['b', 'c']);
  });

  it('gives a mark back at once when nothing waits', () => {
    const playout = new Playout();
    playout.mark('at once');

    expect(playout.takeReturned()).toEqual(['at once']);
  });

  it('is silent from a clear on, and gives every mark back', () => {
    const playout = new Playout();
    playout.push(loud(1000));
    playout.mark('a');
    playout.push(loud(1000));
    playout.mark('b');
    for (let i = 0; i < 100; i++) playout.next();

    playout.clear();

    expect(playout.takeReturned()).toEqual(['a', 'b']);
    expect(playout.queuedMs).toBe(0);
    expect(heard(() => playout.next(), 40)).toBe('..');
    playout.push(loud(100));
    expect(heard(() => playout.next(), 120)).toBe('xxxxx.');
  });

  it('plays every byte in order over the end of its memory', () => {
    const playout = new Playout();
    const whole = LIMIT_MS - 1000;
    playout.push(loud(whole));
    playout.mark('first');
    for (let i = 0; i < whole * 8; i++) playout.next();
    const codes = Uint8Array.from({ length: 16_000 }, (_, i) => i % 127);
    playout.push(codes);

    expect(Array.from(codes, () => playout.next())).toEqual(Array.from(codes, sampleOf));
  });

  it('refuses what nobody would wait for', () => {
    const playout = new Playout();

    expect(playout.push(loud(LIMIT_MS))).toBe(true);
    expect(playout.push(loud(1))).toBe(false);
    expect(playout.queuedMs).toBe(LIMIT_MS);
  });

  it('counts when it ran dry in the middle of something, not between two answers', () => {
    const playout = new Playout();
    const say = (pauseMs: number) => {
      playout.push(loud(100));
      heard(() => playout.next(), 100 + pauseMs);
    };

    say(40);
    say(1000);
    say(20);

    expect(playout.starvedCount).toBe(1);
  });
});

describe('two voices of a call that is listened to', () => {
  it('sound at their places, by one clock that begins a little behind', () => {
    const sides = new PlacedSides();
    sides.put(1, 5000, loud(100));
    sides.put(0, 5060, loud(40));

    expect(heard(() => sides.next(1), LAG_MS)).toBe('.'.repeat(15));
    expect(heard(() => sides.next(0), LAG_MS)).toBe('.'.repeat(15));
    expect(heard(() => sides.next(0), 140)).toBe('...xx..');
    expect(heard(() => sides.next(1), 140)).toBe('xxxxx..');
  });

  it('wait for what comes late, and lose nothing of it', () => {
    const sides = new PlacedSides();
    sides.put(0, 1000, loud(100));
    for (const side of [0, 1] as const) heard(() => sides.next(side), LAG_MS + 400);

    sides.put(0, 1200, loud(100));

    expect(heard(() => sides.next(0), LAG_MS + 120)).toBe(`${'.'.repeat(15)}xxxxx.`);
  });

  it('go on at once with what is new when the page was not played for long', () => {
    const sides = new PlacedSides();
    sides.put(0, 0, loud(100));
    sides.put(0, FURTHEST_MS + 1000, loud(100));

    expect(heard(() => sides.next(0), LAG_MS + 120)).toBe(`${'.'.repeat(15)}xxxxx.`);
  });
});
