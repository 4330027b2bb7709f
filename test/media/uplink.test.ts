import { describe, expect, it } from 'vitest';
import { FakeClock } from '../../src/clock.js';
import { AHEAD_LIMIT_MS, Uplink } from '../../src/media/uplink.js';

const FRAME = new Uint8Array(160).fill(0xff);

function uplink(inputRateHz = 8000) {
  const clock = new FakeClock(0);
  let heardMs = 0;
  let heardBytes = 0;
  const link = new Uplink({
    inputRateHz,
    now: () => clock.now(),
    hear: (s16le, durationMs) => {
      heardMs += durationMs;
      heardBytes += s16le.length;
    },
  });
  const frame = (timestampMs?: number, mulaw = FRAME) => {
    clock.advance(20);
    return link.push(mulaw, timestampMs);
  };
  return { link, clock, frame, heardMs: () => heardMs, heardBytes: () => heardBytes };
}

describe('the uplink', () => {
  it('passes every frame on in the same tick, at twice the rate when asked', () => {
    const native = uplink(8000);
    native.frame(155);
    expect([native.heardMs(), native.heardBytes()]).toEqual([20, 320]);

    const doubled = uplink(16000);
    for (let i = 0; i < 10; i++) doubled.frame(155 + i * 20);
    expect(doubled.heardMs()).toBe(200);
    expect(doubled.heardBytes()).toBe(6400);
  });

  it('takes payloads of any length', () => {
    const { link, clock, heardBytes } = uplink(16000);
    for (const byteLength of [1, 159, 161, 1000, 7]) {
      clock.advance(1000);
      link.push(new Uint8Array(byteLength).fill(0xff), undefined);
    }

    expect(heardBytes()).toBe((1 + 159 + 161 + 1000 + 7) * 4);
  });

  it('fills time that is missing in the timestamps with silence', () => {
    const { frame, link, heardMs } = uplink();
    frame(100);
    frame(120);

    frame(440);

    expect(link.filledMs).toBe(300);
    expect(heardMs()).toBe(360);
  });

  it('takes the jitter of timestamps for no gap', () => {
    const { frame, link } = uplink();
    for (const timestampMs of [100, 118, 145, 160, 175, 205]) frame(timestampMs);

    expect(link.filledMs).toBe(0);
  });

  it('bounds the silence for one gap', () => {
    const { frame, link, clock } = uplink();
    frame(0);
    clock.advance(600_000);

    frame(600_000);

    expect(link.filledMs).toBe(3000);
  });

  it('does not let timestamps that leap with every message flood the model', () => {
    const { frame, heardMs } = uplink();
    for (let i = 0; i < 100; i++) frame(i * 10_000);

    expect(heardMs()).toBeLessThanOrEqual(100 * 20 + AHEAD_LIMIT_MS);
  });

  it('lets silence stand in while no message comes, once', () => {
    const { frame, link, clock } = uplink();
    frame(100);
    clock.advance(490);
    link.fillQuiet(500);
    expect(link.filledMs).toBe(0);

    clock.advance(110);
    link.fillQuiet(500);
    expect(link.filledMs).toBe(600);

    frame(740);
    expect(link.filledMs).toBe(600 + 0);
  });

  it('puts no silence into a word that is late: only after a pause that ends a turn anyway', () => {
    const { frame, link, clock } = uplink();
    const speech = Uint8Array.from({ length: 160 }, (_, i) => (i % 16 < 8 ? 0x10 : 0x90));
    for (let i = 0; i < 50; i++) frame(i * 20, speech);
    clock.advance(1400);
    link.fillQuiet(500, 1500);
    expect(link.filledMs).toBe(0);

    for (let i = 50; i < 100; i++) frame(i * 20, speech);
    expect(link.filledMs).toBe(0);

    clock.advance(1600);
    link.fillQuiet(500, 1500);
    expect(link.filledMs).toBe(1600);
  });

  it('keeps late frames after a stall: they are speech', () => {
    const { frame, link, clock, heardMs } = uplink();
    frame(100);
    clock.advance(800);
    link.fillQuiet(500);
    const before = heardMs();

    for (let i = 1; i <= 40; i++) link.push(FRAME, 100 + i * 20);

    expect(heardMs() - before).toBe(800);
    expect(link.droppedMs).toBe(0);
  });

  it('keeps all speech, however often the line stalls', () => {
    const { frame, link, clock, heardMs } = uplink();
    frame(0);
    let timestampMs = 0;
    for (let stall = 0; stall < 10; stall++) {
      for (let waited = 0; waited < 2900; waited += 200) {
        clock.advance(200);
        link.fillQuiet(500);
      }
      for (let i = 0; i < 150; i++) {
        timestampMs += 20;
        link.push(FRAME, timestampMs);
      }
    }

    expect(link.droppedMs).toBe(0);
    expect(heardMs() - link.filledMs).toBe(20 + 10 * 3000);
  });

  it('drops and counts what comes much faster than time passes', () => {
    const { link, heardMs } = uplink();
    for (let i = 0; i < 1000; i++) link.push(FRAME, undefined);

    expect(heardMs()).toBe(AHEAD_LIMIT_MS);
    expect(link.droppedMs).toBe(20_000 - AHEAD_LIMIT_MS);
  });

  it('knows when the caller spoke', () => {
    const { frame, link } = uplink();
    const speech = Uint8Array.from({ length: 160 }, (_, i) => (i % 16 < 8 ? 0x10 : 0x90));
    for (let i = 0; i < 50; i++) frame(i * 20);
    for (let i = 50; i < 100; i++) frame(i * 20, speech);
    for (let i = 100; i < 150; i++) frame(i * 20);

    const utterance = link.takeUtterance()!;

    expect(Math.abs(utterance.startMs - 1000)).toBeLessThanOrEqual(80);
    expect(Math.abs(utterance.endMs - 2000)).toBeLessThanOrEqual(80);
    expect(link.takeUtterance()).toBeUndefined();
  });
});
