import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FakeClock } from '../../src/clock.js';
import type { NumberSync, SyncChange } from '../../src/directory/number-sync.js';
import { BridgeError } from '../../src/errors.js';
import { rang } from '../store/opened-store.js';
import { type Api, startApi } from './rig.js';

/** What Twilio has for a number: what differs, and what has its calls before. */
interface Kept {
  changes: SyncChange[];
  overriddenBy?: { kind: 'trunk' | 'application'; sid: string };
}

const carrier = new Map<string, Kept>();
let trouble: BridgeError | undefined;

const numberSync: NumberSync = {
  async sync(number, { dryRun }) {
    if (trouble) throw trouble;
    const kept = carrier.get(number);
    if (!kept) throw new BridgeError('NOT_FOUND', `The Twilio account does not own ${number}.`, { number });
    const { changes, overriddenBy = null } = kept;
    const applied = changes.length > 0 && !dryRun;
    if (applied) carrier.set(number, { ...kept, changes: [] });
    return { number, carrierSid: 'PN1', applied, changes, overriddenBy };
  },
};

const clock = new FakeClock();
let api: Api;
let agentId: string;
beforeAll(async () => {
  api = await startApi({ more: { numberSync, clock } });
  agentId = (await api.agent()).id;
});
afterAll(() => api.close());

const change = (field: string): SyncChange => ({ field, before: null, after: 'https://bridge.example.com/x' });
const path = (number: string, end = '') => `/api/numbers/${encodeURIComponent(number)}${end}`;
const assign = (number: string) => api.api('PUT', path(number), { body: { agentId } });
const check = async (number: string) => (await api.api('POST', path(number, '/check'))).body;

/** As the list has it. */
async function listed(number: string, query = '?activity=included', from = api) {
  const { body } = await from.api('GET', `/api/numbers${query}`);
  return body.items.find((item: { number: string }) => item.number === number);
}

describe('the last call of a number', () => {
  const NUMBER = '+14155550130';
  const QUIET = '+14155550131';
  const ring = async (callSid: string, sides: { from?: string; to?: string }) => {
    api.opened.tell(callSid, rang(sides));
    await api.store.flush(5000);
    return (await api.api('GET', `/api/calls/${callSid}`)).body.startedAt as string;
  };

  it('is the newest from or to it, and nothing where there is none', async () => {
    await assign(NUMBER);
    await assign(QUIET);
    const none = await listed(NUMBER);
    await ring('CA1', { to: NUMBER });
    const newerAt = await ring('CA2', { to: NUMBER });
    await ring('CA3', { to: '+14155550139' });
    const called = await listed(NUMBER);
    const outAt = await ring('CA4', { from: NUMBER, to: '+14155550138' });

    expect(none).not.toHaveProperty('lastCallAt');
    expect(called).toMatchObject({ lastCallAt: newerAt, lastCallSid: 'CA2' });
    expect(await listed(NUMBER)).toMatchObject({ lastCallAt: outAt, lastCallSid: 'CA4' });
    expect(await listed(QUIET)).not.toHaveProperty('lastCallSid');
  });

  it('is told in every page of the list, also of one agent, and only to who asks', async () => {
    await assign(NUMBER);
    await assign(QUIET);
    const pages: string[] = [];
    let cursor = '';
    do {
      const { body } = await api.api(
        'GET',
        `/api/numbers?activity=included&limit=1&agentId=${agentId}${cursor && `&cursor=${cursor}`}`,
      );
      pages.push(...body.items.map(({ number, lastCallSid }: Record<string, string>) => `${number} ${lastCallSid}`));
      cursor = body.nextCursor ?? '';
    } while (cursor !== '');

    expect(pages).toEqual([`${NUMBER} CA4`, `${QUIET} undefined`]);
    expect(await listed(NUMBER, '')).not.toHaveProperty('lastCallSid');
    expect((await api.api('GET', path(NUMBER))).body).not.toHaveProperty('lastCallSid');
  });
});

describe('what Twilio has for a number', () => {
  const NUMBER = '+14155550132';

  it('is not known until somebody looks, and then with its time', async () => {
    await assign(NUMBER);
    carrier.set(NUMBER, { changes: [change('voiceUrl')] });
    const before = await listed(NUMBER);
    clock.advance(60_000);
    const found = await check(NUMBER);
    clock.advance(60_000);

    expect(before).not.toHaveProperty('carrier');
    expect(found).toEqual({
      state: 'differs',
      fields: ['voiceUrl'],
      checkedAt: new Date(clock.now() - 60_000).toISOString(),
    });
    expect((await listed(NUMBER)).carrier).toEqual(found);
    expect(await listed(NUMBER, '')).not.toHaveProperty('carrier');
    expect(carrier.get(NUMBER)!.changes).toHaveLength(1);
  });

  it('is learnt from a sync as well, and is in order after one that was applied', async () => {
    carrier.set(NUMBER, { changes: [change('statusCallback')] });
    await api.api('POST', path(NUMBER, '/sync'), { body: { dryRun: true } });
    const tried = (await listed(NUMBER)).carrier;
    await api.api('POST', path(NUMBER, '/sync'));

    expect(tried).toMatchObject({ state: 'differs', fields: ['statusCallback'] });
    expect((await listed(NUMBER)).carrier).toMatchObject({ state: 'in-order', fields: [] });
  });

  it('may be a trunk that has its calls, or nothing at all', async () => {
    carrier.set(NUMBER, { changes: [], overriddenBy: { kind: 'trunk', sid: 'TK1' } });
    const overridden = await check(NUMBER);
    carrier.delete(NUMBER);
    const absent = await api.api('POST', path(NUMBER, '/check'));
    const refused = await api.api('POST', path(NUMBER, '/sync'));

    expect(overridden).toMatchObject({ state: 'overridden' });
    expect([absent.status, absent.body]).toMatchObject([200, { state: 'not-owned' }]);
    expect(refused.status).toBe(404);
    expect((await listed(NUMBER)).carrier.state).toBe('not-owned');
  });

  it('stays as it was found while Twilio cannot be asked', async () => {
    carrier.set(NUMBER, { changes: [] });
    const found = await check(NUMBER);
    trouble = new BridgeError('CARRIER_UNREACHABLE', 'Twilio gives no answer.');
    clock.advance(1000);
    const failed = await api.api('POST', path(NUMBER, '/check'));
    trouble = undefined;

    expect(failed.status).toBe(502);
    expect((await listed(NUMBER)).carrier).toEqual(found);
  });

  it('is not asked about a number that nobody has assigned', async () => {
    expect((await api.api('POST', path('+14155550133', '/check'))).status).toBe(404);
  });

  it('is what each instance has found itself, at its time', async () => {
    carrier.set(NUMBER, { changes: [change('voiceUrl')] });
    const found = await check(NUMBER);
    const opened = await api.opened.another();
    const other = await startApi({ opened, more: { numberSync, clock } });
    const unknown = await listed(NUMBER, '?activity=included', other);
    carrier.set(NUMBER, { changes: [] });
    clock.advance(5000);
    const { body: later } = await other.api('POST', path(NUMBER, '/check'));

    expect(unknown).not.toHaveProperty('carrier');
    expect((await listed(NUMBER)).carrier).toEqual(found);
    expect((await listed(NUMBER, '?activity=included', other)).carrier).toEqual(later);
    expect(later.checkedAt > found.checkedAt).toBe(true);
    await other.close();
  });
});
