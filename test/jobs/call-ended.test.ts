import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { emptyRecord } from '../../src/call/events.js';
import type { CallRecord } from '../../src/call/record.js';
import { FakeClock } from '../../src/clock.js';
import { callEndedJob } from '../../src/jobs/call-ended.js';

const ENDED_AT = '2026-01-01T00:00:10.000Z';
const ended: CallRecord = {
  ...emptyRecord('CA1', '2026-01-01T00:00:00.000Z'),
  ...{ to: '+14155550100', state: 'ended', endReason: 'silence', endedAt: ENDED_AT },
};

let url: string;
let bodies: string[];
let answer: { status: number; location?: string } | undefined;
let close: () => Promise<unknown>;
let clock: FakeClock;
let arrived: () => void;

beforeEach(async () => {
  bodies = [];
  answer = { status: 204 };
  clock = new FakeClock();
  arrived = () => undefined;
  const server = createServer(async (request, response) => {
    bodies.push(await text(request));
    arrived();
    if (answer) response.writeHead(answer.status, answer.location ? { location: answer.location } : {}).end();
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/ended`;
  close = () => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  };
});
afterEach(() => close());

const run = (record: CallRecord | undefined, payload = { callSid: 'CA1', endedAt: ENDED_AT, url }) =>
  callEndedJob({
    findCall: async () => record,
    bodyOf: (each) => ({ ...each, cost: { currency: 'USD', amount: 0.5 } }),
    secretsKey: 'key',
    clock,
  }).run(payload, new AbortController().signal);

describe('the webhook of an ended call', () => {
  it('is sent what the API shows of the call, with its cost', async () => {
    await run(ended);

    expect(bodies.map((body) => JSON.parse(body))).toEqual([{ ...ended, cost: { currency: 'USD', amount: 0.5 } }]);
  });

  it.each<[string, CallRecord | undefined]>([
    ['came back to life', { ...ended, state: 'live', endedAt: null }],
    ['has ended again', { ...ended, endedAt: '2026-01-01T00:00:20.000Z' }],
    ['was deleted', undefined],
  ])('is not called for one that %s', async (_what, record) => {
    await run(record);

    expect(bodies).toEqual([]);
  });

  it.each([{ status: 302, location: '/elsewhere' }, { status: 404 }, { status: 503 }])(
    'is tried again after %j',
    async (given) => {
      answer = given;

      await expect(run(ended)).rejects.toMatchObject({
        code: 'WEBHOOK_FAILED',
        message: `The webhook answered ${given.status}.`,
      });
      expect(bodies).toHaveLength(1);
    },
  );

  it('is tried again when it does not answer in ten seconds', async () => {
    answer = undefined;
    const arrival = new Promise<void>((resolve) => {
      arrived = resolve;
    });
    const running = run(ended);
    running.catch(() => undefined);
    await arrival;
    clock.advance(10_000);

    await expect(running).rejects.toMatchObject({ code: 'WEBHOOK_FAILED' });
    expect(clock.pendingTimers).toBe(0);
  });
});
