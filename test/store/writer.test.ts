import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { type CallEvent, type CallFact, emptyRecord } from '../../src/call/events.js';
import { LiveRecords } from '../../src/call/live-records.js';
import { FakeClock } from '../../src/clock.js';
import { type CallWriter, type CallWriterOptions, callWriter } from '../../src/store/writer.js';
import { callerTurn, keptLog, rang } from './opened-store.js';
import { type Outcome, ScriptedDatabase } from './scripted-database.js';

const ENDED: CallFact = { kind: 'ended', endReason: 'caller-hung-up' };

let clock: FakeClock;
let database: ScriptedDatabase;
let records: LiveRecords;
let writer: CallWriter;
let lines: Record<string, unknown>[];

const open = (options: Partial<CallWriterOptions> = {}) => {
  const { log, ...kept } = keptLog();
  lines = kept.lines;
  const instance = { id: 'i1', url: 'http://127.0.0.1:1' };
  writer = callWriter({ database, instance, clock, log, ...options });
  records = new LiveRecords(writer.record);
};
const tell = (callSid: string, fact: CallFact, atMs = 0) => {
  if (!records.peek(callSid)) records.adopt(emptyRecord(callSid, new Date(clock.now()).toISOString()));
  records.listener({ callSid, atMs, ...fact } as CallEvent, clock.now());
};

/** Lets everything happen that needs no time. */
const settled = async () => {
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
};
const pass = async (ms: number) => {
  clock.advance(ms);
  await settled();
};
const kinds = (events: readonly CallEvent[]) => events.map(({ callSid, kind }) => `${callSid} ${kind}`);
const textOf = (event: CallEvent) => (event.kind === 'turnChanged' ? event.turn.text : event.kind);

beforeEach(() => {
  clock = new FakeClock();
  database = new ScriptedDatabase();
  open();
});

describe('what happens to calls', () => {
  it('waits 30 ms for company, and a row that changes again is written once', async () => {
    tell('CA1', rang());
    for (const text of ['I', 'I would', 'I would like']) tell('CA1', callerTurn(0, text));
    await pass(29);
    const early = database.statements.length;
    tell('CA2', rang());
    await pass(1);

    expect(early).toBe(0);
    expect(database.statements).toHaveLength(1);
    const [written] = database.statements;
    expect(written!.rows.map(({ call_sid }) => call_sid)).toEqual(['CA1', 'CA2']);
    expect(written!.turns.map(({ turn }) => turn.text)).toEqual(['I would like']);
    expect(kinds(written!.events)).toEqual([
      'CA1 rang',
      'CA1 turnChanged',
      'CA1 turnChanged',
      'CA1 turnChanged',
      'CA2 rang',
    ]);
  });

  it('is written in one statement at a time; what comes meanwhile is the next one', async () => {
    const go = database.hold();
    tell('CA1', rang());
    await pass(30);
    tell('CA1', callerTurn(0, 'one'));
    await pass(1000);
    tell('CA1', callerTurn(1, 'two'));
    await pass(1000);
    const pendingRows = writer.pendingRows;
    go();
    await settled();
    await pass(30);

    // CA1 and its first event; CA1, two turns and two events.
    expect(pendingRows).toBe(2 + 5);
    expect(database.statements.map(({ turns }) => turns.map(({ turn }) => turn.text))).toEqual([[], ['one', 'two']]);
    expect(writer.pendingRows).toBe(0);
  });

  it('names only what changed since the last time', async () => {
    tell('CA1', rang());
    tell('CA1', callerTurn(0, 'one'));
    await pass(30);
    tell('CA1', callerTurn(1, 'two'));
    await pass(30);

    expect(database.statements[1]).toMatchObject({ rows: [{ turn_count: 2 }], turns: [{ index: 1 }] });
  });

  it('is written in parts of some 500 rows, all or nothing, when it is much', async () => {
    for (let index = 0; index < 900; index++) tell(`CA${index % 40}`, index < 40 ? rang() : callerTurn(0, `${index}`));
    await pass(30);

    expect(database.statements.length).toBeGreaterThan(1);
    for (const { inTransaction, rows, turns, events } of database.statements) {
      expect(inTransaction).toBe(true);
      expect(rows.length + turns.length + events.length).toBeLessThanOrEqual(502);
    }
    expect(database.statements.map(({ batchNumber }) => batchNumber)).toEqual(
      database.statements.map((_, index) => index + 1),
    );
    expect(database.kept.events).toHaveLength(900);
    expect(database.kept.turns.get('CA39 0')?.text).toBe('879');
  });

  it('that another instance carries is told once, and the rest is kept', async () => {
    const lost: string[] = [];
    open({ lost: (callSids) => void lost.push(...callSids) });
    database.foreign.add('CA2');
    for (const callSid of ['CA1', 'CA2', 'CA3']) tell(callSid, { kind: 'answered' });
    await pass(30);

    expect(lost).toEqual(['CA2']);
    expect([...database.kept.rows.keys()]).toEqual(['CA1', 'CA3']);
  });
});

describe('a webhook of an ended call', () => {
  it('is ordered with the end, under a name of its own', async () => {
    open({ webhookFor: ({ to }) => (to === '+14155550100' ? 'https://hooks.example.com' : undefined) });
    for (const callSid of ['CA1', 'CA2']) tell(callSid, rang(callSid === 'CA1' ? {} : { to: '+14155550109' }));
    for (const callSid of ['CA1', 'CA2']) tell(callSid, ENDED);
    await pass(30);

    const endedAt = '2026-01-01T00:00:00.000Z';
    expect([...database.kept.jobs]).toEqual([
      [`CA1:${endedAt}`, { callSid: 'CA1', endedAt, url: 'https://hooks.example.com' }],
    ]);
  });

  describe('waits', () => {
    const MINUTE_LATER = '2026-01-01T00:01:00.000Z';
    const recording = (state: 'recording' | 'ready'): CallFact => ({
      kind: 'recordingChanged',
      recording: { state, channels: 2, rateHz: 8000, durationMs: 0, byteLength: 44, url: '/a' },
    });
    const completed: CallFact = { kind: 'carrierReported', status: 'completed' };
    const dueAts = () => database.statements.flatMap(({ jobs }) => jobs.map(({ due_at }) => due_at));

    it('for a minute, in which the call may come back, when the carrier does not say that it is over', async () => {
      open({ webhookFor: () => 'https://hooks.example.com' });
      tell('CA1', rang());
      tell('CA1', ENDED);
      await pass(30);

      expect(dueAts()).toEqual([MINUTE_LATER]);
    });

    it('until the carrier has said its last word and the recording is kept, and no longer', async () => {
      open({ webhookFor: () => 'https://hooks.example.com' });
      tell('CA1', rang());
      tell('CA1', recording('recording'));
      tell('CA1', ENDED);
      await pass(1000);
      tell('CA1', completed);
      await pass(1000);
      tell('CA1', recording('ready'));
      await pass(30);

      expect(dueAts()).toEqual([MINUTE_LATER, MINUTE_LATER, '2026-01-01T00:00:02.000Z']);
      expect(new Set(database.statements.flatMap(({ jobs }) => jobs.map(({ key }) => key)))).toEqual(
        new Set(['CA1:2026-01-01T00:00:00.000Z']),
      );
    });

    it('for a person to whom the call was put through, and not a moment longer', async () => {
      open({ webhookFor: () => 'https://hooks.example.com' });
      tell('CA1', rang());
      tell('CA1', ENDED);
      await pass(30);
      tell('CA1', { kind: 'transferred', to: '+14155550142' });
      await pass(90_000);
      tell('CA1', { kind: 'dialEnded', wasAnswered: true, durationMs: 80_000 });
      tell('CA1', completed);
      await pass(30);

      expect(dueAts()).toEqual([MINUTE_LATER, '2026-01-01T04:01:00.000Z', '2026-01-01T00:01:30.030Z']);
    });

    it('for the minute in which the call may come back once nobody has answered', async () => {
      open({ webhookFor: () => 'https://hooks.example.com' });
      tell('CA1', rang());
      tell('CA1', { kind: 'transferred', to: '+14155550142' });
      tell('CA1', ENDED);
      await pass(100_000);
      tell('CA1', { kind: 'dialEnded', wasAnswered: false, durationMs: 0 });
      await pass(30);

      expect(dueAts()).toEqual(['2026-01-01T04:01:00.000Z', '2026-01-01T00:02:40.000Z']);
    });

    it('for nothing when all is known with the end, and is written once', async () => {
      open({ webhookFor: () => 'https://hooks.example.com' });
      tell('CA1', rang());
      tell('CA1', ENDED);
      tell('CA1', completed);
      tell('CA2', rang({ test: true }));
      tell('CA2', ENDED);
      await pass(30);

      expect(dueAts()).toEqual(['2026-01-01T00:00:00.000Z', '2026-01-01T00:00:00.000Z']);
    });
  });

  it('that cannot be looked up costs the call nothing', async () => {
    open({
      webhookFor: () => {
        throw new Error('no directory');
      },
    });
    tell('CA1', rang());
    tell('CA1', ENDED);
    await pass(30);

    expect(database.kept.rows.get('CA1')?.state).toBe('ended');
    expect(lines).toMatchObject([{ code: 'WEBHOOK_FAILED', callSid: 'CA1' }]);
  });
});

describe('a database that is away', () => {
  it('is asked again after 0.1, 0.2, 0.4, … and at most 2 s, until it is back', async () => {
    const reached: boolean[] = [];
    open({ reached: (isUp) => reached.push(isUp) });
    database.outcomeOf = () => 'away';
    tell('CA1', rang());
    await pass(30);
    const attemptsMs = [0];
    for (let ms = 100; ms <= 9100; ms += 100) {
      const before = database.statements.length;
      await pass(100);
      if (database.statements.length > before) attemptsMs.push(ms);
      if (ms === 1000) tell('CA1', callerTurn(0, 'hello?'));
    }
    database.outcomeOf = () => 'done';
    await pass(2000);
    await pass(30);

    expect(attemptsMs.map((ms, index) => ms - (attemptsMs[index - 1] ?? 0))).toEqual([
      0, 100, 200, 400, 800, 1600, 2000, 2000, 2000,
    ]);
    expect(reached).toEqual([...Array(9).fill(false), true, true]);
    expect(lines).toEqual([]);
    expect(writer.pendingRows).toBe(0);
  });

  it('has not written twice what it had kept without being able to say so', async () => {
    const outcomes: ('answer lost' | 'done')[] = ['answer lost', 'answer lost'];
    database.outcomeOf = () => outcomes.shift() ?? 'done';
    tell('CA1', rang());
    tell('CA1', callerTurn(0, 'one'));
    await pass(30);
    await pass(100);
    await pass(200);
    tell('CA1', ENDED);
    await pass(30);

    expect(database.statements.map(({ batchNumber }) => batchNumber)).toEqual([1, 1, 1, 2]);
    expect(kinds(database.kept.events)).toEqual(['CA1 rang', 'CA1 turnChanged', 'CA1 ended']);
  });

  it('begins its pauses anew after each outage', async () => {
    for (let outage = 0; outage < 2; outage++) {
      database.outcomeOf = () => 'away';
      tell('CA1', callerTurn(outage, 'x'));
      await pass(30);
      await pass(100);
      await pass(200);
      database.outcomeOf = () => 'done';
      await pass(400);
    }

    expect(database.statements.map(({ outcome }) => outcome)).toEqual([
      ...['away', 'away', 'away', 'done'],
      ...['away', 'away', 'away', 'done'],
    ]);
  });
});

describe('a call that the database refuses', () => {
  const refuses = (...sids: string[]) => {
    database.outcomeOf = ({ rows }) => (rows.some(({ call_sid }) => sids.includes(call_sid)) ? 'refused' : 'done');
  };

  it('costs no other call anything, and those stay in order', async () => {
    refuses('CA3', 'CA6');
    const sids = Array.from({ length: 9 }, (_, index) => `CA${index}`);
    for (const callSid of sids) tell(callSid, rang());
    for (const callSid of [...sids].reverse()) tell(callSid, callerTurn(0, callSid));
    await pass(30);

    const kept = sids.filter((callSid) => callSid !== 'CA3' && callSid !== 'CA6');
    expect([...database.kept.rows.keys()].sort()).toEqual(kept);
    for (const callSid of kept) {
      expect(database.kept.events.filter((event) => event.callSid === callSid).map(textOf)).toEqual(['rang', callSid]);
    }
    expect(writer.pendingRows).toBe(0);
  });

  it('is told to the operator, without what was said in it', async () => {
    refuses('CA1');
    tell('CA1', callerTurn(0, 'my secret'));
    await pass(30);

    expect(lines).toMatchObject([{ callSid: 'CA1', code: 'INTERNAL', reason: '22P02', rows: 3 }]);
    expect(JSON.stringify(lines)).not.toContain('secret');
  });

  it('is tried again with what comes next of it', async () => {
    refuses('CA1');
    tell('CA1', rang());
    await pass(30);
    database.outcomeOf = () => 'done';
    tell('CA1', ENDED);
    await pass(30);

    expect(database.kept.rows.get('CA1')?.state).toBe('ended');
    expect(kinds(database.kept.events)).toEqual(['CA1 ended']);
  });

  it('is found also when the database goes away in between', async () => {
    let statement = 0;
    database.outcomeOf = ({ rows }) => {
      if (++statement % 2 === 0) return 'away';
      return rows.some(({ call_sid }) => call_sid === 'CA2') ? 'refused' : 'done';
    };
    for (let call = 0; call < 8; call++) tell(`CA${call}`, rang());
    await pass(30);
    for (let attempt = 0; attempt < 30; attempt++) await pass(2000);

    expect([...database.kept.rows.keys()].sort()).toEqual(['CA0', 'CA1', 'CA3', 'CA4', 'CA5', 'CA6', 'CA7']);
    expect(database.kept.events).toHaveLength(7);
  });
});

describe('events beyond what is held for a database that is away', () => {
  const LIMIT = 2000;
  const words = () => database.kept.events.map(textOf);
  const talk = (from: number, to: number) => {
    for (let index = from; index < to; index++) tell('CA1', callerTurn(0, `${index}`));
  };
  const numbers = (from: number, to: number) => Array.from({ length: to - from }, (_, index) => `${from + index}`);

  beforeEach(() => {
    open({ maxPendingEvents: LIMIT });
    database.outcomeOf = () => 'away';
  });

  it('are given up, the oldest first, and no row of a call with them', async () => {
    tell('CA0', rang());
    talk(0, 500);
    await pass(30);
    talk(500, LIMIT + 300);
    const dropped = writer.givenUp.events;
    database.outcomeOf = () => 'done';
    await pass(2000);
    await pass(30);

    expect(dropped).toBe(301);
    expect(words()).toEqual(numbers(300, LIMIT + 300));
    expect([...database.kept.rows.keys()].sort()).toEqual(['CA0', 'CA1']);
    expect(database.kept.turns.get('CA1 0')?.text).toBe(`${LIMIT + 299}`);
    expect(writer.givenUp).toEqual({ events: 301, words: 0, calls: 0 });
    expect(lines).toMatchObject([{ level: 50, code: 'STORE_UNAVAILABLE', maxPendingEvents: LIMIT }]);
  });

  it('are the oldest also when it comes back and takes long to write what was held', async () => {
    talk(0, LIMIT);
    await pass(30);
    const go = database.hold();
    database.outcomeOf = () => 'done';
    await pass(2000);
    // The batch is under way: whatever it holds will be kept.
    talk(LIMIT, LIMIT + 1500);
    go();
    await settled();
    await pass(30);
    await settled();

    expect(words()).toEqual(numbers(0, LIMIT + 1500));
    expect(writer.givenUp.events).toBe(0);
  });

  it('are the oldest also when it fails again while it writes what was held', async () => {
    talk(0, LIMIT);
    await pass(30);
    const go = database.hold();
    await pass(2000);
    talk(LIMIT, LIMIT + 1500);
    go();
    await settled();
    const dropped = writer.givenUp.events;
    database.outcomeOf = () => 'done';
    await pass(2000);
    await pass(30);

    expect(dropped).toBe(1500);
    expect(words()).toEqual(numbers(1500, LIMIT + 1500));
  });

  it('are the oldest also when what was held is split because of a call that is refused', async () => {
    for (let index = 0; index < LIMIT; index++) tell(`CA${index % 2}`, callerTurn(0, `${index}`));
    await pass(30);
    let go: (() => void) | undefined;
    database.outcomeOf = ({ rows }) => {
      if (rows.some(({ call_sid }) => call_sid === 'CA1')) return 'refused';
      // Something is said while the first half is being written, and the other one waits.
      go ??= database.hold();
      return 'done';
    };
    await pass(2000);
    tell('CA0', callerTurn(0, 'newest'));
    go!();
    await settled();
    database.outcomeOf = () => 'done';
    await pass(30);

    expect(words().at(-1)).toBe('newest');
  });
});

describe('a database that is away for hours', () => {
  const outlives = (callSid: string, ...texts: string[]) => {
    tell(callSid, rang());
    texts.forEach((text, index) => {
      tell(callSid, callerTurn(index, text));
    });
    tell(callSid, ENDED);
  };
  const comesBack = async () => {
    database.outcomeOf = () => 'done';
    await pass(2000);
    await pass(30);
  };
  const turnsOf = (callSid: string) => [...database.kept.turns.keys()].filter((key) => key.startsWith(`${callSid} `));

  it('costs the words of the calls that ended first, and their rows say how many there were', async () => {
    open({ maxPendingEvents: 0, maxPendingRows: 9 });
    tell('CAbefore', rang());
    await pass(30);
    database.outcomeOf = () => 'away';
    tell('CAlive', callerTurn(0, 'still here'));
    for (const callSid of ['CA1', 'CA2', 'CA3']) outlives(callSid, 'one', 'two');
    tell('CAbefore', ENDED);
    const { pendingRows } = writer;
    await comesBack();

    // Five rows of calls; one turn of the live one, two of the last one and one that is over the limit no more.
    expect(pendingRows).toBeLessThanOrEqual(9);
    expect(['CA1', 'CA2', 'CA3', 'CAlive'].map((callSid) => turnsOf(callSid).length)).toEqual([0, 0, 2, 1]);
    expect(database.kept.rows.get('CA1')).toMatchObject({ state: 'ended', turn_count: 2 });
    expect(database.kept.rows.get('CAbefore')).toMatchObject({ state: 'ended' });
    expect(writer.givenUp).toMatchObject({ words: 4, calls: 0 });
    expect(lines.at(-1)).toMatchObject({ level: 50, code: 'STORE_UNAVAILABLE', maxPendingRows: 9 });
  });

  it('costs whole calls at last, but none that is live or half on record', async () => {
    open({ maxPendingCalls: 4 });
    tell('CAbefore', rang());
    await pass(30);
    database.outcomeOf = () => 'away';
    tell('CAlive', rang());
    for (const callSid of ['CA1', 'CA2', 'CA3', 'CA4']) outlives(callSid, 'one');
    tell('CAbefore', ENDED);
    await comesBack();

    expect([...database.kept.rows.keys()].sort()).toEqual(['CA3', 'CA4', 'CAbefore', 'CAlive']);
    expect(database.kept.rows.get('CAbefore')).toMatchObject({ state: 'ended' });
    expect(kinds(database.kept.events).filter((each) => /CA[12] /.test(each))).toEqual([]);
    expect(writer.givenUp).toEqual({ events: 0, words: 0, calls: 2 });
    expect(writer.pendingRows).toBe(0);
  });
});

describe('a database that comes back without its newest rows', () => {
  beforeEach(() => {
    open({ known: () => records.values(), webhookFor: () => 'https://hooks.example.com' });
  });

  it('gets all of the calls that are in memory once more, with their words and webhooks', async () => {
    tell('CAlive', rang());
    tell('CAlive', callerTurn(0, 'one'));
    tell('CAended', rang());
    tell('CAended', ENDED);
    await pass(30);
    const lost = database.kept;
    database.kept = { ...lost, lastBatch: 0, rows: new Map(), turns: new Map(), jobs: new Map() };
    tell('CAlive', callerTurn(1, 'two'));
    await pass(30);
    await pass(30);

    expect([...database.kept.rows.keys()].sort()).toEqual(['CAended', 'CAlive']);
    expect([...database.kept.turns.keys()].sort()).toEqual(['CAlive 0', 'CAlive 1']);
    expect(database.kept.jobs.size).toBe(1);
    expect(lines).toMatchObject([{ level: 50, code: 'STORE_UNAVAILABLE', calls: 2 }]);
    expect(clock.pendingTimers).toBe(0);
  });

  it('does not get calls that ended more than an hour ago: they may have been deleted since', async () => {
    tell('CAold', rang());
    tell('CAold', ENDED);
    await pass(30);
    clock.advance(3_600_001);
    database.kept = { ...database.kept, lastBatch: 0, rows: new Map() };
    tell('CAnew', rang());
    await pass(30);
    await pass(30);

    expect([...database.kept.rows.keys()]).toEqual(['CAnew']);
  });
});

describe('the wait for what was taken so far', () => {
  const outcomeOf = (promise: Promise<unknown>) => {
    const seen: { outcome?: string } = {};
    promise.then(
      () => Object.assign(seen, { outcome: 'kept' }),
      (error: { code: string }) => Object.assign(seen, { outcome: error.code }),
    );
    return seen;
  };

  it('is over at once when there is nothing', async () => {
    await writer.flush(0);

    expect(database.statements).toEqual([]);
    expect(clock.pendingTimers).toBe(0);
  });

  it('does not wait for company', async () => {
    tell('CA1', rang());
    await writer.flush(1000);

    expect(kinds(database.kept.events)).toEqual(['CA1 rang']);
    expect(clock.pendingTimers).toBe(0);
  });

  it('is for what was taken before it, also while something else is being written', async () => {
    const go = database.hold();
    tell('CA1', rang());
    const first = outcomeOf(writer.flush(1000));
    tell('CA1', callerTurn(0, 'one'));
    const second = outcomeOf(writer.flush(1000));
    tell('CA1', callerTurn(1, 'two'));
    await settled();
    const before = [first.outcome, second.outcome];
    go();
    await settled();

    expect(before).toEqual([undefined, undefined]);
    expect([first.outcome, second.outcome]).toEqual(['kept', 'kept']);
    expect(database.statements.map(({ events }) => events.length)).toEqual([1, 2]);
  });

  it('asks a database that is away at once, and ends with its limit', async () => {
    database.outcomeOf = () => 'away';
    tell('CA1', rang());
    await pass(30);
    await pass(700);
    const before = database.statements.length;
    const flushed = outcomeOf(writer.flush(500));
    await settled();
    const asked = database.statements.length - before;
    await pass(499);
    const early = flushed.outcome;
    await pass(1);
    database.outcomeOf = () => 'done';
    await pass(2000);

    expect([asked, early, flushed.outcome]).toEqual([1, undefined, 'STORE_UNAVAILABLE']);
    expect(kinds(database.kept.events)).toEqual(['CA1 rang']);
  });

  it('is over also when what was taken cannot be kept', async () => {
    database.outcomeOf = () => 'refused';
    tell('CA1', rang());
    await writer.flush(1000);

    expect(writer.pendingRows).toBe(0);
  });
});

describe('the end of writing', () => {
  it('writes what is left, and takes no more', async () => {
    tell('CA1', rang());
    await writer.close(1000);
    tell('CA2', rang());
    await pass(60_000);

    expect(kinds(database.kept.events)).toEqual(['CA1 rang']);
    expect(writer.pendingRows).toBe(0);
    expect(clock.pendingTimers).toBe(0);
  });

  it('does not wait beyond its limit for a database that is away, and says what is lost', async () => {
    database.outcomeOf = () => 'away';
    tell('CA1', rang());
    const closed = writer.close(5000);
    for (let ms = 0; ms < 5000; ms += 100) await pass(100);
    await closed;
    await settled();
    const before = database.statements.length;
    await pass(60_000);

    expect(lines.at(-1)).toMatchObject({ code: 'STORE_UNAVAILABLE', rows: 2 });
    expect(database.statements).toHaveLength(before);
    expect(clock.pendingTimers).toBe(0);
  });

  it('may come twice, also at once', async () => {
    tell('CA1', rang());
    await Promise.all([writer.close(1000), writer.close(1000)]);
    await writer.close(1000);

    expect(database.statements).toHaveLength(1);
  });
});

describe('whatever the database does', () => {
  const step = fc.record({
    call: fc.nat(4),
    fact: fc.constantFrom<'turn' | 'end' | 'many'>('turn', 'turn', 'turn', 'end', 'many'),
    passMs: fc.constantFrom(0, 10, 30, 100, 400, 2000),
    isFlushed: fc.boolean(),
  });
  const outcomes = fc.array(fc.constantFrom<Outcome>('done', 'done', 'away', 'answer lost'), { maxLength: 60 });

  it('every event of every call that it takes is kept once and in order, with the last words of each', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), outcomes, outcomes, fc.nat(5), async (...given) => {
        const [steps, statementOutcomes, commitOutcomes, refused] = given;
        clock = new FakeClock();
        database = new ScriptedDatabase();
        const refusedSid = `CA${refused}`;
        database.outcomeOf = ({ rows }) => {
          const outcome = statementOutcomes.shift() ?? 'done';
          return outcome !== 'away' && rows.some(({ call_sid }) => call_sid === refusedSid) ? 'refused' : outcome;
        };
        database.commitOutcome = () => commitOutcomes.shift() ?? 'done';
        open();
        const told: CallEvent[] = [];
        const say = (callSid: string, fact: CallFact) => {
          told.push({ callSid, atMs: 0, ...fact } as CallEvent);
          tell(callSid, fact);
        };
        for (const { call, fact, passMs, isFlushed } of steps) {
          if (fact === 'end') say(`CA${call}`, ENDED);
          else {
            const count = fact === 'many' ? 600 : 1;
            for (let index = 0; index < count; index++) say(`CA${call}`, callerTurn(index % 3, `${told.length}`));
          }
          if (isFlushed) writer.flush(1).catch(() => undefined);
          if (passMs > 0) await pass(passMs);
        }
        while (writer.pendingRows > 0) await pass(2000);
        await writer.close(0);

        const expected = told.filter(({ callSid }) => callSid !== refusedSid);
        for (let call = 0; call < 5; call++) {
          const ofCall = (event: CallEvent) => event.callSid === `CA${call}`;
          expect(database.kept.events.filter(ofCall)).toEqual(expected.filter(ofCall));
          const record = records.peek(`CA${call}`);
          if (!record || `CA${call}` === refusedSid) continue;
          expect(database.kept.rows.get(`CA${call}`)).toMatchObject({ state: record.state });
          for (const [index, turn] of record.turns.entries()) {
            if (turn) expect(database.kept.turns.get(`CA${call} ${index}`)).toEqual(turn);
          }
        }
        // Without a refusal nothing is split, and the order holds across calls.
        if (refused === 5) expect(database.kept.events).toEqual(expected);
        expect(writer.givenUp.events).toBe(0);
        expect(clock.pendingTimers).toBe(0);
      }),
      { numRuns: 40 },
    );
  });
});
