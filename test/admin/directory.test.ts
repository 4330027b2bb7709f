import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AGENT, type Api, startApi } from './rig.js';

let api: Api;
beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api.close());

describe('agents', () => {
  it('are created, changed, rolled back and deleted, each change a version', async () => {
    const created = await api.api('POST', '/api/agents', { body: AGENT });
    const { location = '' } = created.headers;
    const patched = await api.api('PATCH', location, { body: { greeting: 'Say hello.', silence: { hangUpAfter: 0 } } });
    const removed = await api.api('PATCH', location, { body: { greeting: null } });
    const back = await api.api('POST', `${location}/rollback`, { body: { version: 2 } });
    const versions = await api.api('GET', `${location}/versions`);
    const second = await api.api('GET', `${location}/versions/2`);

    expect([created, patched, removed, back].map(({ headers }) => headers.etag)).toEqual(['"1"', '"2"', '"3"', '"4"']);
    expect(patched.body).toMatchObject({ greeting: 'Say hello.', silence: { promptAfterMs: 10_000, hangUpAfter: 0 } });
    expect(removed.body).not.toHaveProperty('greeting');
    expect(back.body).toMatchObject({ version: 4, greeting: 'Say hello.' });
    expect(versions.body.items.map(({ version }: { version: number }) => version)).toEqual([4, 3, 2, 1]);
    expect(second.body).toEqual(patched.body);
    expect((await api.api('DELETE', location)).status).toBe(204);
    expect((await api.api('GET', location)).status).toBe(404);
    // A call that it answered still says which version that was.
    expect((await api.api('GET', `${location}/versions/2`)).body).toEqual(patched.body);
  });

  it('refuse a rollback to a version that never was, and a patch that leaves no agent', async () => {
    const { id } = await api.agent();

    const rollback = await api.api('POST', `/api/agents/${id}/rollback`, { body: { version: 7 } });
    const patch = await api.api('PATCH', `/api/agents/${id}`, { body: { name: null, colour: 1, audio: { loud: 1 } } });

    expect([rollback.status, rollback.body.errors[0].field]).toEqual([400, 'version']);
    expect(patch.body.errors.map(({ field }: { field: string }) => field).sort()).toEqual([
      'audio.loud',
      'colour',
      'name',
    ]);
    expect((await api.api('GET', `/api/agents/${id}`)).body.version).toBe(1);
  });

  it('are not overwritten by whoever looked at an older version', async () => {
    const { id } = await api.agent();
    const change = (name: string) =>
      api.api('PATCH', `/api/agents/${id}`, { body: { name }, headers: { 'if-match': '"1"' } });

    const answers = await Promise.all(['a', 'b', 'c', 'd'].map(change));

    expect(answers.map(({ status }) => status).sort()).toEqual([200, 412, 412, 412]);
    expect(answers.find(({ status }) => status === 412)?.body.code).toBe('VERSION_CONFLICT');
    expect((await api.api('GET', `/api/agents/${id}`)).body.version).toBe(2);
    for (const [method, path, body] of [
      ['DELETE', '', undefined],
      ['POST', '/rollback', { version: 1 }],
    ] as const) {
      const late = await api.api(method, `/api/agents/${id}${path}`, { body, headers: { 'if-match': '"1"' } });
      expect(late.status).toBe(412);
    }
  });

  it.each([
    ['"2"', 412],
    ['"none"', 412],
    ['2', 400],
    ['"1", "2"', 400],
    ['*', 200],
    ['"1"', 200],
  ])('take If-Match: %s with %i', async (tag, status) => {
    const { id } = await api.agent();

    const answer = await api.api('PATCH', `/api/agents/${id}`, { body: { name: 'x' }, headers: { 'if-match': tag } });

    expect(answer.status).toBe(status);
  });

  it('are not sent again to whoever has them', async () => {
    const { id } = await api.agent();
    const ask = (tag: string) => api.api('GET', `/api/agents/${id}`, { headers: { 'if-none-match': tag } });

    expect([(await ask('"1"')).status, (await ask('"1"')).text]).toEqual([304, '']);
    expect((await ask('"2"')).status).toBe(200);
  });

  it('that numbers use are not deleted, and the numbers are named', async () => {
    const { id } = await api.agent();
    await api.api('PUT', '/api/numbers/+14155550120', { body: { agentId: id } });

    const answer = await api.api('DELETE', `/api/agents/${id}`);

    expect([answer.status, answer.body.code, answer.body.numbers]).toEqual([409, 'CONFLICT', ['+14155550120']]);
    expect((await api.api('GET', `/api/agents/${id}`)).status).toBe(200);
  });
});

describe('numbers', () => {
  it('are assigned, listed by agent, changed with their version and taken off', async () => {
    const { id } = await api.agent();
    const path = '/api/numbers/+14155550121';
    const created = await api.api('PUT', path, { body: { agentId: id }, headers: { 'if-none-match': '*' } });
    const again = await api.api('PUT', path, { body: { agentId: id }, headers: { 'if-none-match': '*' } });
    const stale = await api.api('PUT', path, { body: { agentId: id }, headers: { 'if-match': '"9"' } });
    const changed = await api.api('PUT', path, {
      body: { agentId: id, recording: true },
      headers: { 'if-match': '"1"' },
    });
    const listed = await api.api('GET', `/api/numbers?agentId=${id}`);

    expect([created.status, again.status, stale.status, changed.status]).toEqual([201, 412, 412, 200]);
    expect(created.headers.location).toBe(path);
    expect(changed.headers.etag).toBe('"2"');
    expect(listed.body.items).toEqual([changed.body]);
    expect((await api.api('DELETE', path, { headers: { 'if-match': '"1"' } })).status).toBe(412);
    expect((await api.api('DELETE', path, { headers: { 'if-match': '"2"' } })).status).toBe(204);
    expect((await api.api('GET', path)).status).toBe(404);
  });

  it('may only send callers where the bridge may dial, and never to themselves', async () => {
    const { id } = await api.agent();
    const hours = { open: [{ days: ['mon'], from: '09:00', to: '17:00' }], closed: { dial: '+442079460000' } };

    const abroad = await api.api('PUT', '/api/numbers/+14155550122', {
      body: { agentId: id, fallback: { dial: '+442079460000' }, overflow: { dial: '+442079460000' }, hours },
    });
    const itself = await api.api('PUT', '/api/numbers/+14155550122', {
      body: { agentId: id, fallback: { dial: '+14155550122' } },
    });

    expect(abroad.body.errors.map(({ field }: { field: string }) => field)).toEqual([
      'fallback.dial',
      'overflow.dial',
      'hours.closed.dial',
    ]);
    expect([itself.status, itself.body.errors[0].field]).toEqual([400, 'fallback.dial']);
    expect((await api.api('GET', '/api/numbers/+14155550122')).status).toBe(404);
  });

  it('show the secret of their webhook when it is set or changed, and not again', async () => {
    const { id } = await api.agent();
    const put = async (webhookUrl?: string) =>
      (await api.api('PUT', '/api/numbers/+14155550123', { body: { agentId: id, webhookUrl } })).body.webhookSecret;

    const first = await put('https://example.com/ended');

    expect(first).toMatch(/^whsec_/);
    expect(await put('https://example.com/ended')).toBeUndefined();
    expect(await put('https://example.com/other')).not.toBe(first);
    expect(await put()).toBeUndefined();
    expect((await api.api('GET', '/api/numbers/+14155550123')).body).not.toHaveProperty('webhookSecret');
  });

  it('are pointed here at the carrier, which is entered in the audit trail unless it was only tried', async () => {
    const { id } = await api.agent();
    await api.api('PUT', '/api/numbers/+14155550124', { body: { agentId: id } });
    const audit = async () =>
      (await api.api('GET', '/api/audit?action=number.synced&subject=number/%2B14155550124')).body.items.length;

    const tried = await api.api('POST', '/api/numbers/+14155550124/sync', { body: { dryRun: true } });
    const before = await audit();
    const done = await api.api('POST', '/api/numbers/+14155550124/sync');

    expect([tried.body.applied, done.body.applied]).toEqual([false, true]);
    expect([before, await audit()]).toEqual([0, 1]);
    expect((await api.api('POST', '/api/numbers/+14155550125/sync')).status).toBe(404);
  });
});

describe('the audit trail', () => {
  it('says who changed what, from what to what', async () => {
    const { token, id: tokenId } = await api.tokenOf('admin');
    const { id } = await api.agent();
    await api.api('PATCH', `/api/agents/${id}`, { body: { name: 'Other' }, token });

    const { items } = (await api.api('GET', `/api/audit?actorId=${tokenId}`)).body;

    expect(items).toHaveLength(1);
    expect(items[0]).toMatchObject({
      action: 'agent.patched',
      subject: `agent/${id}`,
      actor: { id: tokenId, name: 'a admin', role: 'admin' },
      before: { name: 'Orders', version: 1 },
      after: { name: 'Other', version: 2 },
    });
  });

  it('never holds a token', async () => {
    const { token } = await api.tokenOf('viewer');

    expect((await api.api('GET', '/api/audit?limit=200')).text).not.toContain(token);
    expect((await api.api('GET', '/api/tokens?limit=200')).text).not.toContain(token);
  });
});
