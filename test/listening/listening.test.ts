import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { TelephonyLeg, TelephonyListener } from '../../src/call/ports.js';
import { FakeClock } from '../../src/clock.js';
import { liveListening, MAX_LISTENERS } from '../../src/listening/listening.js';
import { MAX_UNSENT_BYTES } from '../../src/listening/live-sound.js';
import { MemoryEar } from './ear.js';

const CALLER = 0x10;
const AGENT = 0x20;
const frame = (byte: number, ms = 20) => new Uint8Array(ms * 8).fill(byte);

/** A call whose media stream has just started, with its two legs as the session and the carrier have them. */
function liveCall({ callSid = 'CA1', startMs = 0 } = {}) {
  const clock = new FakeClock(0);
  const listening = liveListening({ clock });
  const carrier: string[] = [];
  const session: string[] = [];
  const phone: TelephonyLeg = {
    play: (mulaw) => carrier.push(`play ${mulaw.length}`),
    mark: (name) => carrier.push(`mark ${name}`),
    clear: () => carrier.push('clear'),
    close: () => carrier.push('close'),
  };
  const listener: TelephonyListener = {
    hear: (mulaw, timestampMs) => session.push(`hear ${mulaw.length} ${timestampMs}`),
    event: ({ kind }) => session.push(kind),
  };
  const tap = listening.tap({ callSid, startMs }, phone);
  const caller = tap.listen(listener);
  let callerMs = 0;
  return {
    ...{ clock, listening, carrier, session, tap, caller },
    join(ear = new MemoryEar()) {
      const leave = listening.join(callSid, ear);
      return Object.assign(ear, { leave });
    },
    /** The caller speaks (or the line is open) for so long. */
    pass(ms: number, byte = CALLER) {
      for (let passedMs = 0; passedMs < ms; passedMs += 20) {
        clock.advance(20);
        caller.hear(frame(byte), callerMs);
        callerMs += 20;
      }
    },
  };
}

describe('a listener', () => {
  it('hears both sides as they sound: the caller at once, the agent as the carrier plays it', () => {
    const { tap, pass, join } = liveCall();
    const ear = join();

    pass(200);
    tap.phone.play(frame(AGENT, 400));
    pass(300);

    expect(ear.told).toEqual([
      {
        ...{
          event: 'start',
          callSid: 'CA1',
          encoding: 'audio/x-mulaw',
          sampleRate: 8000,
          channels: ['caller', 'agent'],
        },
        ...{ atMs: 0, sensitive: false },
      },
    ]);
    expect(ear.pattern('caller', 0, 300)).toBe(`${'x'.repeat(10)}.....`);
    expect(ear.pattern('agent', 0, 300)).toBe('.'.repeat(15));
    pass(800);
    expect(ear.pattern('caller', 0, 1000)).toBe('x'.repeat(50));
    expect(ear.pattern('agent', 0, 1000)).toBe(`${'.'.repeat(10)}${'x'.repeat(20)}${'.'.repeat(20)}`);
  });

  it('who comes in the middle of what the agent says hears the rest of it', () => {
    const { tap, pass, join } = liveCall();
    tap.phone.play(frame(0x21, 300));
    tap.phone.play(frame(0x22, 300));
    pass(240);

    const ear = join();
    pass(1000);

    expect(ear.told[0]).toMatchObject({ event: 'start', atMs: 240 });
    const agent = ear.sideMulaw('agent');
    expect([...agent.subarray(240 * 8, 300 * 8)]).toEqual([...frame(0x21, 60)]);
    expect([...agent.subarray(300 * 8, 600 * 8)]).toEqual([...frame(0x22, 300)]);
    expect(ear.pattern('agent', 0, 800)).toBe(`${'.'.repeat(12)}${'x'.repeat(18)}${'.'.repeat(10)}`);
  });

  it('is never sent what the carrier threw away, and is told where the agent was cut', () => {
    const { tap, pass, join, carrier } = liveCall();
    const ear = join();
    tap.phone.play(frame(AGENT, 3000));
    pass(500);

    tap.phone.clear();
    pass(500);
    tap.phone.play(frame(AGENT, 40));
    pass(600);

    expect(carrier).toEqual(['play 24000', 'clear', 'play 320']);
    expect(ear.told.slice(1)).toEqual([{ event: 'clear', atMs: 500 }]);
    expect(ear.pattern('agent', 0, 1200)).toBe(`${'x'.repeat(25)}${'.'.repeat(25)}xx${'.'.repeat(8)}`);
  });

  it('who comes after an interruption hears nothing of what was cut', () => {
    const { tap, pass, join } = liveCall();
    tap.phone.play(frame(AGENT, 3000));
    pass(500);
    tap.phone.clear();

    const ear = join();
    pass(1000);

    expect(ear.sounds.filter(({ side }) => side === 'agent')).toEqual([]);
  });

  it('has the clock of the call, also when it goes on with another media stream', () => {
    const { pass, join, listening } = liveCall({ startMs: 61_234 });
    pass(100);
    expect(listening.check('CA1')).toBe(61_334);

    const ear = join();
    pass(1000);

    expect(ear.told[0]!.atMs).toBe(61_334);
    expect(ear.sounds[0]!.atMs).toBeGreaterThanOrEqual(61_334);
    expect(ear.pattern('caller', 61_340, 61_840)).toBe('x'.repeat(25));
  });

  it('misses nothing of a caller whose audio is late by up to a second', () => {
    const { clock, caller, join } = liveCall();
    const ear = join();
    for (let atMs = 0; atMs < 400; atMs += 20) {
      clock.advance(20);
      caller.hear(frame(CALLER), atMs);
    }
    clock.advance(900);
    for (let atMs = 400; atMs < 1400; atMs += 20) caller.hear(frame(CALLER), atMs);
    clock.advance(500);

    expect(ear.pattern('caller', 0, 1300)).toBe('x'.repeat(65));
  });

  it('hears the call to its end, is told why it ended, and is let go with 1000', () => {
    const { tap, pass, join, clock, listening } = liveCall();
    const ear = join();
    tap.phone.play(frame(AGENT, 3000));
    pass(500);

    tap.close('caller-hung-up');
    tap.close('failed');

    expect(ear.pattern('caller', 0, 500)).toBe('x'.repeat(25));
    expect(ear.pattern('agent', 0, 600)).toBe(`${'x'.repeat(25)}.....`);
    expect(ear.told.at(-1)).toEqual({ event: 'end', atMs: 500, endReason: 'caller-hung-up' });
    expect(ear.closed).toMatchObject({ code: 1000 });
    expect(clock.pendingTimers).toBe(0);
    expect(() => listening.check('CA1')).toThrow(expect.objectContaining({ code: 'CALL_NOT_LIVE' }));
  });
});

describe('a secret span', () => {
  it('is blank on both sides, from a little before it was announced to a little after its end', () => {
    const { tap, pass, join } = liveCall();
    const ear = join();
    pass(1000);
    tap.phone.play(frame(AGENT, 4000));
    pass(200);
    tap.blank(true);
    pass(1000);
    const sentBefore = ear.sounds.length;
    pass(600);
    expect(ear.sounds.length).toBe(sentBefore);

    tap.blank(false);
    pass(2000);

    expect(ear.told.slice(1)).toEqual([
      { event: 'sensitive', active: true, atMs: 900 },
      { event: 'sensitive', active: false, atMs: 3100 },
    ]);
    expect(ear.pattern('caller', 0, 4000)).toBe(`${'x'.repeat(45)}${'.'.repeat(110)}${'x'.repeat(45)}`);
    expect(ear.pattern('agent', 0, 4000)).toBe(`${'.'.repeat(155)}${'x'.repeat(45)}`);
  });

  it.each([
    ['in the middle of it', 400, 100],
    ['in its afterglow', 100, 400],
  ])('is blank for a listener who comes %s', (_when, openMs, moreMs) => {
    const { tap, pass, join } = liveCall();
    pass(200);
    tap.blank(true);
    tap.phone.play(frame(AGENT, 5000));
    pass(openMs);
    if (moreMs === 400) tap.blank(false);
    pass(100);
    const ear = join();
    pass(100);
    if (moreMs === 100) tap.blank(false);
    pass(2000);

    expect(ear.told[0]).toMatchObject({ event: 'start', sensitive: true });
    const endMs = 200 + openMs + (moreMs === 100 ? 200 : 0) + 300;
    for (const side of ['caller', 'agent'] as const) {
      expect(ear.pattern(side, 0, endMs)).not.toContain('x');
      expect(ear.pattern(side, endMs, endMs + 400)).toBe('x'.repeat(20));
    }
  });

  it('lets nothing out whatever else happens meanwhile', () => {
    const step = fc.oneof(
      fc.record({ do: fc.constant('pass' as const), ms: fc.integer({ min: 1, max: 30 }).map((n) => n * 20) }),
      fc.record({ do: fc.constant('play' as const), ms: fc.integer({ min: 1, max: 2000 }) }),
      fc.record({ do: fc.constantFrom('clear' as const, 'join' as const, 'leave' as const) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), fc.array(step, { maxLength: 30 }), (before, during) => {
        const { tap, pass, join, clock } = liveCall();
        const ears = [join()];
        const act = (each: (typeof before)[number]) => {
          if (each.do === 'pass') pass(each.ms);
          else if (each.do === 'play') tap.phone.play(frame(AGENT, each.ms));
          else if (each.do === 'clear') tap.phone.clear();
          else if (each.do === 'join') ears.push(join());
          else ears[0]!.leave();
        };
        before.forEach(act);
        const fromMs = clock.now() - 300;
        tap.blank(true);
        during.forEach(act);
        tap.blank(false);
        const toMs = clock.now() + 300;
        pass(1500);
        tap.close('caller-hung-up');

        for (const ear of ears) {
          for (const side of ['caller', 'agent'] as const) {
            const secret = ear.sideMulaw(side).subarray(Math.max(0, fromMs) * 8, toMs * 8);
            expect(secret.every((code) => code === 0xff)).toBe(true);
          }
        }
      }),
      { numRuns: 60 },
    );
  });
});

describe('the call that is listened to', () => {
  it('is passed on as it is, and first', () => {
    const { tap, caller, carrier, session, join } = liveCall();
    join();

    tap.phone.play(frame(AGENT));
    tap.phone.mark('m1');
    tap.phone.clear();
    tap.phone.close();
    caller.hear(frame(CALLER), 40);
    caller.event({ kind: 'stopped' });

    expect(carrier).toEqual(['play 160', 'mark m1', 'clear', 'close']);
    expect(session).toEqual(['hear 160 40', 'stopped']);
  });

  it('has no timer when nobody listens, or nobody any more', () => {
    const { clock, tap, pass, join } = liveCall();
    tap.phone.play(frame(AGENT, 500));
    pass(200);
    expect(clock.pendingTimers).toBe(0);

    const [one, other] = [join(), join()];
    one.leave();
    one.leave();
    expect(clock.pendingTimers).toBe(1);
    other.leave();

    expect(clock.pendingTimers).toBe(0);
    expect(other.closed).toBeUndefined();
  });

  it('sends a listener away who does not read, and nobody else', () => {
    const { pass, join } = liveCall();
    const slow = join();
    const quick = join();
    pass(500);
    slow.bufferedAmount = MAX_UNSENT_BYTES + 1;
    const sentBefore = slow.sounds.length;
    pass(1000);

    expect(slow.closed).toEqual({ code: 1013, reason: 'too slow' });
    expect(slow.sounds.length).toBe(sentBefore);
    expect(quick.closed).toBeUndefined();
    expect(quick.pattern('caller', 0, 1000)).toBe('x'.repeat(50));
  });

  it('has room for so many listeners, and again when one has gone', () => {
    const { join, listening } = liveCall();
    const ears = Array.from({ length: MAX_LISTENERS }, () => join());

    expect(() => listening.check('CA1')).toThrow(expect.objectContaining({ code: 'TOO_MANY_REQUESTS' }));
    expect(join().closed).toMatchObject({ code: 1013 });
    ears[0]!.leave();

    expect(listening.check('CA1')).toBe(0);
    expect(join().closed).toBeUndefined();
  });

  it('that has ended since it was asked for is not listened to', () => {
    const { tap, join } = liveCall();
    tap.close('caller-hung-up');

    const ear = join();

    expect(ear.closed).toMatchObject({ code: 1013 });
    expect(ear.told).toEqual([]);
  });

  it('that goes on with another media stream is listened to there, whichever ends first', () => {
    const { listening, tap, pass } = liveCall();
    const phone: TelephonyLeg = { play() {}, mark() {}, clear() {}, close() {} };
    const next = listening.tap({ callSid: 'CA1', startMs: 5000 }, phone);
    next.listen({ hear() {}, event() {} });
    pass(100);
    tap.close('failed');

    expect(listening.check('CA1')).toBe(5100);
  });
});
