import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { CallControl } from '../../src/call/control.js';
import { BridgeError } from '../../src/errors.js';
import { type Api, NUMBER, startApi } from './rig.js';

const ORDER = { to: '+14155550142', from: NUMBER, agentId: 'agent_1', variables: { order: '7' } };

let api: Api;
let place: CallControl['place'];
let normally: CallControl['place'];
beforeAll(async () => {
  api = await startApi();
  const { id } = await api.agent();
  await api.api('PUT', `/api/numbers/${NUMBER}`, { body: { agentId: id } });
  normally = api.control.place;
  api.control.place = (...given) => place(...given);
});
beforeEach(() => {
  place = normally;
  api.orders.length = 0;
});
afterAll(() => api.close());

const ask = (key?: string, body: unknown = ORDER, token?: string) =>
  api.api('POST', '/api/calls', { body, headers: { ...(key && { 'idempotency-key': key }) }, ...(token && { token }) });

describe('an outbound call', () => {
  it('is placed, and shown where it is found from then on', async () => {
    const { status, headers, body } = await ask();

    expect(status).toBe(201);
    expect(headers.location).toBe(`/api/calls/${body.callSid}`);
    expect(body).toMatchObject({ direction: 'outbound', to: ORDER.to, variables: { order: '7' }, cost: null });
    expect(api.orders[0]?.given[0]).toEqual({ ...ORDER, onMachine: undefined });
  });

  it('from a number that is not ours is refused beside whatever else is wrong, and nobody is called', async () => {
    const { status, body } = await ask('key-0', { ...ORDER, from: '+14155550177' });

    expect([status, body.code]).toEqual([400, 'REQUEST_INVALID']);
    expect(body.errors).toEqual([
      { field: 'agentId', message: 'There is no such agent.' },
      { field: 'from', message: 'is not one of our numbers' },
    ]);
    expect(api.orders).toEqual([]);
  });

  it('to a number of ours is refused beside whatever else is wrong', async () => {
    const { status, body } = await ask(undefined, { ...ORDER, to: NUMBER });

    expect([status, body.code]).toEqual([400, 'REQUEST_INVALID']);
    expect(body.errors).toEqual([
      { field: 'agentId', message: 'There is no such agent.' },
      { field: 'to', message: 'is one of our numbers: two agents would talk to each other' },
    ]);
    expect(api.orders).toEqual([]);
  });

  it('is placed once, however often it is asked for with one key', async () => {
    const first = await ask('key-1');
    const second = await ask('key-1');

    expect(second.status).toBe(201);
    expect(second.body).toEqual(first.body);
    expect(second.headers.location).toBe(first.headers.location);
    expect([first.headers['idempotent-replayed'], second.headers['idempotent-replayed']]).toEqual([undefined, 'true']);
    expect(api.orders).toHaveLength(1);
  });

  it('is not placed for a key that stood for another request', async () => {
    await ask('key-2');
    const other = await ask('key-2', { ...ORDER, to: '+14155550143' });

    expect(other.status).toBe(422);
    expect(other.body.errors).toMatchObject([{ field: 'Idempotency-Key' }]);
    expect(api.orders).toHaveLength(1);
  });

  it('is not placed twice at the same time', async () => {
    let finish = (): void => undefined;
    const wait = new Promise<void>((resolve) => {
      finish = resolve;
    });
    let begun = (): void => undefined;
    const beginning = new Promise<void>((resolve) => {
      begun = resolve;
    });
    place = async (...given) => {
      begun();
      await wait;
      return normally(...given);
    };
    const first = ask('key-3');
    await beginning;

    const second = await ask('key-3');
    finish();

    expect([second.status, second.body.code]).toEqual([409, 'CONFLICT']);
    expect((await first).status).toBe(201);
    expect(api.orders).toHaveLength(1);
  });

  it('has keys of its own for each token', async () => {
    const { token } = await api.tokenOf('operator');
    await ask('key-4');

    expect((await ask('key-4', ORDER, token)).headers['idempotent-replayed']).toBeUndefined();
    expect(api.orders).toHaveLength(2);
  });

  it.each([
    ['REQUEST_INVALID', { field: 'agentId' }, 400],
    ['DIAL_NOT_ALLOWED', { field: 'to' }, 422],
    ['NUMBER_LIMIT_REACHED', {}, 429],
    ['NO_CAPACITY', {}, 503],
    ['CARRIER_NOT_CONFIGURED', {}, 503],
    ['STORE_UNAVAILABLE', {}, 503],
    ['CARRIER_UNREACHABLE', { reason: 'ECONNREFUSED' }, 502],
    ['CARRIER_REFUSED', { status: 500, carrierCode: 20500 }, 502],
    ['CARRIER_REFUSED', { status: 400, carrierCode: 21211 }, 400],
  ] as const)(
    'refused with %s %j is answered with %3$i, and its key may be used again',
    async (code, details, status) => {
      const key = `key-${code}-${status}`;
      place = async () => {
        throw new BridgeError(code, 'no', details);
      };
      const refused = await ask(key);
      place = normally;
      const again = await ask(key);

      expect([refused.status, refused.body.code]).toEqual([status, code]);
      if (status === 422) expect(refused.body.errors).toMatchObject([{ field: 'to' }]);
      if (status === 400) expect(refused.body.errors).toHaveLength(1);
      expect(again.status).toBe(201);
      expect(again.headers['idempotent-replayed']).toBeUndefined();
    },
  );

  it('that the carrier may have placed without an answer is not placed again', async () => {
    place = async () => {
      throw new BridgeError('CARRIER_UNREACHABLE', 'no answer');
    };
    const first = await ask('key-5');
    place = normally;
    const second = await ask('key-5');

    expect([first.status, second.status]).toEqual([502, 502]);
    expect(second.headers['idempotent-replayed']).toBe('true');
    expect(second.headers['content-type']).toContain('application/problem+json');
    expect(api.orders).toHaveLength(0);
  });

  it('that failed in a way that nobody foresaw is not placed again: it may have been placed', async () => {
    place = async (...given) => {
      await normally(...given);
      throw new TypeError('no such property');
    };
    const first = await ask('key-6');
    place = normally;
    const second = await ask('key-6');

    expect([first.status, second.status, second.body.code]).toEqual([500, 500, 'INTERNAL']);
    expect(second.headers['idempotent-replayed']).toBe('true');
    expect(api.orders).toHaveLength(1);
  });

  it('whose instance died before it could answer is not placed again', async () => {
    const gone = await startApi({
      opened: api.opened,
      more: { idempotency: { ...api.store.idempotency, begin: async () => ({ state: 'unknown' }) } },
    });
    const { status, body } = await gone.api('POST', '/api/calls', { body: ORDER, headers: { 'idempotency-key': 'k' } });
    await gone.close();

    expect([status, body.code, gone.orders]).toEqual([409, 'CONFLICT', []]);
    expect(body.detail).toContain('new key');
  });

  it.each(['a key with spaces', 'x'.repeat(300)])('takes no such key: %s', async (key) => {
    const { status, body } = await ask(key);

    expect([status, body.errors[0].field.toLowerCase()]).toEqual([400, 'idempotency-key']);
    expect(api.orders).toHaveLength(0);
  });
});
