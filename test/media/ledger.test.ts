import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PlayoutLedger } from '../../src/media/ledger.js';

describe('the playout ledger', () => {
  it('credits nothing that no mark has confirmed but what the clock allows', () => {
    const ledger = new PlayoutLedger();
    ledger.sent(200, 1000);
    ledger.marked('a');

    expect(ledger.heardMs(1000)).toBe(0);
    expect(ledger.heardMs(1150)).toBe(150);
    expect(ledger.heardMs(9000)).toBe(199);
    expect(ledger.unheardMs(9000)).toBe(0);
  });

  it('never runs past the next mark, however late it is, nor proves what ends there', () => {
    const ledger = new PlayoutLedger();
    ledger.sent(200, 0);
    ledger.marked('a');
    ledger.sent(200, 0);
    ledger.marked('b');

    expect(ledger.heardMs(5000)).toBe(199);
    expect(ledger.returned('a', 5000)).toBe(200);
    expect(ledger.heardMs(5050)).toBe(250);
  });

  it('takes up the clock afresh after a pause in which nothing was left to play', () => {
    const ledger = new PlayoutLedger();
    ledger.sent(200, 0);
    ledger.marked('a');
    ledger.returned('a', 250);

    ledger.sent(400, 10_000);
    ledger.marked('b');

    expect(ledger.heardMs(10_100)).toBe(300);
  });

  it('freezes what was heard at clear and believes no mark that comes back because of it', () => {
    const ledger = new PlayoutLedger();
    ledger.sent(1000, 0);
    ledger.marked('a');

    expect(ledger.cleared(300)).toBe(300);
    expect(ledger.returned('a', 310)).toBeUndefined();
    expect(ledger.unheardMs(310)).toBe(0);
    expect(ledger.awaitsMarks).toBe(false);
  });

  it('counts audio after a clear on its own', () => {
    const ledger = new PlayoutLedger();
    ledger.sent(1000, 0);
    ledger.marked('a');
    ledger.cleared(300);

    ledger.sent(200, 400);
    ledger.marked('b');

    expect(ledger.heardMs(450)).toBe(1050);
    expect(ledger.returned('b', 620)).toBe(1200);
  });

  it('has heard nothing when cleared before any playback', () => {
    const ledger = new PlayoutLedger();
    ledger.sent(1000, 50);
    ledger.marked('a');

    expect(ledger.cleared(50)).toBe(0);
  });

  it('confirms the marks before one that comes back out of order', () => {
    const ledger = new PlayoutLedger();
    ledger.sent(100, 0);
    ledger.marked('a');
    ledger.sent(100, 0);
    ledger.marked('b');

    expect(ledger.returned('b', 210)).toBe(200);
    expect(ledger.returned('a', 220)).toBeUndefined();
    expect(ledger.heardMs(220)).toBe(200);
  });

  it('credits never more than was sent and never goes back between clears', () => {
    const action = fc.oneof(
      fc.record({ do: fc.constant('sent' as const), ms: fc.integer({ min: 20, max: 500 }) }),
      fc.constant({ do: 'marked' as const }),
      fc.record({ do: fc.constant('returned' as const), which: fc.nat(5) }),
      fc.record({ do: fc.constant('wait' as const), ms: fc.nat(400) }),
      fc.constant({ do: 'cleared' as const }),
    );
    fc.assert(
      fc.property(fc.array(action, { maxLength: 60 }), (actions) => {
        const ledger = new PlayoutLedger();
        const marks: string[] = [];
        let nowMs = 0;
        let lastHeardMs = 0;
        for (const each of actions) {
          if (each.do === 'sent') ledger.sent(each.ms, nowMs);
          if (each.do === 'wait') nowMs += each.ms;
          if (each.do === 'marked') {
            marks.push(`m${marks.length}`);
            ledger.marked(marks.at(-1)!);
          }
          if (each.do === 'returned') {
            const before = ledger.heardMs(nowMs);
            ledger.returned(marks[each.which] ?? 'none', nowMs);
            expect(ledger.heardMs(nowMs)).toBeGreaterThanOrEqual(before);
          }
          if (each.do === 'cleared') {
            lastHeardMs = ledger.cleared(nowMs);
            expect(ledger.unheardMs(nowMs)).toBe(0);
          }
          const heardMs = ledger.heardMs(nowMs);
          expect(heardMs).toBeLessThanOrEqual(ledger.sentMs);
          expect(heardMs).toBeGreaterThanOrEqual(lastHeardMs);
          lastHeardMs = heardMs;
        }
      }),
    );
  });
});
