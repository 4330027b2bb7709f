import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Circuit, CLOSED, entered, OPEN_MS, OPENS_AFTER, reported } from '../../src/tools/circuit.js';

function failing(times: number, circuit: Circuit = CLOSED, nowMs = 0): Circuit {
  return times === 0 ? circuit : failing(times - 1, reported(circuit, 'normal', 'failing', nowMs), nowMs);
}

describe('a circuit', () => {
  it('opens after five failures in a row', () => {
    expect(entered(failing(4), 0).passage).toBe('normal');
    expect(failing(5)).toEqual({ at: 'open', untilMs: OPEN_MS });
    expect(entered(failing(5), OPEN_MS - 1).passage).toBeUndefined();
  });

  it('counts from the start again after an answer, and does not count what nobody waited for', () => {
    const answered = reported(failing(4), 'normal', 'alive', 0);

    expect(failing(4, answered)).toEqual({ at: 'closed', failures: 4 });
    expect(reported(failing(4), 'normal', 'abandoned', 0)).toEqual(failing(4));
  });

  it('lets one request try after fifteen seconds, and only one', () => {
    const { circuit, passage } = entered(failing(5), OPEN_MS);

    expect(passage).toBe('trial');
    expect(entered(circuit, OPEN_MS).passage).toBeUndefined();
  });

  it.each([
    ['closes', 'alive', CLOSED],
    ['opens again', 'failing', { at: 'open', untilMs: 100 + OPEN_MS }],
    ['lets the next request try at once', 'abandoned', { at: 'open', untilMs: 100 }],
  ] as const)('%s when the trial was %s', (_what, showing, next) => {
    expect(reported({ at: 'half-open' }, 'trial', showing, 100)).toEqual(next);
  });

  it('hears stragglers only when they bring an answer', () => {
    const open: Circuit = { at: 'open', untilMs: 500 };

    expect(reported(open, 'normal', 'failing', 400)).toBe(open);
    expect(reported({ at: 'half-open' }, 'normal', 'failing', 600)).toEqual({ at: 'half-open' });
    expect(reported(open, 'normal', 'alive', 400)).toEqual(CLOSED);
  });

  it('never stays shut longer than its time once every request has reported', () => {
    const step = fc.record({ showing: fc.constantFrom('alive', 'failing', 'abandoned'), pauseMs: fc.nat(20_000) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        let circuit: Circuit = CLOSED;
        let nowMs = 0;
        for (const { showing, pauseMs } of steps) {
          nowMs += pauseMs;
          const entry = entered(circuit, nowMs);
          circuit = entry.passage ? reported(entry.circuit, entry.passage, showing, nowMs) : entry.circuit;
        }

        expect(entered(circuit, nowMs + OPEN_MS).passage).toBeDefined();
        if (circuit.at === 'closed') expect(circuit.failures).toBeLessThan(OPENS_AFTER);
      }),
    );
  });
});
