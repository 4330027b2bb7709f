import { expect, it } from 'vitest';
import { type CallFact, emptyRecord } from '../../src/call/events.js';
import { LiveRecords } from '../../src/call/live-records.js';

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
