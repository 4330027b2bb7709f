import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { FakeClock } from '../../src/clock.js';
import { memoriesNamed } from '../../src/store/agent-memories.js';
import { auditTrail } from '../../src/store/audit.js';
import { ADMIN, agent, BY_ADMIN, e164, type Instance, MODEL, number, openInstance } from './directory-rig.js';
import { onServer } from './on-server.js';
import { type FreshDatabase, freshDatabase } from './postgres.js';

const NASTY = `'); DROP TABLE agents; -- "${'$'}1" \\ <script>alert(1)</script> \u202e \u{1f600}`;

let fresh: FreshDatabase;
let instance: Instance;
let clock: FakeClock;

beforeAll(async () => {
  fresh = await freshDatabase();
});

beforeEach(async () => {
  clock = new FakeClock();
  instance = await openInstance(fresh.url, clock);
});

afterEach(async () => {
  await instance.close();
  await onServer(fresh.url, 'TRUNCATE agents, agent_versions, numbers, audit_entries');
});

afterAll(async () => fresh.drop());

const audit = async () =>
  (await auditTrail({ database: instance.database, clock }).list({}, { limit: 100 })).items.reverse();

describe('memories that agents name', () => {
  it('are known of every version of every agent, also of deleted ones, each once', async () => {
    const memory = (memoryId: string) => ({
      memory: { memoryId, namespace: '/a/{actorId}', hashCaller: true, maxCharacters: 2000 },
    });
    const { directory, database } = instance;
    const { id } = await directory.createAgent(agent(memory('first-AbCdEf0123')), BY_ADMIN);
    await directory.patchAgent(id, memory('second-AbCdEf0123'), BY_ADMIN);
    await directory.patchAgent(id, { memory: null }, BY_ADMIN);
    const gone = await directory.createAgent(agent(memory('first-AbCdEf0123')), BY_ADMIN);
    await directory.deleteAgent(gone.id, BY_ADMIN);

    expect(await memoriesNamed(database.query)).toEqual(
      ['first-AbCdEf0123', 'second-AbCdEf0123'].map((memoryId) => ({
        ...{ memoryId, namespace: '/a/{actorId}', hashCaller: true, maxCharacters: 2000 },
      })),
    );
  });
});

describe('an agent in the store', () => {
  it('begins as version 1, with the defaults filled in for those who read', async () => {
    const created = await instance.directory.createAgent(agent({ name: 'Support' }), BY_ADMIN);

    expect(created).toMatchObject({
      name: 'Support',
      version: 1,
      modelId: MODEL,
      createdAt: '2026-01-01T00:00:00.000Z',
    });
    expect(instance.directory.findAgent(created.id)).toEqual(created);
    expect(await onServer(fresh.url, "SELECT input ->> 'modelId' AS model FROM agent_versions")).toEqual([
      { model: null },
    ]);
  });

  it('gets a next version with each change, and keeps those before', async () => {
    const { directory } = instance;
    const { id } = await directory.createAgent(agent({ greeting: 'Hello.' }), BY_ADMIN);

    clock.advance(1000);
    const second = await directory.patchAgent(id, { greeting: null, inference: { topP: 0.5 } }, BY_ADMIN);

    expect(second).toMatchObject({ version: 2, name: 'Orders', createdAt: '2026-01-01T00:00:01.000Z' });
    expect(second.inference).toEqual({ maxTokens: 1024, topP: 0.5, temperature: 0.7 });
    expect(second).not.toHaveProperty('greeting');
    expect(directory.findAgent(id)).toEqual(second);
    expect(await directory.loadAgent(id, 1)).toMatchObject({ version: 1, greeting: 'Hello.' });
  });

  it('is refused a patch that does not make an agent, and stays as it was', async () => {
    const { directory } = instance;
    const created = await directory.createAgent(agent(), BY_ADMIN);

    await expect(directory.patchAgent(created.id, { name: '', colour: 'blue' }, BY_ADMIN)).rejects.toMatchObject({
      code: 'REQUEST_INVALID',
      details: { errors: [{ field: 'name' }, { field: 'colour', message: 'unknown field' }] },
    });
    await expect(directory.patchAgent(created.id, { voiceId: 'nobody' }, BY_ADMIN)).rejects.toMatchObject({
      code: 'REQUEST_INVALID',
      details: { errors: [{ field: 'voiceId' }] },
    });

    expect(directory.findAgent(created.id)).toEqual(created);
    expect((await directory.listVersions(created.id, { limit: 10 })).items).toEqual([created]);
    expect(await audit()).toHaveLength(1);
  });

  it('rolls back to what an earlier version said, as the next version', async () => {
    const { directory } = instance;
    const { id } = await directory.createAgent(agent({ name: 'One' }), BY_ADMIN);
    await directory.patchAgent(id, { name: 'Two' }, BY_ADMIN);

    const third = await directory.rollbackAgent(id, 1, BY_ADMIN);

    expect(third).toMatchObject({ version: 3, name: 'One' });
    expect((await directory.listVersions(id, { limit: 10 })).items.map(({ name }) => name)).toEqual([
      'One',
      'Two',
      'One',
    ]);
  });

  it.each([0, -1, 2, 1.5, 2 ** 31, Number.MAX_SAFE_INTEGER, Number.NaN])(
    'does not roll back to version %d, which never was',
    async (version) => {
      const { id } = await instance.directory.createAgent(agent(), BY_ADMIN);

      await expect(instance.directory.rollbackAgent(id, version, BY_ADMIN)).rejects.toMatchObject({
        code: 'REQUEST_INVALID',
        details: { field: 'version' },
      });
      expect(await instance.directory.loadAgent(id, version)).toBeUndefined();
    },
  );

  it('is changed only upon the version that was looked at', async () => {
    const { directory } = instance;
    const { id } = await directory.createAgent(agent(), BY_ADMIN);
    await directory.patchAgent(id, { name: 'Two' }, { actor: ADMIN, ifVersion: 1 });

    const late = { actor: ADMIN, ifVersion: 1 };
    const conflict = { code: 'VERSION_CONFLICT', details: { latestVersion: 2 } };
    await expect(directory.patchAgent(id, { name: 'Three' }, late)).rejects.toMatchObject(conflict);
    await expect(directory.rollbackAgent(id, 1, late)).rejects.toMatchObject(conflict);
    await expect(directory.deleteAgent(id, late)).rejects.toMatchObject(conflict);

    expect(directory.findAgent(id)).toMatchObject({ version: 2, name: 'Two' });
  });

  it('is not deleted while numbers are answered by it', async () => {
    const { directory } = instance;
    const { id } = await directory.createAgent(agent(), BY_ADMIN);
    await directory.putNumber(e164(1), number(id), BY_ADMIN);
    await directory.putNumber(e164(0), number(id), BY_ADMIN);

    await expect(directory.deleteAgent(id, BY_ADMIN)).rejects.toMatchObject({
      code: 'CONFLICT',
      message: expect.stringContaining(`${e164(0)}, ${e164(1)}`),
      details: { numbers: [e164(0), e164(1)] },
    });

    expect(directory.findAgent(id)).toBeDefined();
  });

  it('that is deleted is gone, but for calls that had begun', async () => {
    const { directory } = instance;
    const created = await directory.createAgent(agent(), BY_ADMIN);

    await directory.deleteAgent(created.id, BY_ADMIN);

    expect(directory.findAgent(created.id)).toBeUndefined();
    expect((await directory.listAgents({ limit: 10 })).items).toEqual([]);
    expect(directory.findAgent(created.id, 1)).toEqual(created);
    expect(await directory.loadAgent(created.id, 1)).toEqual(created);
    expect((await directory.listVersions(created.id, { limit: 10 })).items).toEqual([created]);
    for (const change of [
      () => directory.patchAgent(created.id, { name: 'x' }, BY_ADMIN),
      () => directory.rollbackAgent(created.id, 1, BY_ADMIN),
      () => directory.deleteAgent(created.id, BY_ADMIN),
    ]) {
      await expect(change()).rejects.toMatchObject({ code: 'NOT_FOUND' });
    }
  });

  it('written by an earlier bridge gets the defaults of newer fields', async () => {
    await onServer(
      fresh.url,
      `WITH made AS (INSERT INTO agents (id, latest_version, created_in) VALUES ('agent_old', 1, 1))
       INSERT INTO agent_versions VALUES ('agent_old', 1, '{"name":"Old","systemPrompt":"x","dtmf":{}}', now(), 'a')`,
    );

    expect(await instance.directory.loadAgent('agent_old', 1)).toMatchObject({
      voiceId: 'matthew',
      dtmf: { terminator: '#', pauseMs: 2000, sensitive: false },
    });
  });
});

describe('a number in the store', () => {
  it('counts its versions up and tells what it was before', async () => {
    const { directory } = instance;
    const { id } = await directory.createAgent(agent(), BY_ADMIN);

    const first = await directory.putNumber(e164(0), number(id), BY_ADMIN);
    const second = await directory.putNumber(e164(0), number(id, { notice: 'Recorded.' }), BY_ADMIN);

    expect(first).toEqual({ before: undefined, number: expect.objectContaining({ number: e164(0), version: 1 }) });
    expect(second.before).toEqual(first.number);
    expect(second.number).toMatchObject({ version: 2, notice: 'Recorded.' });
    expect(directory.findNumber(e164(0))).toEqual(second.number);
  });

  it.each([
    [{ agentId: 'agent_none' }, ['agentId']],
    [{ agentId: '' }, ['agentId']],
    [{ agentVersion: 3 }, ['agentVersion']],
    [{ agentVersion: 2_147_483_647, canary: { agentVersion: 9, percent: 5 } }, ['agentVersion', 'canary.agentVersion']],
    [{ agentVersion: 1, canary: { agentVersion: 9, percent: 0 } }, ['canary.agentVersion']],
  ])('with %j names what never was, and is refused', async (fields, named) => {
    const { directory } = instance;
    const { id } = await directory.createAgent(agent(), BY_ADMIN);

    const put = directory.putNumber(e164(0), { ...number(id), ...fields }, BY_ADMIN);

    const { code, details } = await put.catch((error) => error);
    expect(code).toBe('REQUEST_INVALID');
    const { field, errors = [{ field }] } = details;
    expect(errors.map((each: { field: string }) => each.field)).toEqual(named);
    expect(directory.findNumber(e164(0))).toBeUndefined();
  });

  it('is not pointed at an agent that was deleted', async () => {
    const { id } = await instance.directory.createAgent(agent(), BY_ADMIN);
    await instance.directory.deleteAgent(id, BY_ADMIN);

    await expect(instance.directory.putNumber(e164(0), number(id), BY_ADMIN)).rejects.toMatchObject({
      code: 'REQUEST_INVALID',
      details: { field: 'agentId' },
    });
  });

  it.each(['', '+1', '4155550100', `+1415555010${'0'.repeat(5000)}`, NASTY, '+1415555\u00000100'])(
    'is refused as %j',
    async (text) => {
      const { id } = await instance.directory.createAgent(agent(), BY_ADMIN);

      await expect(instance.directory.putNumber(text, number(id), BY_ADMIN)).rejects.toMatchObject({
        code: 'REQUEST_INVALID',
        details: { field: 'number' },
      });
      await expect(instance.directory.deleteNumber(text, BY_ADMIN)).rejects.toMatchObject({ code: 'NOT_FOUND' });
      expect(instance.directory.findNumber(text)).toBeUndefined();
    },
  );

  it('keeps the pinned and the canary version at hand while it names them', async () => {
    const { directory } = instance;
    const { id } = await directory.createAgent(agent({ name: 'One' }), BY_ADMIN);
    await directory.patchAgent(id, { name: 'Two' }, BY_ADMIN);
    await directory.patchAgent(id, { name: 'Three' }, BY_ADMIN);
    await directory.putNumber(
      e164(0),
      number(id, { agentVersion: 1, canary: { agentVersion: 2, percent: 10 } }),
      BY_ADMIN,
    );

    const other = await openInstance(fresh.url);

    expect(other.directory.findAgent(id, 1)?.name).toBe('One');
    expect(other.directory.findAgent(id, 2)?.name).toBe('Two');
    expect(other.directory.findAgent(id)?.name).toBe('Three');
    await other.close();
  });

  it('is created only where there is none when that is asked', async () => {
    const { directory } = instance;
    const { id } = await directory.createAgent(agent(), BY_ADMIN);
    const onlyCreate = { actor: ADMIN, onlyCreate: true };

    await directory.putNumber(e164(0), number(id), onlyCreate);

    await expect(directory.putNumber(e164(0), number(id), onlyCreate)).rejects.toMatchObject({
      code: 'VERSION_CONFLICT',
    });
  });

  it('is changed and deleted only upon the version that was looked at', async () => {
    const { directory } = instance;
    const { id } = await directory.createAgent(agent(), BY_ADMIN);
    const late = { actor: ADMIN, ifVersion: 1 };
    await expect(directory.putNumber(e164(0), number(id), late)).rejects.toMatchObject({ code: 'VERSION_CONFLICT' });
    await directory.putNumber(e164(0), number(id), BY_ADMIN);
    await directory.putNumber(e164(0), number(id), late);

    await expect(directory.putNumber(e164(0), number(id), late)).rejects.toMatchObject({ code: 'VERSION_CONFLICT' });
    await expect(directory.deleteNumber(e164(0), late)).rejects.toMatchObject({ code: 'VERSION_CONFLICT' });
    await directory.deleteNumber(e164(0), { actor: ADMIN, ifVersion: 2 });

    expect(directory.findNumber(e164(0))).toBeUndefined();
    await expect(directory.deleteNumber(e164(0), BY_ADMIN)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });
});

describe('lists of the directory', () => {
  it('show agents newest first, each once, page by page, whatever is created meanwhile', async () => {
    const { directory } = instance;
    for (const name of ['A', 'B', 'C', 'D', 'E']) await directory.createAgent(agent({ name }), BY_ADMIN);

    const first = await directory.listAgents({ limit: 2 });
    await directory.createAgent(agent({ name: 'F' }), BY_ADMIN);
    await directory.patchAgent(first.items[0]!.id, { name: 'E2' }, BY_ADMIN);
    const second = await directory.listAgents({ limit: 2, cursor: first.nextCursor! });
    const third = await directory.listAgents({ limit: 2, cursor: second.nextCursor! });

    expect([first, second, third].flatMap(({ items }) => items.map(({ name }) => name))).toEqual([
      'E',
      'D',
      'C',
      'B',
      'A',
    ]);
    expect(third.nextCursor).toBeNull();
  });

  it('end without a cursor when the last page is full', async () => {
    await instance.directory.createAgent(agent(), BY_ADMIN);

    expect((await instance.directory.listAgents({ limit: 1 })).nextCursor).toBeNull();
  });

  it('show versions newest first and numbers in their order, of one agent if asked', async () => {
    const { directory } = instance;
    const one = await directory.createAgent(agent(), BY_ADMIN);
    const two = await directory.createAgent(agent(), BY_ADMIN);
    for (const name of ['b', 'c']) await directory.patchAgent(one.id, { name }, BY_ADMIN);
    for (const index of [3, 1, 2, 0]) {
      await directory.putNumber(e164(index), number(index % 2 === 0 ? one.id : two.id), BY_ADMIN);
    }

    const versions = await directory.listVersions(one.id, { limit: 2 });
    const numbers = await directory.listNumbers({ limit: 3 });

    expect(versions.items.map(({ version }) => version)).toEqual([3, 2]);
    expect(
      (await directory.listVersions(one.id, { limit: 2, cursor: versions.nextCursor! })).items.map(
        ({ version }) => version,
      ),
    ).toEqual([1]);
    expect(numbers.items.map((each) => each.number)).toEqual([e164(0), e164(1), e164(2)]);
    expect((await directory.listNumbers({ limit: 3, cursor: numbers.nextCursor! })).items).toHaveLength(1);
    expect((await directory.listNumbers({ limit: 3, agentId: one.id })).items.map((each) => each.number)).toEqual([
      e164(0),
      e164(2),
    ]);
  });

  it('of an agent that never was are NOT_FOUND', async () => {
    await expect(instance.directory.listVersions('agent_none', { limit: 1 })).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
  });

  it.each([
    '',
    'x',
    NASTY,
    '%00',
    Buffer.from('"a\\u0000"').toString('base64url'),
    Buffer.from('{}').toString('base64url'),
  ])('refuse the cursor %j', async (cursor) => {
    const { directory } = instance;
    const { id } = await directory.createAgent(agent(), BY_ADMIN);
    const refusal = { code: 'REQUEST_INVALID', details: { field: 'cursor' } };

    await expect(directory.listAgents({ limit: 1, cursor })).rejects.toMatchObject(refusal);
    await expect(directory.listVersions(id, { limit: 1, cursor })).rejects.toMatchObject(refusal);
    await expect(directory.listNumbers({ limit: 1, cursor })).rejects.toMatchObject(refusal);
  });
});

describe('the audit trail of the directory', () => {
  it('has each change, who made it, and how it was before and after', async () => {
    const { directory } = instance;
    const { id } = await directory.createAgent(agent({ name: 'One' }), BY_ADMIN);
    await directory.patchAgent(id, { name: 'Two' }, BY_ADMIN);
    await directory.rollbackAgent(id, 1, BY_ADMIN);
    await directory.putNumber(e164(0), number(id), BY_ADMIN);
    await directory.putNumber(e164(0), number(id, { recording: true }), BY_ADMIN);
    await directory.deleteNumber(e164(0), BY_ADMIN);
    await directory.deleteAgent(id, BY_ADMIN);

    const entries = await audit();

    expect(entries.map(({ action, subject }) => `${action} ${subject}`)).toEqual([
      `agent.created agent/${id}`,
      `agent.patched agent/${id}`,
      `agent.rolled-back agent/${id}`,
      `number.created number/${e164(0)}`,
      `number.changed number/${e164(0)}`,
      `number.deleted number/${e164(0)}`,
      `agent.deleted agent/${id}`,
    ]);
    expect(entries[0]).toMatchObject({ actor: ADMIN, at: '2026-01-01T00:00:00.000Z', before: null });
    expect(entries[1]).toMatchObject({ before: { version: 1, name: 'One' }, after: { version: 2, name: 'Two' } });
    expect(entries[4]).toMatchObject({ before: { recording: false }, after: { recording: true, version: 2 } });
    expect(entries[6]).toMatchObject({ before: { version: 3, name: 'One' }, after: null });
  });
});

describe('text in the directory', () => {
  it('comes back as it was written, whatever it says', async () => {
    const { directory } = instance;
    const written = agent({ name: NASTY.slice(0, 120), systemPrompt: NASTY.repeat(300) });
    const created = await directory.createAgent(written, { actor: { ...ADMIN, name: NASTY, id: NASTY } });
    await directory.putNumber(e164(0), number(created.id, { notice: NASTY }), BY_ADMIN);

    const other = await openInstance(fresh.url);

    expect(other.directory.findAgent(created.id)).toEqual(created);
    expect(other.directory.findNumber(e164(0))?.notice).toBe(NASTY);
    expect((await audit())[0]?.actor.name).toBe(NASTY);
    await other.close();
  });

  it('keeps the order of the properties of a tool, which the voice model reads', async () => {
    const inputSchema = { type: 'object' as const, properties: { zip: {}, a: {}, bb: {} }, required: ['zip'] };
    const tools = [{ kind: 'hang-up' as const, name: 'end', description: 'x', timeoutMs: 8000, inputSchema }];
    const { id } = await instance.directory.createAgent(agent({ tools }), BY_ADMIN);

    const other = await openInstance(fresh.url);

    expect(JSON.stringify(other.directory.findAgent(id)?.tools[0]?.inputSchema)).toBe(JSON.stringify(inputSchema));
    await other.close();
  });

  it.each([
    ['a NUL', 'a\u0000b'],
    ['half of a surrogate pair', 'a\ud800b'],
  ])('with %s is refused, by field, and nothing is half-done', async (_what, text) => {
    const { directory } = instance;
    const { id } = await directory.createAgent(agent(), BY_ADMIN);
    const invalid = (field: string) => ({ code: 'REQUEST_INVALID', details: { errors: [{ field }] } });

    await expect(directory.createAgent(agent({ name: text }), BY_ADMIN)).rejects.toMatchObject(invalid('name'));
    await expect(directory.patchAgent(id, { tools: [{ description: text }] }, BY_ADMIN)).rejects.toMatchObject(
      invalid('tools.0.description'),
    );
    await expect(directory.putNumber(e164(0), number(id, { notice: text }), BY_ADMIN)).rejects.toMatchObject(
      invalid('notice'),
    );
    await expect(directory.patchAgent(text, {}, BY_ADMIN)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(directory.deleteAgent(text, BY_ADMIN)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(directory.listVersions(text, { limit: 1 })).rejects.toMatchObject({ code: 'NOT_FOUND' });
    expect((await directory.listNumbers({ limit: 1, agentId: text })).items).toEqual([]);
    expect(await directory.loadAgent(text, 1)).toBeUndefined();
    expect(await audit()).toHaveLength(1);
  });

  it('in a thousand lists within lists is refused', async () => {
    const { id } = await instance.directory.createAgent(agent(), BY_ADMIN);
    const deep = JSON.parse(`${'['.repeat(20_000)}${']'.repeat(20_000)}`) as unknown;

    await expect(instance.directory.patchAgent(id, { tools: deep }, BY_ADMIN)).rejects.toMatchObject({
      code: 'REQUEST_INVALID',
    });
  });
});
