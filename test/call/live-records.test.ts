import { expect, it } from 'vitest';
import { type CallEvent, type CallFact, emptyRecord } from '../../src/call/events.js';
import { LiveRecords } from '../../src/call/live-records.js';
import type { CallRecord } from '../../src/call/record.js';

const RANG: CallFact = {
  kind: 'rang',
  ...{ direction: 'inbound', from: '+14155550100', to: '+14155550199' },
  ...{ agentId: 'a', agentVersion: 1, variables: {}, test: false },
};

it('what is told of a call that did not begin here makes no record of it, which would overwrite that of another instance', () => {
  const told: string[] = [];
  const records = new LiveRecords((event) => told.push(event.kind));

  records.listener({ callSid: 'CA1', atMs: 0, kind: 'carrierReported', status: 'ringing' }, 0);
  expect(records.peek('CA1')).toBeUndefined();

  records.listener({ callSid: 'CA1', atMs: 0, ...RANG }, 0);
  records.forget('CA1');
  records.listener({ callSid: 'CA1', atMs: 0, kind: 'ended', endReason: 'failed' }, 0);
  expect(records.peek('CA1')).toBeUndefined();

  records.adopt(emptyRecord('CA1', new Date(0).toISOString()));
  const { direction, from, to, agentId, agentVersion, state } = emptyRecord('CA1', '');
  records.listener({ callSid: 'CA1', atMs: 0, kind: 'takenUp', direction, from, to, agentId, agentVersion, state }, 0);
  expect(told).toEqual(['rang', 'takenUp']);
});

const ENDED: CallFact = { kind: 'ended', endReason: 'caller-hung-up' };
const turn = (index: number, text: string, startMs: number): CallFact => ({
  ...{ kind: 'turnChanged', index },
  turn: { role: 'caller', text, startMs, endMs: startMs + 500 },
});
const stream = (closed: string | null, closedMs: number | null): CallFact => ({
  ...{ kind: 'streamChanged', index: 0 },
  stream: { modelId: 'm', region: 'r', openedMs: 0, closedMs, closed },
});

/** Records that are told facts of a call at times of the day, and what becomes known of it. */
function toldRecords() {
  const told: CallEvent[] = [];
  const records = new LiveRecords((event) => told.push(event));
  const tell = (wallTimeMs: number, fact: CallFact, atMs = 0) =>
    records.listener({ callSid: 'CA1', atMs, ...fact } as CallEvent, wallTimeMs);
  return { told, records, tell };
}

/** What an instance has left on record that died. */
function leftBehind(): CallRecord {
  const { records, tell } = toldRecords();
  tell(10_000, RANG);
  tell(11_000, { kind: 'answered' });
  tell(11_000, stream(null, null));
  tell(14_000, turn(0, 'I need my order', 1000));
  return records.peek('CA1')!;
}

it('a call that goes on while nobody can say what is on record of it is told to nobody until it is known, and then as one call', () => {
  const { told, records, tell } = toldRecords();
  const left = leftBehind();
  records.hold('CA1');
  tell(60_000, RANG);
  tell(61_000, { kind: 'answered' });
  tell(61_000, stream(null, null));
  tell(63_000, turn(0, 'are you there?', 1500));

  expect(told).toEqual([]);
  expect([...records.values()]).toEqual([]);
  records.join('CA1', left);
  tell(65_000, turn(1, 'thank you', 3000));
  tell(66_000, stream('ended', 5000));
  tell(66_000, ENDED, 5000);

  expect(told.map(({ kind }) => kind).slice(0, 3)).toEqual(['takenUp', 'streamChanged', 'answered']);
  expect(records.peek('CA1')).toMatchObject({
    ...{ state: 'ended', startedAt: left.startedAt, mediaStartedAt: left.mediaStartedAt, durationMs: 55_000 },
    turns: [
      { text: 'I need my order', startMs: 1000 },
      { text: 'are you there?', startMs: 51_500, endMs: 52_000 },
      { text: 'thank you', startMs: 53_000 },
    ],
    streams: [
      { closed: 'instance-lost', closedMs: 1500 },
      { closed: 'ended', openedMs: 50_000, closedMs: 55_000 },
    ],
  });
});

it('what was being said when an instance was lost ends where it was heard last, also for one that had to go on without knowing it', () => {
  const { records, tell } = toldRecords();
  const spoken = { text: 'We open at nine.', sentText: 'We open at', heardText: 'We open', startMs: 1000, endMs: 1800 };
  const agent = { role: 'agent', ...spoken, interrupted: false, heardMs: 0 } as const;
  const left: CallRecord = { ...leftBehind(), turns: [agent] };
  records.hold('CA1');
  tell(60_000, RANG);
  tell(61_000, { kind: 'answered' });

  records.join('CA1', left);

  expect(records.peek('CA1')!.turns).toEqual([{ ...agent, interrupted: true, heardMs: 800 }]);
});

it('a call of which nothing is on record is told as it was, with the times that it began with', () => {
  const { told, records, tell } = toldRecords();
  const begin = {
    ...emptyRecord('CA1', new Date(10_000).toISOString()),
    mediaStartedAt: new Date(10_000).toISOString(),
  };
  records.hold('CA1', { begin, happened: [] });
  tell(60_000, RANG);
  tell(61_000, { kind: 'answered' }, 51_000);
  tell(63_000, turn(0, 'are you there?', 52_000));
  const before = records.peek('CA1');

  records.join('CA1', undefined);
  tell(66_000, ENDED, 56_000);

  expect(told.map(({ kind }) => kind)).toEqual(['rang', 'answered', 'turnChanged', 'ended']);
  expect(records.peek('CA1')).toMatchObject({
    ...before,
    state: 'ended',
    endReason: 'caller-hung-up',
    endedAt: expect.any(String),
    durationMs: 56_000,
  });
});

it('a new media stream of a joined call counts from what is on record', () => {
  const { records, tell } = toldRecords();
  records.hold('CA1');
  tell(60_000, RANG);
  tell(61_000, { kind: 'answered' });
  tell(63_000, turn(0, 'are you there?', 1500));
  records.join('CA1', leftBehind());

  tell(70_000, { kind: 'answered' }, 59_000);
  tell(72_000, turn(2, 'thank you', 60_000));

  expect(records.peek('CA1')?.turns).toMatchObject([{}, { startMs: 51_500 }, { text: 'thank you', startMs: 60_000 }]);
});

it('a call that was forgotten is not joined with anything', () => {
  const { told, records, tell } = toldRecords();
  records.hold('CA1');
  tell(60_000, RANG);

  records.forget('CA1');
  records.join('CA1', leftBehind());

  expect(told).toEqual([]);
  expect(records.peek('CA1')).toBeUndefined();
});
