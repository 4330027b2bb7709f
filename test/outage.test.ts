import { beforeEach, expect, it } from 'vitest';
import { FakeClock } from '../src/clock.js';
import { BridgeError } from '../src/errors.js';
import { createLog } from '../src/log.js';
import { createOutage, type Outage } from '../src/outage.js';

let clock: FakeClock;
let lines: Record<string, unknown>[];
let outage: Outage;

beforeEach(() => {
  clock = new FakeClock();
  lines = [];
  const log = createLog('debug', { write: (line) => void lines.push(JSON.parse(line) as Record<string, unknown>) });
  outage = createOutage({
    ...{ clock, log, code: 'STORE_UNAVAILABLE', begins: 'away', ends: 'back', tally: () => ({ waiting: 3 }) },
  });
});

const refused = Object.assign(new Error('no room for +14155550177'), { code: '53100' });
const away = new BridgeError('STORE_UNAVAILABLE', 'not now', {}, { cause: refused });

it('is told once when it begins, with the innermost code and no words, and once when it is over', () => {
  outage.worked('a');
  for (let count = 0; count < 5; count++) outage.failed('a', away, { callSid: 'CA1' });
  clock.advance(61_000);
  const wasAway = outage.isAway;
  outage.worked('a');
  outage.worked('a');

  expect([wasAway, outage.isAway]).toEqual([true, false]);
  expect(lines).toMatchObject([
    { level: 50, code: 'STORE_UNAVAILABLE', reason: '53100', callSid: 'CA1', msg: 'away' },
    { level: 30, awayMs: 61_000, waiting: 3, msg: 'back' },
  ]);
  expect(JSON.stringify(lines)).not.toContain('+1415');
});

it('is over when it works for everybody for whom it had failed', () => {
  outage.failed('a', away);
  outage.failed('b', new TypeError('x'));
  outage.worked('c');
  outage.worked('a');
  const between = outage.isAway;
  outage.worked('b');

  expect([between, outage.isAway, lines.length]).toEqual([true, false, 2]);
});

it('is not over because the last one that failed gives up, but as soon as it works for another one', () => {
  outage.failed('a', away);
  outage.left('a');
  const between = outage.isAway;
  outage.worked('b');

  expect([between, outage.isAway]).toEqual([true, false]);
});
