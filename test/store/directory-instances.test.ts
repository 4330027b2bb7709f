import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { BridgeError } from '../../src/errors.js';
import { ADMIN, agent, BY_ADMIN, e164, type Instance, number, openInstance, remembered } from './directory-rig.js';
import { onServer } from './on-server.js';
import { type FreshDatabase, freshDatabase } from './postgres.js';

let fresh: FreshDatabase;
let one: Instance;
let two: Instance;

beforeAll(async () => {
  fresh = await freshDatabase();
});

beforeEach(async () => {
  one = await openInstance(fresh.url);
  two = await openInstance(fresh.url);
});

afterEach(async () => {
  await one.close();
  await two.close();
  await onServer(fresh.url, 'TRUNCATE agents, agent_versions, numbers, audit_entries');
});

afterAll(async () => fresh.drop());

/** Notifications come by themselves; this asks until they have. */
const soon = (check: () => void) => vi.waitFor(check, { interval: 1, timeout: 60_000 });

const codesOf = async (changes: Promise<unknown>[]) =>
  (await Promise.allSettled(changes)).map((outcome) =>
    outcome.status === 'fulfilled' ? 'done' : (outcome.reason as BridgeError).code,
  );

describe('two instances on one store', () => {
  it('hear of the changes of each other', async () => {
    const { id } = await one.directory.createAgent(agent({ name: 'One' }), BY_ADMIN);
    await soon(() => expect(two.directory.findAgent(id)?.name).toBe('One'));

    await two.directory.patchAgent(id, { name: 'Two' }, BY_ADMIN);
    await two.directory.putNumber(e164(0), number(id, { agentVersion: 1 }), BY_ADMIN);
    await soon(() => expect(one.directory.findNumber(e164(0))).toEqual(two.directory.findNumber(e164(0))));
    expect(one.directory.findAgent(id)?.name).toBe('Two');
    expect(one.directory.findAgent(id, 1)?.name).toBe('One');

    await one.directory.deleteNumber(e164(0), BY_ADMIN);
    await one.directory.deleteAgent(id, BY_ADMIN);
    // A reading that is on its way sees what was deleted before it is told: either may go first.
    await soon(() =>
      expect([two.directory.findAgent(id), two.directory.findNumber(e164(0))]).toEqual([undefined, undefined]),
    );
  });

  it('tell who follows them of versions that may answer, wherever they were saved', async () => {
    const seen: string[][] = [];
    const stop = two.directory.follow(() => seen.push(two.directory.answering().map(({ name }) => name)));

    const { id } = await one.directory.createAgent(agent({ name: 'One' }), BY_ADMIN);
    await one.directory.putNumber(e164(0), number(id, { agentVersion: 1 }), BY_ADMIN);
    await one.directory.patchAgent(id, { name: 'Two' }, BY_ADMIN);
    await soon(() => expect(seen.at(-1)).toEqual(['Two', 'One']));
    await one.directory.deleteNumber(e164(0), BY_ADMIN);
    await soon(() => expect(seen.at(-1)).toEqual(['Two']));

    stop();
    await one.directory.deleteAgent(id, BY_ADMIN);
    await soon(() => expect(two.directory.findAgent(id)).toBeUndefined());
    expect(seen.at(-1)).toEqual(['Two']);
  });

  it('let one of two administrators win who change the same version at once', async () => {
    const { id } = await one.directory.createAgent(agent(), BY_ADMIN);
    const upon = { actor: ADMIN, ifVersion: 1 };

    const codes = await codesOf([
      one.directory.patchAgent(id, { name: 'A' }, upon),
      two.directory.patchAgent(id, { name: 'B' }, upon),
    ]);

    expect(codes.sort()).toEqual(['VERSION_CONFLICT', 'done']);
    expect((await one.directory.listVersions(id, { limit: 10 })).items).toHaveLength(2);
  });

  it('let every change without a condition become a version of its own', async () => {
    const { id } = await one.directory.createAgent(agent(), BY_ADMIN);

    await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        (index % 2 === 0 ? one : two).directory.patchAgent(id, { name: `n${index}` }, BY_ADMIN),
      ),
    );

    const versions = (await one.directory.listVersions(id, { limit: 100 })).items;
    expect(versions.map(({ version }) => version)).toEqual(Array.from({ length: 21 }, (_, index) => 21 - index));
    await soon(() => expect(one.directory.findAgent(id)).toEqual(versions[0]));
    await soon(() => expect(two.directory.findAgent(id)).toEqual(versions[0]));
  });

  it('let either the deletion of an agent or the number that is pointed at it succeed', async () => {
    for (let round = 0; round < 10; round++) {
      const { id } = await one.directory.createAgent(agent(), BY_ADMIN);

      const [deletion, put] = await codesOf([
        one.directory.deleteAgent(id, BY_ADMIN),
        two.directory.putNumber(e164(round), number(id), BY_ADMIN),
      ]);

      expect([
        ['done', 'REQUEST_INVALID'],
        ['CONFLICT', 'done'],
      ]).toContainEqual([deletion, put]);
    }
  });

  it('let one of two create the same number', async () => {
    const { id } = await one.directory.createAgent(agent(), BY_ADMIN);
    await soon(() => expect(two.directory.findAgent(id)).toBeDefined());
    const onlyCreate = { actor: ADMIN, onlyCreate: true };

    const codes = await codesOf([
      one.directory.putNumber(e164(0), number(id), onlyCreate),
      two.directory.putNumber(e164(0), number(id), onlyCreate),
    ]);

    expect(codes.sort()).toEqual(['VERSION_CONFLICT', 'done']);
  });

  it('know what was changed while neither was connected to hear of it', async () => {
    const { id } = await one.directory.createAgent(agent(), BY_ADMIN);
    await soon(() => expect(two.directory.findAgent(id)).toBeDefined());

    // The change of a third while the listening connection of the second is cut.
    await onServer(
      fresh.url,
      `WITH cut AS (SELECT pg_terminate_backend(pid) FROM pg_stat_activity
         WHERE datname = current_database() AND application_name = 'oratio-voice-bridge listening'),
       counted AS (UPDATE directory_changes SET count = count + 1),
       named AS (INSERT INTO agent_versions SELECT agent_id, 2, '{"name":"Quiet","systemPrompt":"x"}', now(), 'b'
         FROM agent_versions WHERE (SELECT count(*) FROM cut) > 0)
       UPDATE agents SET latest_version = 2`,
    );

    await soon(() => expect(one.directory.findAgent(id)?.name).toBe('Quiet'));
    await soon(() => expect(two.directory.findAgent(id)?.name).toBe('Quiet'));
  });
});

/** Changes of two administrators on two instances, some of which cannot be done. */
const changes = fc.array(
  fc.record({
    instance: fc.constantFrom(0, 1),
    kind: fc.constantFrom('create', 'patch', 'rollback', 'delete', 'put', 'put', 'unput'),
    agentIndex: fc.nat(3),
    numberIndex: fc.nat(2),
    version: fc.integer({ min: 1, max: 4 }),
    isConditional: fc.boolean(),
    isAwaited: fc.boolean(),
  }),
  { minLength: 1, maxLength: 25 },
);

describe('any sequence of changes on two instances', () => {
  it('leaves the memory of both equal to the store', async () => {
    const agentIds: string[] = [];
    const numbers = [e164(0), e164(1), e164(2)];

    await fc.assert(
      fc.asyncProperty(changes, async (steps) => {
        const running: Promise<unknown>[] = [];
        for (const { instance, kind, agentIndex, numberIndex, version, isConditional, isAwaited } of steps) {
          const { directory } = instance === 0 ? one : two;
          const id = agentIds.at(-1 - agentIndex) ?? 'agent_none';
          const to = numbers[numberIndex]!;
          const by = isConditional ? { actor: ADMIN, ifVersion: version } : BY_ADMIN;
          const fields = isConditional ? { agentVersion: version } : { canary: { agentVersion: version, percent: 50 } };
          const run = {
            create: async () => agentIds.push((await directory.createAgent(agent(), BY_ADMIN)).id),
            patch: () => directory.patchAgent(id, { name: `v${version}` }, by),
            rollback: () => directory.rollbackAgent(id, version, BY_ADMIN),
            delete: () => directory.deleteAgent(id, BY_ADMIN),
            put: () => directory.putNumber(to, number(id, version > 2 ? {} : fields), BY_ADMIN),
            unput: () => directory.deleteNumber(to, by),
          }[kind];
          const change = run().catch((error: unknown) => {
            if (!(error instanceof BridgeError)) throw error;
          });
          if (isAwaited) await change;
          else running.push(change);
        }
        await Promise.all(running);

        const third = await openInstance(fresh.url);
        const stored = remembered(third.directory, agentIds, numbers);
        await third.close();
        await soon(() => expect(remembered(one.directory, agentIds, numbers)).toEqual(stored));
        await soon(() => expect(remembered(two.directory, agentIds, numbers)).toEqual(stored));
        const listed = (await one.directory.listAgents({ limit: 1000 })).items;
        expect(listed.map(({ id }) => id).sort()).toEqual(
          agentIds.filter((id) => one.directory.findAgent(id) !== undefined).sort(),
        );
      }),
      { numRuns: 25 },
    );
  });
});
