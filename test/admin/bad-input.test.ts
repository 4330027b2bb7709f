import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AGENT, type Api, NUMBER, startApi } from './rig.js';

let api: Api;
beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api.close());

const OURS = '+14155550166';
const OTHER = '+14155550142';
const fieldsOf = (body: { errors?: { field: string }[] }) => (body.errors ?? []).map(({ field }) => field).sort();

describe('bad input', () => {
  it('of an agent that is changed is told in the words in which that of a new one is', async () => {
    const { id } = await api.agent();
    const bad = {
      ...{ name: '', systemPrompt: 7, endpointing: 'SLOW', inference: { topP: 2, more: 1 }, colour: 'blue' },
      tools: [{ kind: 'mcp', url: 'nowhere' }, { kind: 'unknown' }],
    };
    const created = await api.api('POST', '/api/agents', { body: { ...AGENT, ...bad } });
    const changed = await api.api('PATCH', `/api/agents/${id}`, { body: bad });

    expect(created.status).toBe(400);
    expect(changed.body.errors).toEqual(created.body.errors);
    expect(changed.body.errors).toContainEqual({ field: 'name', message: 'must not be empty' });
  });

  it('is nothing that the document would not have told: a change names the fields of an agent', async () => {
    const { body } = await api.api('GET', '/openapi.json', { token: null });
    const fields = (method: 'post' | 'patch', path: string) =>
      Object.keys(body.paths[path][method].requestBody.content['application/json'].schema.properties ?? {}).sort();

    expect(fields('patch', '/api/agents/{id}')).toEqual(fields('post', '/api/agents'));
  });

  it.each([
    ['POST', '/api/agents', { ...AGENT, colour: 'blue', inference: { more: 1 } }, ['colour', 'inference.more']],
    ['POST', '/api/agents', { name: 7, systemPrompt: null, tools: {} }, ['name', 'systemPrompt', 'tools']],
    ['POST', '/api/agents', [], ['body']],
    ['POST', '/api/agents', null, ['body']],
    ['PATCH', '/api/agents/none', [], ['body']],
    ['POST', '/api/agents/none/rollback', { version: 'one' }, ['version']],
    ['POST', '/api/agents/none/rollback', {}, ['version']],
    [
      'POST',
      '/api/agents/none/ask',
      { input: [], agentVersion: 0, more: 1 },
      ['agentVersion', 'input', 'more', 'tool'],
    ],
    ['GET', '/api/agents/none/tools?agentVersion=first', undefined, ['agentVersion']],
    ['GET', '/api/runtimes?limit=1', undefined, ['limit']],
    ['PUT', '/api/numbers/+1415', { agentId: 'x' }, ['agentId', 'e164']],
    ['PUT', `/api/numbers/${NUMBER}`, { agentId: 'x', fallback: { dial: '12' } }, ['agentId', 'fallback.dial']],
    ['PUT', `/api/numbers/${NUMBER}`, { agentId: 'agent_none' }, ['agentId']],
    ['POST', `/api/numbers/${NUMBER}/sync`, { dryRun: 'yes', more: 1 }, ['dryRun', 'more']],
    [
      'POST',
      '/api/calls',
      { to: '1', from: 'x', agentId: 'a', onMachine: 'run' },
      ['agentId', 'from', 'onMachine', 'to'],
    ],
    ['POST', '/api/calls/CA1/hangup', { now: true }, ['now']],
    ['POST', '/api/calls/CA1/transfer', { to: 'nobody' }, ['to']],
    ['POST', '/api/test-calls', { agentVersion: 0, voiceId: '' }, ['agentId', 'agentVersion', 'voiceId']],
    ['POST', '/api/tokens', { name: ' ', role: 'king', expiresAt: 'soon' }, ['expiresAt', 'name', 'role']],
    ['POST', '/api/tokens', { name: 'x', role: 'admin', expiresAt: '2020-01-01T00:00:00Z' }, ['expiresAt']],
    ['POST', '/api/sessions', { token: 'x', more: 1 }, ['more']],
    ['DELETE', '/api/callers/nobody', undefined, ['e164']],
    ['GET', '/api/agents?limit=1000&page=2', undefined, ['limit', 'page']],
    ['GET', '/api/agents/none?colour=blue', undefined, ['colour']],
    ['GET', '/api/agents/none/versions/first', undefined, ['version']],
    ['GET', '/api/calls?state=asleep&from=yesterday&number=12', undefined, ['from', 'number', 'state']],
    ['GET', '/api/audit?to=2026-99-01T00:00:00Z', undefined, ['to']],
    ['GET', '/api/tokens?cursor=bm9uc2Vuc2U', undefined, ['cursor']],
  ])('%s %s with %j names every bad field', async (method, path, body, fields) => {
    const answer = await api.api(method, path, { body });

    expect(answer.status).toBe(400);
    expect(answer.headers['content-type']).toContain('application/problem+json');
    expect(answer.body).toMatchObject({ status: 400, code: 'REQUEST_INVALID', type: 'about:blank' });
    expect(fieldsOf(answer.body)).toEqual(fields);
  });

  it.each([
    ['broken JSON', { text: '{"name":' }, 400],
    ['nothing in place of JSON', { text: '' }, 400],
    ['a prototype in JSON', { text: '{"__proto__": {"admin": true}}' }, 400],
    ['a huge body', { text: JSON.stringify({ name: 'x'.repeat(300_000) }) }, 413],
    ['a form', { text: 'name=x', headers: { 'content-type': 'application/x-www-form-urlencoded' } }, 415],
    ['plain text', { text: '{}', headers: { 'content-type': 'text/plain' } }, 415],
    ['no media type that it accepts', { body: AGENT, headers: { accept: 'text/html;q=0.9, image/*' } }, 406],
  ])('%s is answered with a problem document', async (_what, ask, status) => {
    const before = (await api.api('GET', '/api/agents?limit=200')).body.items.length;
    const answer = await api.api('POST', '/api/agents', ask);

    expect(answer.status).toBe(status);
    expect(answer.body).toMatchObject({ status, code: 'REQUEST_INVALID' });
    expect((await api.api('GET', '/api/agents?limit=200')).body.items.length).toBe(before);
  });

  it.each([
    ['GET', '/api/nothing', 404],
    ['GET', '/api', 404],
    ['PUT', '/api/agents', 404],
    ['GET', '/api/agents/agent_none', 404],
    ['GET', '/api/agents/agent_none/versions', 404],
    ['GET', '/api/agents/agent_none/tools', 404],
    ['GET', '/api/agents/agent_none/versions/1', 404],
    ['DELETE', '/api/agents/agent_none', 404],
    ['GET', '/api/numbers/+14155550142', 404],
    ['DELETE', '/api/numbers/%2B14155550142', 404],
    ['GET', '/api/calls/CA404', 404],
    ['GET', '/api/calls/CA404/audio.wav', 404],
    ['GET', '/api/calls/CA404/events', 404],
    ['POST', '/api/calls/CA404/hangup', 404],
    ['DELETE', '/api/tokens/token_none', 404],
    ['GET', '/api/calls/..%2F..%2Fetc%2Fpasswd/audio.wav', 404],
    ['GET', '/api/agents/%zz', 400],
    ['GET', `/api/agents/${'x'.repeat(200)}`, 414],
  ])('%s %s is answered with %i', async (method, path, status) => {
    const answer = await api.api(method, path);

    expect(answer.status).toBe(status);
    expect(answer.body).toMatchObject({ status, type: 'about:blank' });
  });

  it.each([
    ['a NUL character', '\u0000'],
    ['half of a surrogate pair', '\ud800'],
  ])('%s is refused wherever it stands, with the field', async (_what, text) => {
    const { id } = await api.agent();
    const asks: [string, string, unknown, string][] = [
      ['POST', '/api/agents', { ...AGENT, name: `a${text}b` }, 'name'],
      [
        'POST',
        '/api/agents',
        { ...AGENT, tools: [{ kind: 'hang-up', name: 'x', description: text }] },
        'tools.0.description',
      ],
      ['PATCH', `/api/agents/${id}`, { greeting: text }, 'greeting'],
      ['PUT', `/api/numbers/${NUMBER}`, { agentId: id, notice: `hello ${text}` }, 'notice'],
      ['POST', '/api/tokens', { name: text, role: 'viewer' }, 'name'],
      ['POST', '/api/calls', { to: OTHER, from: OURS, agentId: id, variables: { x: text } }, 'variables.x'],
    ];
    await api.api('PUT', `/api/numbers/${OURS}`, { body: { agentId: id } });
    for (const [method, path, body, field] of asks) {
      const answer = await api.api(method, path, { body });

      expect([path, answer.status, fieldsOf(answer.body)]).toEqual([path, 400, [field]]);
    }
  });

  it('refuses NUL characters in addresses and queries', async () => {
    for (const path of ['/api/agents/a%00', '/api/audit?subject=%00', '/api/calls/%00', '/api/calls?agentId=%00']) {
      expect([path, (await api.api('GET', path)).status]).toEqual([path, 400]);
    }
  });

  it('refuses JSON that is nested without end', async () => {
    const deep = `${'{"a":'.repeat(20_000)}1${'}'.repeat(20_000)}`;
    const answer = await api.api('PATCH', '/api/agents/none', { text: `{"inference": ${deep}}` });

    expect(answer.status).toBe(400);
  });

  it.each([
    `'; DROP TABLE agents; --`,
    `" OR 1=1; --`,
    `$1 $$ \\x00 %s {{caller}}`,
    `<script>alert(1)</script>`,
    `"><img src=x onerror=alert(1)>`,
    '\u202e\u0007\u001b[31m 👩‍👩‍👧 ﷺ',
  ])('%j goes in and comes out as it is, and only as JSON', async (text) => {
    const name = text.replace('{{caller}}', 'caller');
    const created = await api.api('POST', '/api/agents', { body: { ...AGENT, name, greeting: `Say: ${name}` } });
    const shown = await api.api('GET', `/api/agents/${created.body.id}`);
    const audit = await api.api('GET', `/api/audit?subject=agent/${created.body.id}`);
    const { body: token } = await api.api('POST', '/api/tokens', { body: { name, role: 'viewer' } });

    expect(created.status).toBe(201);
    expect(shown.body).toEqual(created.body);
    expect(shown.body.name).toBe(name.trim());
    expect(audit.body.items[0].after.name).toBe(name.trim());
    expect(token.name).toBe(name.trim());
    for (const { headers } of [created, shown, audit]) {
      expect(headers['content-type']).toMatch(/^application\/json/);
      expect(headers['x-content-type-options']).toBe('nosniff');
      expect(headers['cache-control']).toBe('no-store');
    }
    expect(
      (await api.api('GET', `/api/agents/${encodeURIComponent(name).slice(0, 90)}`)).status,
    ).toBeGreaterThanOrEqual(400);
    expect((await api.api('GET', `/api/calls?agentId=${encodeURIComponent(name)}`)).body.items).toEqual([]);
    expect((await api.api('GET', `/api/audit?action=${encodeURIComponent(name)}`)).body.items).toEqual([]);
  });

  it('takes a raw + in paths and queries', async () => {
    const { id } = await api.agent();
    await api.api('PUT', `/api/numbers/${NUMBER}`, { body: { agentId: id } });

    expect((await api.api('GET', `/api/numbers/${NUMBER}`)).status).toBe(200);
    expect((await api.api('GET', `/api/numbers/${encodeURIComponent(NUMBER)}`)).status).toBe(200);
    expect((await api.api('GET', `/api/calls?number=${NUMBER}`)).status).toBe(200);
    expect((await api.api('GET', `/api/calls?number=${encodeURIComponent(NUMBER)}`)).status).toBe(200);
    expect((await api.api('GET', `/api/audit?subject=number/${NUMBER}`)).body.items).toHaveLength(1);
  });
});

describe('a request that is wrong in several places', () => {
  const UK = '+442079460000';

  it('is told a bad key, a wrong field, an unknown agent, a number that is not ours and one that may not be dialled at once', async () => {
    const headers = { 'idempotency-key': 'a b' };
    const order = { to: UK, from: '+14155550188', agentId: 'agent_nobody' };
    const answers = [
      await api.api('POST', '/api/calls', { body: { ...order, variables: 7 }, headers }),
      await api.api('POST', '/api/calls', { body: order, headers }),
      await api.api('POST', '/api/calls', { body: order }),
    ];

    expect(answers.map(({ status }) => status)).toEqual([400, 400, 400]);
    expect(answers.map(({ body }) => fieldsOf(body))).toEqual([
      ['Idempotency-Key', 'agentId', 'from', 'to', 'variables'],
      ['Idempotency-Key', 'agentId', 'from', 'to'],
      ['agentId', 'from', 'to'],
    ]);
  });

  it('is told a number that may not be dialled beside a wrong field of a number', async () => {
    const body = { agentId: 'agent_nobody', fallback: { dial: UK }, recording: 'yes' };
    const answer = await api.api('PUT', `/api/numbers/${NUMBER}`, { body });

    expect(fieldsOf(answer.body)).toEqual(['agentId', 'fallback.dial', 'recording']);
  });

  it('is told what no agent may ask for beside fields without their form, of a new one as of a change', async () => {
    const tool = { kind: 'hang-up', name: 'end_call', description: 'Ends it.' };
    const bad = {
      ...{ name: '', voiceId: 'nobody', dtmf: { handoffKey: '1' } },
      tools: [
        { ...tool, inputSchema: { type: 'object', properties: 7 } },
        { ...tool, description: 7 },
      ],
    };
    const { id } = await api.agent();
    const fields = ['dtmf.handoffKey', 'name', 'tools.0.inputSchema', 'tools.1.description', 'tools.1.name', 'voiceId'];
    const created = await api.api('POST', '/api/agents', { body: { ...AGENT, ...bad } });
    const changed = await api.api('PATCH', `/api/agents/${id}`, { body: bad });

    expect([created.status, changed.status]).toEqual([400, 400]);
    expect([fieldsOf(created.body), fieldsOf(changed.body)]).toEqual([fields, fields]);
  });

  it('is told a secret that is missing beside a voice that nobody has', async () => {
    const auth = { kind: 'oauth', tokenUrl: 'https://id.example.com/token', clientId: 'x', clientSecret: '********' };
    const bad = { voiceId: 'nobody', tools: [{ kind: 'mcp', url: 'https://mcp.example.com', auth }] };
    const { id } = await api.agent();
    const created = await api.api('POST', '/api/agents', { body: { ...AGENT, ...bad } });
    const changed = await api.api('PATCH', `/api/agents/${id}`, { body: bad });

    const fields = ['tools.0.auth.clientSecret', 'voiceId'];
    expect([fieldsOf(created.body), fieldsOf(changed.body)]).toEqual([fields, fields]);
  });

  it('is told versions that never were beside a number that may not be dialled', async () => {
    const { id } = await api.agent();
    const body = { agentId: id, agentVersion: 9, canary: { agentVersion: 8, percent: 5 }, fallback: { dial: UK } };
    const answer = await api.api('PUT', `/api/numbers/${NUMBER}`, { body });

    expect(fieldsOf(answer.body)).toEqual(['agentVersion', 'canary.agentVersion', 'fallback.dial']);
  });

  it('is told an unknown agent, or a voice that it cannot have, beside the wrong field of a test call', async () => {
    const { id } = await api.agent();
    const nobody = await api.api('POST', '/api/test-calls', { body: { agentId: 'agent_nobody', from: '' } });
    const voiceless = await api.api('POST', '/api/test-calls', { body: { agentId: id, voiceId: 'nobody', from: '' } });

    expect(fieldsOf(nobody.body)).toEqual(['agentId', 'from']);
    expect(fieldsOf(voiceless.body)).toEqual(['from', 'voiceId']);
  });

  it('is told all of them, in the address as in the body', async () => {
    const answer = await api.api('PUT', '/api/numbers/+1', { body: { recording: 'yes', retentionDays: 0 } });

    expect(answer.status).toBe(400);
    expect(answer.body.errors.map(({ field }: { field: string }) => field).sort()).toEqual([
      'agentId',
      'e164',
      'recording',
      'retentionDays',
    ]);
  });

  it('is told an unknown agent beside a number that may not be dialled', async () => {
    const body = { agentId: 'agent_nobody', fallback: { dial: '+442079460000' } };
    const answer = await api.api('PUT', '/api/numbers/+14155550199', { body });

    expect(answer.body.errors.map(({ field }: { field: string }) => field)).toEqual(['agentId', 'fallback.dial']);
  });
});

describe('what is wrong with a field', () => {
  const message = async (method: string, path: string, body: unknown) =>
    Object.fromEntries(
      (await api.api(method, path, { body })).body.errors.map((each: { field: string; message: string }) => [
        each.field,
        each.message,
      ]),
    );

  it('is said in plain words', async () => {
    const tools = [{ kind: 'magic' }, { kind: 'handoff', name: 'x', description: 'y' }];
    const agent = { name: 7, systemPrompt: null, greeting: '', tools, maxCallMs: 1.5, inference: { topP: 'high' } };

    expect(await message('POST', '/api/agents', agent)).toMatchObject({
      name: 'must be text, not a number',
      systemPrompt: 'must be text, not null',
      greeting: 'must not be empty',
      maxCallMs: 'must be a whole number',
      'inference.topP': 'must be a number, not text',
      'tools.0.kind': expect.stringMatching(/^must be one of "/),
      'tools.1.to': 'is missing',
    });
    expect(await message('POST', '/api/tokens', { name: 'x'.repeat(300), role: 'king' })).toMatchObject({
      name: expect.stringMatching(/^must have at most \d+ characters$/),
      role: 'must be one of "admin", "operator", "viewer", "tester"',
    });
    expect(await message('GET', '/api/agents?limit=1000', undefined)).toMatchObject({ limit: 'must be at most 200' });
    expect(await message('POST', '/api/agents', [])).toEqual({ body: 'must be an object, not a list' });
  });

  it('is never said in the words of a library, whatever is sent', async () => {
    const junk = [7, null, '', [], {}, true, 'x'.repeat(20_000), -1];
    const fields = ['name', 'systemPrompt', 'tools', 'greeting', 'audio', 'silence', 'dtmf', 'memory', 'modelId'];
    for (const value of junk) {
      for (const path of ['/api/agents', '/api/calls', '/api/tokens', '/api/test-calls']) {
        const body = Object.fromEntries(
          [...fields, 'to', 'from', 'variables', 'role', 'agentId'].map((f) => [f, value]),
        );
        const { body: problem } = await api.api('POST', path, { body });

        expect(JSON.stringify(problem)).not.toMatch(/Invalid |received|expected|Too (small|big)|Unrecognized/);
      }
    }
  });
});

it('an empty body that is announced as JSON is no body at all', async () => {
  const headers = { 'content-type': 'application/json' };
  const hungUp = await api.api('POST', '/api/calls/CAnone/hangup', { text: '', headers });
  const created = await api.api('POST', '/api/agents', { text: '', headers });

  expect(hungUp.status).not.toBe(400);
  expect([created.status, created.body.errors[0].field]).toEqual([400, 'body']);
});
