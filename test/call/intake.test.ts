import { describe, expect, it } from 'vitest';
import { Intake } from '../../src/call/intake.js';
import type { CallInput, Tape } from '../../src/call/tape.js';
import { FakeClock } from '../../src/clock.js';

function openIntake() {
  const clock = new FakeClock(0);
  const taken: string[] = [];
  const failures: unknown[] = [];
  const state = { isOver: false };
  const tape: Tape = {
    took: (input, atMs) => taken.push(`${input.kind} ${atMs}`),
    gave: () => undefined,
  };
  const intake = new Intake({
    clock,
    tape,
    isOver: () => state.isOver,
    failed: (error) => failures.push(error),
  });
  return { clock, taken, failures, state, intake };
}

const AUDIO = (): Extract<CallInput, { kind: 'callerAudio' }> => ({
  kind: 'callerAudio',
  mulaw: Uint8Array.of(1, 2),
  timestampMs: undefined,
});

describe('the way into a call', () => {
  it('works on an input that comes while another is worked on when that is done, with bytes of its own', () => {
    const { intake, taken } = openIntake();
    const done: string[] = [];
    const audio = AUDIO();

    intake.take({ kind: 'started' }, () => {
      intake.take(audio, ({ mulaw }) => done.push(`audio ${mulaw.join(' ')}`));
      audio.mulaw.fill(9);
      done.push('started');
    });

    expect(done).toEqual(['started', 'audio 1 2']);
    expect(taken).toEqual(['started 0', 'callerAudio 0']);
  });

  it('holds one time for all of an input, however long it takes', () => {
    const { intake, clock } = openIntake();
    const times: number[] = [];

    intake.take({ kind: 'started' }, () => {
      times.push(intake.clock.now());
      clock.advance(50);
      times.push(intake.clock.now());
    });
    intake.take({ kind: 'callFinished' }, () => times.push(intake.clock.now()));

    expect(times).toEqual([0, 0, 50]);
  });

  it('takes a timer as an input of its own', () => {
    const { intake, clock, taken } = openIntake();
    let hasRun = false;

    intake.clock.after(40, () => {
      hasRun = true;
    });
    clock.advance(40);

    expect(hasRun).toBe(true);
    expect(taken).toEqual(['timerFired 40']);
  });

  it('takes nothing more when the call is over, and says so of what waited', () => {
    const { intake, taken, state } = openIntake();
    let count = 0;

    intake.take({ kind: 'started' }, () => {
      intake.take({ kind: 'callFinished' }, () => count++);
      state.isOver = true;
    });
    intake.take({ kind: 'callFinished' }, () => count++);

    expect(count).toBe(0);
    expect(taken).toEqual(['started 0']);
  });

  it('tells what breaks, and takes the next input', () => {
    const { intake, failures } = openIntake();
    let count = 0;

    intake.take({ kind: 'started' }, () => {
      throw new Error('broken');
    });
    intake.take({ kind: 'callFinished' }, () => count++);

    expect(failures).toEqual([new Error('broken')]);
    expect(count).toBe(1);
  });
});
