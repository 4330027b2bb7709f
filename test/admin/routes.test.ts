import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Bridge, connectedCall, NUMBER, startBridge } from '../wire/bridge.js';

let bridge: Bridge;
beforeAll(async () => {
  bridge = await startBridge();
});
afterAll(() => bridge.close());

const AGENT = { name: 'Orders', systemPrompt: 'You help.' };

describe('the admin API', () => {
  it.each([
    ['GET', '/agents'],
    ['POST', '/agents'],
    ['GET', '/numbers'],
    ['PUT', `/numbers/${NUMBER}`],
    ['GET', '/calls'],
    ['GET', '/calls/CA1'],
    ['GET', '/nothing'],
  ])('%s %s needs the token', async (method, path) => {
    for (const token of ['', 'wrong', 'a'.repeat(5000)]) {
      const { status, headers, body } = await bridge.api(method, path, method === 'GET' ? undefined : {}, token);

      expect(status).toBe(401);
      expect(headers.get('content-type')).toContain('application/problem+json');
      expect(body).toMatchObject({ code: 'UNAUTHORIZED', status: 401 });
    }
    // A right token: whoever guesses on is slowed down no more than at first.
    await bridge.api('GET', '/agents');
  });

  it('creates agents with the documented defaults and shows them', async () => {
    const created = await bridge.api('POST', '/agents', AGENT);

    expect(created.status).toBe(201);
    expect(created.headers.get('etag')).toBe('"1"');
    expect(created.body).toMatchObject({ ...AGENT, version: 1, voiceId: 'matthew', maxCallMs: 1_800_000 });
    expect((await bridge.api('GET', `/agents/${created.body.id}`)).body).toEqual(created.body);
    expect((await bridge.api('GET', '/agents?limit=200')).body.items).toContainEqual(created.body);
  });

  it('names every bad field at once', async () => {
    const { status, body } = await bridge.api('POST', '/agents', {
      systemPrompt: '{{nobody}}',
      colour: 'blue',
      inference: { topP: 7, more: 1 },
      tools: [{ kind: 'hang-up', name: 'a b', description: 'x' }],
    });

    expect(status).toBe(400);
    expect(body).toMatchObject({ code: 'REQUEST_INVALID', status: 400 });
    const fields = body.errors.map((error: { field: string }) => error.field);
    expect(fields.sort()).toEqual([
      'colour',
      'inference.more',
      'inference.topP',
      'name',
      'systemPrompt',
      'tools.0.name',
    ]);
  });

  it('refuses what the voice model of the agent cannot do', async () => {
    const { status, body } = await bridge.api('POST', '/agents', {
      ...AGENT,
      modelId: 'amazon.nova-sonic-v1:0',
      voiceId: 'tina',
      endpointing: 'HIGH',
    });

    expect(status).toBe(400);
    expect(body.errors.map((error: { field: string }) => error.field)).toEqual(['voiceId', 'endpointing']);
  });

  it.each([
    ['broken JSON', '{"name":', 400],
    ['a list', '[]', 400],
    ['a huge body', JSON.stringify({ name: 'x'.repeat(300_000) }), 413],
  ])('answers %s with a problem document', async (_what, text, status) => {
    const answer = await bridge.api('POST', '/agents', text);

    expect(answer.status).toBe(status);
    expect(answer.body).toMatchObject({ status, code: 'REQUEST_INVALID' });
  });

  it('points numbers at agents', async () => {
    const { body: agent } = await bridge.api('POST', '/agents', AGENT);
    const created = await bridge.api('PUT', '/numbers/+14155550150', { agentId: agent.id, notice: 'Hello' });
    const changed = await bridge.api('PUT', '/numbers/%2B14155550150', { agentId: agent.id });

    expect(created.status).toBe(201);
    expect(changed.status).toBe(200);
    expect(changed.body).toMatchObject({ number: '+14155550150', agentId: agent.id, recording: false });
    expect(changed.body).not.toHaveProperty('notice');
    expect((await bridge.api('GET', '/numbers/+14155550150')).body).toEqual(changed.body);
  });

  it.each([
    ['an agent that is not there', '+14155550151', { agentId: 'agent_none' }, 'agentId'],
    ['no valid number', '+1415', { agentId: 'x' }, 'e164'],
    ['an unknown field', '+14155550151', { agentId: 'x', colour: 'blue' }, 'colour'],
  ])('refuses %s', async (_what, number, input, field) => {
    const { status, body } = await bridge.api('PUT', `/numbers/${number}`, input);

    expect(status).toBe(400);
    expect(body.errors).toContainEqual(expect.objectContaining({ field }));
  });

  it('pages through lists', async () => {
    for (let i = 0; i < 5; i++) await bridge.api('POST', '/agents', { ...AGENT, name: `Paged ${i}` });
    const seen: string[] = [];
    let cursor: string | null = '';
    while (cursor !== null) {
      const { body }: { body: { items: { id: string }[]; nextCursor: string | null } } = await bridge.api(
        'GET',
        `/agents?limit=2${cursor && `&cursor=${encodeURIComponent(cursor)}`}`,
      );
      seen.push(...body.items.map(({ id }) => id));
      cursor = body.nextCursor;
    }

    expect(new Set(seen).size).toBe(seen.length);
    expect(seen.length).toBeGreaterThanOrEqual(5);
  });

  it.each(['nonsense', Buffer.from('{"a":1}').toString('base64url')])('refuses %s as a cursor', async (cursor) => {
    for (const list of ['agents', 'numbers', 'calls', 'tokens', 'audit']) {
      const { status, body } = await bridge.api('GET', `/${list}?cursor=${cursor}`);

      expect([list, status]).toEqual([list, 400]);
      expect(body.errors).toMatchObject([{ field: 'cursor' }]);
    }
  });

  it('shows calls by state and number, newest first', async () => {
    await bridge.assign();
    const { socket } = await connectedCall(bridge, 'CA0001');
    await bridge.fact('CA0001', 'ended');
    await bridge.webhook('/twilio/voice', bridge.form('CA0002'));

    // Calls are kept in batches, some ms after the fact.
    await expect.poll(async () => (await bridge.api('GET', '/calls')).body.items).toHaveLength(2);
    await expect.poll(async () => (await bridge.api('GET', '/calls?state=ended')).body.items).toHaveLength(1);
    const ended = await bridge.api('GET', `/calls?state=ended&number=${encodeURIComponent(NUMBER)}`);
    const ringing = await bridge.api('GET', '/calls?state=ringing');
    const none = await bridge.api('GET', '/calls?from=2000-01-01T00:00:00Z&to=2000-01-02T00:00:00Z');

    expect(ended.body.items.map((call: { callSid: string }) => call.callSid)).toEqual(['CA0001']);
    expect(ringing.body.items.map((call: { callSid: string }) => call.callSid)).toEqual(['CA0002']);
    expect(none.body).toEqual({ items: [], nextCursor: null });
    expect((await bridge.api('GET', '/calls?state=asleep')).status).toBe(400);
    expect((await bridge.api('GET', '/calls/CA404')).status).toBe(404);
    socket.terminate();
  });
});
