import { expect, it } from 'vitest';
import type { PlacedCall } from '../../src/emulator/phone/contract.js';
import type { Phone } from '../../src/emulator/phone/phone.js';
import { outboundSchema } from '../../src/replay/fixture/outbound-schema.js';
import { servicesSchema } from '../../src/replay/fixture/services.js';
import { calleeOf, ownNumberOf } from '../../src/replay/outbound.js';
import { replay } from '../../src/replay/runner.js';
import { runningBridge } from '../../src/replay/running-bridge.js';
import { OutboundLines } from '../../src/replay/stack/outbound-lines.js';
import { webhookTarget } from '../../src/replay/stand-ins/webhook-target.js';
import { scriptExpecting } from './calls.js';

const outbound = (given: object) => outboundSchema.parse(given);

it.each([
  ['a person', {}, { status: 'answered', answeredBy: 'human', afterMs: 1000, detectionMs: 4000 }],
  [
    'a machine',
    { answer: 'machine', after: '2s', detectedAfter: '3s' },
    { answeredBy: 'machine_start', afterMs: 2000, detectionMs: 3000 },
  ],
  ['a busy line', { answer: 'busy' }, { status: 'busy', afterMs: 1000 }],
  ['nobody', { answer: 'no-answer' }, { status: 'no-answer', afterMs: Number.POSITIVE_INFINITY }],
])('an outbound call meets %s', (_who, given, met) => {
  expect(calleeOf(outbound(given))).toMatchObject(met);
});

it('what stands in an outbound call and means nothing is refused', () => {
  expect(outboundSchema.safeParse({ answer: 'nobody' }).success).toBe(false);
  expect(outboundSchema.safeParse({ onMachine: 'shout' }).success).toBe(false);
  expect(outboundSchema.safeParse({ ring: '1s' }).success).toBe(false);
});

it('the number of ours is the one that is called, or the one that the bridge calls from', () => {
  const { from, to } = scriptExpecting('{}');

  expect(ownNumberOf({ from, to, outbound: undefined })).toBe(to);
  expect(ownNumberOf({ from, to, outbound: outbound({}) })).toBe(from);
});

it('a call that the bridge places is not replayed where it would call a person', async () => {
  const call = { ...scriptExpecting('{}'), outbound: outbound({}) };
  const services = servicesSchema.parse({});
  const fixture = {
    name: 'call',
    dir: '',
    call,
    agent: undefined,
    model: undefined,
    services,
    recordings: new Map(),
    notes: [],
  };
  const nowhere = 'http://127.0.0.1:9';

  for (const target of [webhookTarget({ url: nowhere, authToken: null }), runningBridge(nowhere, 'token')]) {
    const { failures } = await replay(fixture, target);

    expect(failures).toMatchObject([{ field: 'call', message: expect.stringMatching(/would call a person/) }]);
  }
});

it('a call that the carrier is asked for gets the line that was made ready for its number, and any other none', async () => {
  const asked: unknown[] = [];
  const place = (options: unknown) => {
    asked.push(options);
    return { call: { callSid: 'CA1' } } as PlacedCall;
  };
  const lines = new OutboundLines();
  const phone = lines.on({ place } as Pick<Phone, 'place'> as Phone);
  const callee = () => ({ status: 'answered' }) as const;

  const placed = lines.expect({
    from: '+14155550101',
    to: '+14155550102',
    line: { seed: 7 },
    callee: { status: 'busy' },
  });
  phone.place({ from: '+14155550101', to: '+14155550103', callee });
  phone.place({ from: '+14155550101', to: '+14155550102', callee });
  phone.place({ from: '+14155550101', to: '+14155550102', callee });

  expect((await placed).call.callSid).toBe('CA1');
  expect(lines.numbers).toEqual(['+14155550101']);
  expect(asked.map((options) => (options as { seed?: number }).seed)).toEqual([undefined, 7, undefined]);
  expect((asked[1] as { callee: () => unknown }).callee()).toEqual({ status: 'busy' });
});
