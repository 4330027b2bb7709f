import { describe, expect, it } from 'vitest';
import { FakeClock } from '../../src/clock.js';
import type { PhoneEvent } from '../../src/emulator/phone/contract.js';
import { waitingTone } from '../../src/media/waiting-tone.js';
import { AgentFloor, TURN_PAUSE_MS } from '../../src/replay/agent-floor.js';

const VOICE = Uint8Array.from({ length: 800 }, (_, index) => (index % 16 < 8 ? 0x20 : 0xa0));
const TONE = waitingTone().subarray(0, 800);

function listening() {
  const clock = new FakeClock(0);
  const told: string[] = [];
  const floor = new AgentFloor({
    clock,
    started: (turn, atMs) => told.push(`${turn} started at ${atMs}`),
    ended: (turn, atMs, cut) => told.push(`${turn} ${cut ? 'cut' : 'ended'} at ${atMs}`),
  });
  const at = (atMs: number, event: PhoneEvent) => {
    clock.advance(atMs - clock.now());
    floor.hear(event);
  };
  return {
    floor,
    told,
    clock,
    plays(atMs: number, payload: Uint8Array = VOICE) {
      at(atMs, { kind: 'media', atMs, byteLength: payload.length, payload });
      at(atMs, { kind: 'playing-started', atMs });
    },
    stops: (atMs: number, cleared = false) => at(atMs, { kind: 'playing-ended', atMs, cleared }),
    ends: (atMs: number) => at(atMs, { kind: 'ended', atMs, end: { by: 'caller', endedMs: atMs } }),
  };
}

describe('the agent at the caller’s ear', () => {
  it('begins a turn when it sounds and ends it when it has been silent for a while', () => {
    const { told, clock, plays, stops } = listening();

    plays(1000);
    stops(2000);
    expect(told).toEqual(['1 started at 1000']);
    clock.advance(TURN_PAUSE_MS);

    expect(told).toEqual(['1 started at 1000', '1 ended at 2000']);
  });

  it('goes on with its turn after a pause that is only late audio', () => {
    const { floor, told, plays, stops, ends } = listening();

    plays(1000);
    stops(2000);
    plays(2000 + TURN_PAUSE_MS - 1);
    stops(3000);
    ends(3000);

    expect(told).toEqual(['1 started at 1000', '1 ended at 3000']);
    expect(floor.stretches).toEqual([{ startMs: 1000, endMs: 3000, cut: false }]);
  });

  it('begins another turn after a longer pause', () => {
    const { told, plays, stops } = listening();

    plays(1000);
    stops(2000);
    plays(2500);

    expect(told).toEqual(['1 started at 1000', '1 ended at 2000', '2 started at 2500']);
  });

  it('has no turn while the caller hears the sound of waiting', () => {
    const { floor, told, plays, stops } = listening();

    plays(1000);
    stops(2000);
    plays(2100, TONE);
    stops(5000, true);
    plays(5000);
    stops(6000);

    expect(told).toEqual(['1 started at 1000', '1 ended at 2000', '2 started at 5000']);
    expect(floor.waits).toEqual([{ startMs: 2100, endMs: 5000 }]);
    expect(floor.stretches.map(({ startMs }) => startMs)).toEqual([1000, 5000]);
  });

  it('has its turn cut at once by a clear, and what comes after it is another turn', () => {
    const { told, clock, plays, stops } = listening();

    plays(1000);
    stops(2000, true);
    clock.advance(0);
    plays(2010);

    expect(told).toEqual(['1 started at 1000', '1 cut at 2000', '2 started at 2010']);
  });
});
