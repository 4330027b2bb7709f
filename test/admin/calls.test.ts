import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { BridgeError } from '../../src/errors.js';
import { freePort } from '../free-port.js';
import { type OpenedStore, rang } from '../store/opened-store.js';
import { ADMIN_TOKEN, type Api, PUBLIC_URL, startApi } from './rig.js';

let api: Api;
beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api.close());

async function call(callSid: string, opened: OpenedStore = api.opened) {
  opened.tell(callSid, rang());
  opened.tell(callSid, { kind: 'answered' });
  await opened.store.flush(5000);
  return callSid;
}

describe('calls', () => {
  it('of this instance are shown as they are at this moment, also before they are kept', async () => {
    api.opened.tell('CAnow', rang());

    expect((await api.api('GET', '/api/calls/CAnow')).body).toMatchObject({ state: 'ringing', turns: [], cost: null });
  });

  it('that are over are listed without their turns, and shown with them', async () => {
    await call('CAover');
    const turn = { role: 'caller', text: 'Hello', startMs: 0, endMs: 500 } as const;
    api.opened.tell('CAover', { kind: 'turnChanged', index: 0, turn });
    api.opened.tell('CAover', { kind: 'ended', endReason: 'caller-hung-up' }, 1000);
    await api.store.flush(5000);

    const listed = await api.api('GET', '/api/calls?state=ended');
    const shown = await api.api('GET', '/api/calls/CAover');

    expect(listed.body.items).toMatchObject([{ callSid: 'CAover', turnCount: 1, toolCallCount: 0, durationMs: 1000 }]);
    expect(listed.body.items[0]).not.toHaveProperty('turns');
    expect(shown.body.turns).toEqual([turn]);
  });

  it('are listed by the version of an agent, and with test calls, without them, or those alone', async () => {
    const agentId = 'agent_listed';
    api.opened.tell('CAfirst', rang({ agentId }));
    api.opened.tell('CAsecond', rang({ agentId, agentVersion: 2 }));
    api.opened.tell('CAtest', rang({ agentId, agentVersion: 2, test: true }));
    await api.store.flush(5000);
    const listed = async (query: string) => {
      const { status, body } = await api.api('GET', `/api/calls?agentId=${agentId}${query}`);
      return status === 200 ? body.items.map((item: { callSid: string }) => item.callSid).sort() : body.errors;
    };

    expect(await listed('')).toEqual(['CAfirst', 'CAsecond', 'CAtest']);
    expect(await listed('&version=2')).toEqual(['CAsecond', 'CAtest']);
    expect(await listed('&tests=included')).toEqual(['CAfirst', 'CAsecond', 'CAtest']);
    expect(await listed('&tests=excluded')).toEqual(['CAfirst', 'CAsecond']);
    expect(await listed('&version=2&tests=only')).toEqual(['CAtest']);
    expect(await listed('&tests=all')).toMatchObject([{ field: 'tests' }]);
    const alone = await api.api('GET', '/api/calls?version=2');
    expect([alone.status, alone.body.errors?.[0].field]).toEqual([400, 'version']);
  });

  it('of a person are deleted, but not while one goes on', async () => {
    const from = '+14155550177';
    api.opened.tell('CAperson', rang({ from }));
    await api.store.flush(5000);
    const refused = await api.api('DELETE', `/api/callers/${from}`);
    api.opened.tell('CAperson', { kind: 'ended', endReason: 'failed' });
    await api.store.flush(5000);
    const deleted = await api.api('DELETE', `/api/callers/${from}`);

    expect([refused.status, refused.body.code]).toEqual([409, 'CONFLICT']);
    expect(refused.body.detail).toContain('CAperson');
    expect([deleted.status, deleted.body.calls]).toEqual([200, 1]);
    expect((await api.api('GET', '/api/calls/CAperson')).status).toBe(404);
    expect((await api.api('GET', '/api/audit?action=caller.deleted')).text).not.toContain(from);
    expect((await api.api('DELETE', `/api/callers/${from}`)).body.calls).toBe(0);
  });

  it('of a person with a number that no plan knows are deleted as well', async () => {
    api.opened.tell('CAodd', rang({ from: '+99912345' }));
    api.opened.tell('CAodd', { kind: 'ended', endReason: 'failed' });
    await api.store.flush(5000);

    expect((await api.api('DELETE', '/api/callers/+99912345')).body.calls).toBe(1);
  });

  it.each(['sip:ann@example.com', 'client:ann'])(
    'of a person without a number, %s, are deleted as well',
    async (from) => {
      api.opened.tell('CAsip', rang({ from }));
      api.opened.tell('CAsip', { kind: 'ended', endReason: 'failed' });
      await api.store.flush(5000);

      expect((await api.api('DELETE', `/api/callers/${encodeURIComponent(from)}`)).body.calls).toBe(1);
    },
  );

  it.each(['anonymous', 'sip:', 'test', '4155550100'])('are not deleted for %s, which is no person', async (name) => {
    expect((await api.api('DELETE', `/api/callers/${name}`)).status).toBe(400);
  });

  it('of a person are deleted with what memories keep of them, which the answer and the trail tell', async () => {
    const from = '+14155550179';
    const asked: string[] = [];
    const memories = [
      { memoryId: 'Calls-Ab12Cd34Ef', events: 4, records: 2, failure: null },
      { memoryId: 'Others-Ab12Cd34Ef', events: 0, records: 0, failure: 'the memory of the agent is away' },
    ];
    const second = await startApi({
      opened: api.opened,
      more: {
        async forgetMemories(person) {
          asked.push(person);
          return memories;
        },
      },
    });
    onTestFinished(() => second.close());
    api.opened.tell('CAmemory', rang({ from }));
    await api.store.flush(5000);
    const refused = await second.api('DELETE', `/api/callers/${from}`);
    api.opened.tell('CAmemory', { kind: 'ended', endReason: 'failed' });
    await api.store.flush(5000);

    expect([refused.status, asked]).toEqual([409, []]);
    expect((await second.api('DELETE', `/api/callers/${from}`)).body).toEqual({ calls: 1, recordings: 0, memories });
    expect(asked).toEqual([from]);
    const { body } = await second.api('GET', '/api/audit?action=caller.deleted&limit=1');
    expect(body.items[0].before).toEqual({ calls: 1, memories });
  });

  it('of a person are deleted with their recordings, and the answer counts both', async () => {
    const from = '+14155550178';
    for (const callSid of ['CAloud1', 'CAloud2', 'CAsilent']) {
      api.opened.tell(callSid, rang({ from }));
      api.opened.tell(callSid, { kind: 'ended', endReason: 'failed' });
      if (callSid !== 'CAsilent') api.sounds.set(callSid, Buffer.from('RIFF'));
    }
    await api.store.flush(5000);

    expect((await api.api('DELETE', `/api/callers/${from}`)).body).toEqual({ calls: 3, recordings: 2, memories: [] });
    expect((await api.api('GET', '/api/calls/CAloud1/audio.wav')).status).toBe(404);
    expect((await api.api('DELETE', `/api/callers/${from}`)).body).toEqual({ calls: 0, recordings: 0, memories: [] });
  });
});

describe('a recording', () => {
  const sound = Buffer.from('RIFF0123456789');
  const get = (range?: string) =>
    api.api('GET', '/api/calls/CAsound/audio.wav', { headers: { accept: 'audio/*', ...(range && { range }) } });

  beforeAll(async () => {
    await call('CAsound');
    await call('CAsilent');
    api.sounds.set('CAsound', sound);
  });

  it('is sent whole, or the range that was asked for', async () => {
    const whole = await get();
    const part = await get('bytes=4-7');
    const rest = await get('bytes=10-');

    expect([whole.status, whole.text, whole.headers['content-type']]).toEqual([200, sound.toString(), 'audio/wav']);
    expect(whole.headers).toMatchObject({ 'accept-ranges': 'bytes', 'content-length': '14' });
    expect([part.status, part.text, part.headers['content-range']]).toEqual([206, '0123', 'bytes 4-7/14']);
    expect(part.headers['content-length']).toBe('4');
    expect([rest.status, rest.text]).toEqual([206, '6789']);
  });

  it('has no range beyond its end', async () => {
    const { status, headers, body } = await get('bytes=14-');

    expect([status, headers['content-range'], body.status]).toEqual([416, 'bytes */14', 416]);
  });

  it('that is not there is a problem document', async () => {
    const answer = await api.api('GET', '/api/calls/CAsilent/audio.wav');

    expect([answer.status, answer.body.code]).toEqual([404, 'NOT_FOUND']);
  });
});

describe('a live call', () => {
  it('is ended and put through by those who may', async () => {
    await call('CAlive');
    api.orders.length = 0;
    const { token, id } = await api.tokenOf('operator');

    const ended = await api.api('POST', '/api/calls/CAlive/hangup', { token });
    const moved = await api.api('POST', '/api/calls/CAlive/transfer', { token, body: { to: '+14155550142' } });

    expect([ended.status, moved.status]).toEqual([204, 204]);
    expect(api.orders.map(({ what, given }) => [what, given[0]])).toEqual([
      ['hangUp', 'CAlive'],
      ['transfer', 'CAlive'],
    ]);
    expect(api.orders[0]!.given.at(-1)).toMatchObject({ id, role: 'operator' });
  });

  it.each([
    ['CALL_NOT_LIVE', 409],
    ['DIAL_NOT_ALLOWED', 422],
    ['CARRIER_UNREACHABLE', 502],
  ] as const)('that cannot be put through for %s is answered with %i', async (code, status) => {
    await call('CArefused');
    const before = api.control.transfer;
    api.control.transfer = async () => {
      throw new BridgeError(code, 'no', { field: 'to' });
    };
    const answer = await api.api('POST', '/api/calls/CArefused/transfer', { body: { to: '+14155550142' } });
    api.control.transfer = before;

    expect([answer.status, answer.body.code]).toEqual([status, code]);
  });

  it('that is over on another instance is not live here', async () => {
    const other = await api.opened.another();
    await call('CApast', other);
    other.tell('CApast', { kind: 'ended', endReason: 'failed' });
    await other.store.flush(5000);

    const answer = await api.api('POST', '/api/calls/CApast/hangup');

    expect([answer.status, answer.body.code]).toEqual([409, 'CALL_NOT_LIVE']);
  });
});

describe('a live call of another instance', () => {
  it('is reached through this one, once, by whoever may', async () => {
    // The other one must say where it is before it listens there: its address is found first.
    const port = await freePort();
    const otherStore = await api.opened.another({ instanceUrl: `http://127.0.0.1:${port}` });
    const other = await startApi({ opened: otherStore });
    await other.server.listen({ port, host: '127.0.0.1' });
    await call('CAelsewhere', otherStore);
    other.sounds.set('CAelsewhere', Buffer.from('RIFF'));
    const { token, id } = await api.tokenOf('operator');
    while (!otherStore.store.tokens.holderById(id, Date.now())) await new Promise((resolve) => setTimeout(resolve, 5));

    const moved = await api.api('POST', '/api/calls/CAelsewhere/transfer', { token, body: { to: '+14155550142' } });
    const ended = await api.api('POST', '/api/calls/CAelsewhere/hangup', { token });
    const session = await api.api('POST', '/api/sessions', { token: null, body: { token } });
    const byCookie = await api.api('POST', '/api/calls/CAelsewhere/hangup', {
      token: null,
      cookies: { oratio_session: session.cookies[0]!.value },
      headers: { origin: 'http://127.0.0.1:3000', host: '127.0.0.1:3000' },
    });
    const audio = await api.api('GET', '/api/calls/CAelsewhere/audio.wav');
    const twice = await api.api('POST', '/api/calls/CAelsewhere/hangup', { headers: { 'x-oratio-forwarded': '1' } });

    expect([moved.status, ended.status, byCookie.status]).toEqual([204, 204, 204]);
    expect(other.orders.map(({ what }) => what)).toEqual(['transfer', 'hangUp', 'hangUp']);
    expect(other.orders[0]!.given).toMatchObject(['CAelsewhere', { to: '+14155550142' }, { id }]);
    expect([audio.status, audio.text]).toEqual([200, 'RIFF']);
    expect([twice.status, twice.body.code]).toEqual([409, 'CALL_NOT_LIVE']);

    await other.close();
    const lost = await api.api('POST', '/api/calls/CAelsewhere/hangup', { token });
    expect([lost.status, lost.body.code]).toEqual([502, 'INSTANCE_UNREACHABLE']);
  });
});

describe('the store', () => {
  it('being away is said, and does not keep anyone from ending a call of this instance', async () => {
    const away = async (): Promise<never> => {
      throw new BridgeError('STORE_UNAVAILABLE', 'The database cannot be reached at the moment.');
    };
    const own = await startApi({
      opened: api.opened,
      more: { calls: { ...api.store.calls, find: away, list: away, carrierOf: away } },
    });
    await call('CAhere');

    const list = await own.api('GET', '/api/calls');
    const other = await own.api('POST', '/api/calls/CA404/hangup');
    const here = await own.api('POST', '/api/calls/CAhere/hangup');
    await own.server.close();

    expect([list.status, list.body.code, list.headers['retry-after']]).toEqual([503, 'STORE_UNAVAILABLE', '5']);
    expect([other.status, here.status]).toEqual([503, 204]);
    expect([ADMIN_TOKEN, PUBLIC_URL].some((secret) => list.text.includes(secret))).toBe(false);
  });
});
