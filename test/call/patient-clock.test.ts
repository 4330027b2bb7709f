import { describe, expect, it } from 'vitest';
import { CATCH_UP_MS, patientClock, STOOD_STILL_MS } from '../../src/call/patient-clock.js';
import { StandingClock } from './standing-clock.js';

describe('a timer of a patient clock', () => {
  it('runs when it is due, also when it is a little late', () => {
    const clock = new StandingClock(0);
    const ran: number[] = [];
    patientClock(clock).after(200, () => ran.push(clock.now()));
    patientClock(clock).after(1000, () => ran.push(clock.now()));
    clock.advance(900);
    clock.standStill(100 + STOOD_STILL_MS - 1);

    expect(ran).toEqual([200, 1000 + STOOD_STILL_MS - 1]);
  });

  it('lets first be taken what has come while the process stood still', () => {
    const clock = new StandingClock(0);
    const order: string[] = [];
    patientClock(clock).after(200, () => order.push('timer'));
    clock.standStill(1000);
    order.push('what waited in the sockets');
    clock.advance(CATCH_UP_MS);

    expect(order).toEqual(['what waited in the sockets', 'timer']);
  });

  it('waits again when the process stands still again', () => {
    const clock = new StandingClock(0);
    let ran = 0;
    patientClock(clock).after(200, () => ran++);
    clock.standStill(1000);
    clock.standStill(500);
    expect(ran).toBe(0);

    clock.advance(CATCH_UP_MS);
    expect(ran).toBe(1);
  });

  it('runs as it comes when it was set for less than a standstill: sound is paced by it', () => {
    const clock = new StandingClock(0);
    const order: string[] = [];
    patientClock(clock).after(100, () => order.push('timer'));
    clock.standStill(1000);
    order.push('what waited in the sockets');

    expect(order).toEqual(['timer', 'what waited in the sockets']);
  });

  it.each([
    ['is due', 0],
    ['has become late', 1000],
  ])('can be cancelled before it %s, and twice', (_, stoodStillMs) => {
    const clock = new StandingClock(0);
    let ran = 0;
    const cancel = patientClock(clock).after(200, () => ran++);
    clock.standStill(stoodStillMs);
    cancel();
    cancel();
    clock.advance(1000);

    expect(ran).toBe(0);
    expect(clock.pendingTimers).toBe(0);
  });
});
