import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Bridge, startBridge } from '../wire/bridge.js';

let bridge: Bridge;
beforeAll(async () => {
  bridge = await startBridge();
});
afterAll(() => bridge.close());

const AGENT = { name: 'Orders', systemPrompt: 'You help.' };

async function newAgent(fields: Record<string, unknown> = {}): Promise<string> {
  const { status, body } = await bridge.api('POST', '/agents', { ...AGENT, ...fields });
  expect(status).toBe(201);
  return body.id as string;
}

const patch = (id: string, fields: unknown, ifMatch?: string) =>
  bridge.api('PATCH', `/agents/${id}`, fields, undefined, ifMatch === undefined ? {} : { 'If-Match': ifMatch });

describe('a number', () => {
  it('is not made by a change to any version that there is (`If-Match: *`)', async () => {
    const agentId = await newAgent();
    const put = (fields: Record<string, unknown> = {}) =>
      bridge.api('PUT', '/numbers/+14155550177', { agentId, ...fields }, undefined, { 'If-Match': '*' });

    expect(await put()).toMatchObject({ status: 412, body: { code: 'VERSION_CONFLICT' } });
    expect((await bridge.api('GET', '/numbers/+14155550177')).status).toBe(404);
    await bridge.api('PUT', '/numbers/+14155550177', { agentId });
    expect((await put({ notice: 'Recorded.' })).status).toBe(200);
  });
});

describe('an agent', () => {
  it('gets a version with every change, and goes back to any of them as the next one', async () => {
    const id = await newAgent({ greeting: 'Greet the caller with: Hello' });

    const changed = await patch(id, { inference: { temperature: 0.2 }, greeting: null }, '"1"');
    const back = await bridge.api('POST', `/agents/${id}/rollback`, { version: 1 });
    const { body: versions } = await bridge.api('GET', `/agents/${id}/versions`);

    expect(changed.headers.get('etag')).toBe('"2"');
    expect(changed.body).toMatchObject({ version: 2, inference: { temperature: 0.2, topP: 0.9 } });
    expect(changed.body).not.toHaveProperty('greeting');
    expect(back.body).toMatchObject({ version: 3, greeting: 'Greet the caller with: Hello' });
    expect(versions.items.map(({ version }: { version: number }) => version)).toEqual([3, 2, 1]);
    expect((await bridge.api('GET', `/agents/${id}/versions/2`)).body).toEqual(changed.body);
    const { body: audit } = await bridge.api('GET', `/audit?subject=agent/${id}`);
    expect(audit.items.map(({ action }: { action: string }) => action)).toEqual([
      'agent.rolled-back',
      'agent.patched',
      'agent.created',
    ]);
    expect(audit.items[1]).toMatchObject({ before: { greeting: expect.any(String) }, actor: { role: 'admin' } });
  });

  it('is not overwritten by who looked at an earlier version', async () => {
    const id = await newAgent();

    const [first, second] = await Promise.all([patch(id, { name: 'A' }, '"1"'), patch(id, { name: 'B' }, '"1"')]);

    expect([first.status, second.status].sort()).toEqual([200, 412]);
    expect(first.status === 412 ? first.body : second.body).toMatchObject({ code: 'VERSION_CONFLICT' });
    expect((await bridge.api('GET', `/agents/${id}`)).body.version).toBe(2);
  });

  it.each([
    ['a rollback to a version that never was', 'POST', '/rollback', { version: 9 }, 400],
    ['a patch that makes it no agent', 'PATCH', '', { name: '', colour: 'blue' }, 400],
    ['a patch with a NUL character', 'PATCH', '', { name: 'a\u0000b' }, 400],
  ])('refuses %s', async (_what, method, path, body, status) => {
    const id = await newAgent();

    const answer = await bridge.api(method, `/agents/${id}${path}`, body);

    expect(answer.status).toBe(status);
    expect(answer.body.errors.length).toBeGreaterThan(0);
    expect((await bridge.api('GET', `/agents/${id}`)).body.version).toBe(1);
  });

  it('is not deleted while a number is answered by it, and is gone after that', async () => {
    const id = await newAgent();
    await bridge.api('PUT', '/numbers/+14155550171', { agentId: id });

    const refused = await bridge.api('DELETE', `/agents/${id}`);
    await bridge.api('DELETE', '/numbers/+14155550171');
    const deleted = await bridge.api('DELETE', `/agents/${id}`);

    expect(refused).toMatchObject({ status: 409, body: { code: 'CONFLICT', numbers: ['+14155550171'] } });
    expect(deleted.status).toBe(204);
    expect((await bridge.api('GET', `/agents/${id}`)).status).toBe(404);
  });

  it('carries scripts and SQL in its name as nothing but text', async () => {
    const name = `<script>alert(1)</script>'; DROP TABLE agents; --`;
    const id = await newAgent({ name });

    const { body, headers } = await bridge.api('GET', `/agents/${id}`);

    expect(body.name).toBe(name);
    expect(headers.get('content-type')).toContain('application/json');
    expect(headers.get('x-content-type-options')).toBe('nosniff');
  });
});

describe('a number', () => {
  it('has versions of its own', async () => {
    const id = await newAgent();
    const put = (headers: Record<string, string>) =>
      bridge.api('PUT', '/numbers/+14155550172', { agentId: id }, undefined, headers);

    expect((await put({ 'If-None-Match': '*' })).status).toBe(201);
    expect((await put({ 'If-None-Match': '*' })).status).toBe(412);
    expect((await put({ 'If-Match': '"7"' })).status).toBe(412);
    expect((await put({ 'If-Match': '"1"' })).headers.get('etag')).toBe('"2"');
  });

  it.each([
    ['a fallback abroad', { fallback: { dial: '+442071838750' } }, 'fallback.dial'],
    [
      'a premium number when closed',
      { hours: { open: [{ days: ['mon'], from: '09:00', to: '17:00' }], closed: { dial: '+19005550100' } } },
      'hours.closed.dial',
    ],
    ['a canary that never was', { canary: { agentVersion: 5, percent: 10 } }, 'canary.agentVersion'],
    ['a webhook over plain http', { webhookUrl: 'http://example.com/x' }, 'webhookUrl'],
  ])('is not saved with %s', async (_what, fields, field) => {
    const id = await newAgent();

    const { status, body } = await bridge.api('PUT', '/numbers/+14155550173', { agentId: id, ...fields });

    expect(status).toBe(400);
    expect(body.errors.map((error: { field: string }) => error.field)).toEqual([field]);
    expect((await bridge.api('GET', '/numbers/+14155550173')).status).toBe(404);
  });

  it('tells the secret of its webhook when the address is new, and only then', async () => {
    const id = await newAgent();
    const put = (url: string) =>
      bridge
        .api('PUT', '/numbers/+14155550174', { agentId: id, webhookUrl: url })
        .then(({ body }) => body.webhookSecret);

    const first = await put('https://example.com/a');

    expect(first).toMatch(/^whsec_/);
    expect(await put('https://example.com/a')).toBeUndefined();
    expect(await put('https://example.com/b')).not.toBe(first);
  });
});
