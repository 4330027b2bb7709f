import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePort } from '../free-port.js';
import { type OpenedStore, rang } from '../store/opened-store.js';
import { type Api, startApi } from './rig.js';

let api: Api;
beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api.close());

async function call(callSid: string, { isOver = true, opened = api.opened as OpenedStore } = {}): Promise<string> {
  opened.tell(callSid, rang());
  opened.tell(callSid, { kind: 'answered' });
  if (isOver) opened.tell(callSid, { kind: 'ended', endReason: 'caller-hung-up' }, 1000);
  await opened.store.flush(5000);
  return `/api/calls/${callSid}/fixture.zip`;
}

describe('the fixture of a call', () => {
  it('is an archive for testers, of the stream that was asked for and without what was named', async () => {
    const path = await call('CAkept');
    api.sounds.set('CAkept', Buffer.from('a box'));
    const { token } = await api.tokenOf('tester');

    const plain = await api.api('GET', path, { token });
    const asked = await api.api('GET', `${path}?stream=2&redact=Ann%20Baker&redact=4711`, { token });
    const one = await api.api('GET', `${path}?redact=Ann`, { token });

    expect(plain.status).toBe(200);
    expect(plain.headers).toMatchObject({
      'content-type': 'application/zip',
      'content-disposition': 'attachment; filename="CAkept.zip"',
    });
    expect(JSON.parse(plain.text)).toEqual({ callSid: 'CAkept', stream: 1, redact: [] });
    expect(JSON.parse(asked.text)).toEqual({ callSid: 'CAkept', stream: 2, redact: ['Ann Baker', '4711'] });
    expect(JSON.parse(one.text).redact).toEqual(['Ann']);
  });

  it('is not to be had by those who only look at calls or take care of them', async () => {
    const path = await call('CAkept');

    for (const role of ['viewer', 'operator'] as const) {
      const { token } = await api.tokenOf(role);
      expect((await api.api('GET', path, { token })).status).toBe(403);
    }
  });

  it('is not there of a call that nobody knows, or that was not recorded', async () => {
    const unrecorded = await call('CAbare');

    const answers = [await api.api('GET', '/api/calls/CA404/fixture.zip'), await api.api('GET', unrecorded)];

    expect(answers.map(({ status, body }) => [status, body.code])).toEqual([
      [404, 'NOT_FOUND'],
      [404, 'NOT_FOUND'],
    ]);
    expect(answers.map(({ body }) => body.detail)).toEqual([
      'There is no call CA404.',
      'There is no black box of the call CAbare here.',
    ]);
  });

  it('is not there while the call goes on', async () => {
    const answer = await api.api('GET', await call('CAlive', { isOver: false }));

    expect([answer.status, answer.body.code]).toEqual([409, 'CONFLICT']);
    expect(answer.body.detail).toContain('goes on');
  });

  it.each(['stream=0', 'stream=x', 'redact=', `redact=${'a'.repeat(201)}`, 'agent=orders'])(
    'is refused for what makes no sense: %s',
    async (query) => {
      expect((await api.api('GET', `${await call('CAkept')}?${query}`)).status).toBe(400);
    },
  );

  it('of a call that another instance carries is asked of that one', async () => {
    const port = await freePort();
    const otherStore = await api.opened.another({ instanceUrl: `http://127.0.0.1:${port}` });
    const other = await startApi({ opened: otherStore });
    await other.server.listen({ port, host: '127.0.0.1' });
    const path = await call('CAelsewhere', { isOver: false, opened: otherStore });

    const live = await api.api('GET', path);
    await other.close();
    const lost = await api.api('GET', path);

    expect([live.status, live.body.detail]).toEqual([409, 'The call CAelsewhere goes on: it is kept as a whole.']);
    expect([lost.status, lost.body.code]).toEqual([502, 'INSTANCE_UNREACHABLE']);
  });
});
