import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Actor } from '../../src/access/actor.js';
import { FakeClock, realClock } from '../../src/clock.js';
import type { CreatorJobs, StageRecord } from '../../src/creator/job.js';
import type { JobQueue } from '../../src/jobs/queue.js';
import { createLog } from '../../src/log.js';
import { storedCreatorJobs } from '../../src/store/creator-jobs.js';
import { CREATOR_JOB_DAYS, retainCreatorJobs } from '../../src/store/creator-retention.js';
import { connectDatabase, type Database } from '../../src/store/database.js';
import { storedJobs } from '../../src/store/jobs.js';
import { onServer } from './on-server.js';
import { type FreshDatabase, freshDatabase } from './postgres.js';

const ACTOR: Actor = { id: 'token_1', name: 'Ada', role: 'admin' };
const NEW = {
  id: 'job-1',
  input: { sop: 'Greet the caller and ask for the order number.', number: '+14155550100', canaryPercent: 10 },
  sopSha256: 'ab'.repeat(32),
  actor: ACTOR,
  owner: 'ada',
  agentId: 'agent_1',
  baseVersion: null,
  createdAt: '2026-01-01T00:00:00.000Z',
} as const;
const BEGUN = { seq: 1, stage: 'parse-sop', round: 1, startedAt: '2026-01-01T00:00:01.000Z' } as const;
const DONE: StageRecord = {
  ...BEGUN,
  state: 'done',
  endedAt: '2026-01-01T00:00:02.000Z',
  modelId: 'amazon.nova-pro-v1:0',
  promptVersion: '1',
  usage: { inputTokens: 100, outputTokens: 20 },
  repairs: 1,
  output: { title: 'Returns', list: [1, null], text: 'naïve “quotes”\n\\n' },
  findings: [{ file: 'sop', rule: 'quote-not-verbatim', line: null, message: 'x' }],
  error: null,
};

let fresh: FreshDatabase;
let databases: Database[];
let clock: FakeClock;
let queue: JobQueue;
/** Of two instances. */
let one: CreatorJobs;
let two: CreatorJobs;

beforeEach(async () => {
  fresh = await freshDatabase();
  clock = new FakeClock();
  const log = createLog('silent');
  databases = [1, 2].map(() => connectDatabase({ url: fresh.url, clock: realClock(), log, maxConnections: 4 }));
  [one, two] = databases.map((database) => storedCreatorJobs({ database, clock })) as [CreatorJobs, CreatorJobs];
  queue = storedJobs({ database: databases[0]!, clock });
});
afterEach(async () => {
  for (const database of databases) await database.close();
  await fresh.drop();
});

const running = async (more: Partial<typeof NEW> = {}) => {
  const job = await one.create({ ...NEW, ...more });
  await one.move(job.id, ['queued'], 'running');
  return job;
};

describe('a creator job', () => {
  it('comes out as it was put in, waits, and is entered in the queue as one with it', async () => {
    const created = await one.create(NEW);

    expect(created).toEqual({
      ...NEW,
      state: 'queued',
      reason: null,
      version: 1,
      updatedAt: '2026-01-01T00:00:00.000Z',
      stages: [],
      approvedBy: null,
      published: null,
    });
    expect(await two.find(NEW.id)).toEqual(created);
    expect(await two.glance(NEW.id)).toEqual(created);
    expect(await two.glance('other')).toBeUndefined();
    expect(await two.find('other')).toBeUndefined();
    expect(await two.find('a\0b')).toBeUndefined();
    expect((await queue.claim(['creator'], 10, 1000)).map(({ payload }) => payload)).toEqual([{ jobId: 'job-1' }]);
  });

  it('that cannot be kept is in the queue no more than on record', async () => {
    await one.create(NEW);

    await expect(one.create(NEW)).rejects.toThrow();
    await expect(one.create({ ...NEW, id: 'job-2', owner: 'a\0b' })).rejects.toMatchObject({ code: 'REQUEST_INVALID' });
    expect(await queue.claim(['creator'], 10, 1000)).toHaveLength(1);
  });

  it('is the next version of its agent, also when many are entered at once on two instances', async () => {
    const jobs = await Promise.all(
      Array.from({ length: 12 }, (_, index) =>
        (index % 2 ? one : two).create({ ...NEW, id: `job-${index}`, agentId: index < 8 ? 'agent_1' : 'agent_2' }),
      ),
    );
    const versions = (agentId: string) =>
      jobs
        .filter((job) => job.agentId === agentId)
        .map(({ version }) => version)
        .sort((a, b) => a - b);

    expect(versions('agent_1')).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    expect(versions('agent_2')).toEqual([1, 2, 3, 4]);
  });

  it('moves from the states that are named only, and once', async () => {
    await one.create(NEW);
    clock.advance(5000);
    const moves = await Promise.all([
      ...[one, two, one, two].map((jobs) => jobs.move(NEW.id, ['queued'], 'running', { reason: 'begun' })),
      one.move(NEW.id, ['published', 'failed'], 'cancelled'),
      one.move('other', ['queued'], 'running'),
    ]);

    expect(moves.filter(Boolean)).toEqual([true]);
    expect(await two.find(NEW.id)).toMatchObject({
      state: 'running',
      reason: 'begun',
      updatedAt: '2026-01-01T00:00:05.000Z',
    });
  });

  it('keeps who approved it and what was published, and forgets the reason of the state before', async () => {
    await running();
    await one.move(NEW.id, ['running'], 'needs_attention', { reason: 'look \0' });
    const reason = (await one.find(NEW.id))?.reason;
    await one.move(NEW.id, ['needs_attention'], 'publishing', { approvedBy: ACTOR });
    const published = { agentVersion: 3, runtimeArn: null, number: '+14155550100' };
    await one.move(NEW.id, ['publishing'], 'published', { published });

    expect(reason).toBe('look \ufffd');
    expect(await one.find(NEW.id)).toMatchObject({ state: 'published', reason: null, approvedBy: ACTOR, published });
  });
});

describe('a stage', () => {
  it('is begun in a running job only, and kept when it has ended', async () => {
    await one.create(NEW);
    const tooEarly = await one.beginStage(NEW.id, BEGUN);
    await one.move(NEW.id, ['queued'], 'running');
    const begun = await one.beginStage(NEW.id, BEGUN);
    const stage = (await two.find(NEW.id))?.stages[0];
    await two.endStage(NEW.id, DONE);

    expect([tooEarly, begun]).toEqual([false, true]);
    expect(stage).toMatchObject({ ...BEGUN, state: 'running', endedAt: null, output: null, findings: [] });
    expect((await one.find(NEW.id))?.stages).toEqual([DONE]);
  });

  it('that was broken off is begun again under its number; one that has ended, or another one, is not', async () => {
    await running();
    await one.beginStage(NEW.id, BEGUN);
    const again = await two.beginStage(NEW.id, { ...BEGUN, startedAt: '2026-01-01T00:01:00.000Z' });
    const startedAt = (await one.find(NEW.id))?.stages[0]?.startedAt;
    const other = await two.beginStage(NEW.id, { ...BEGUN, stage: 'parse-voice' });
    await one.endStage(NEW.id, DONE);

    expect([again, startedAt, other]).toEqual([true, '2026-01-01T00:01:00.000Z', false]);
    expect(await one.beginStage(NEW.id, BEGUN)).toBe(false);
    expect(await one.beginStage(NEW.id, { ...BEGUN, seq: 2, stage: 'parse-voice' })).toBe(true);
  });

  it('keeps what came of it first', async () => {
    await running();
    await one.beginStage(NEW.id, BEGUN);
    await one.endStage(NEW.id, DONE);
    await two.endStage(NEW.id, { ...DONE, state: 'failed', error: 'late' });
    await two.endStage(NEW.id, { ...DONE, seq: 7 });

    expect((await one.find(NEW.id))?.stages).toEqual([DONE]);
  });

  it('that failed tells whether it is tried again, and keeps what no database can keep as far as that goes', async () => {
    await running();
    await one.beginStage(NEW.id, BEGUN);
    await one.endStage(NEW.id, { ...DONE, state: 'failed', error: 'busy\0', output: { a: '\ud800' }, retryable: true });

    expect((await one.find(NEW.id))?.stages[0]).toMatchObject({
      state: 'failed',
      error: 'busy\ufffd',
      output: { a: '\ufffd' },
      retryable: true,
    });
  });

  it('of a job that is ended meanwhile is not begun', async () => {
    await running();
    const [begun, moved] = await Promise.all([
      one.beginStage(NEW.id, BEGUN),
      two.move(NEW.id, ['running'], 'cancelled'),
    ]);
    const later = await one.beginStage(NEW.id, { ...BEGUN, seq: 2 });

    expect(moved).toBe(true);
    expect(typeof begun).toBe('boolean');
    expect(later).toBe(false);
  });
});

describe('a list of jobs', () => {
  it('is newest first, in pages, by state, and without procedures and outputs', async () => {
    for (let index = 1; index <= 5; index++) {
      const createdAt = `2026-01-0${Math.ceil(index / 2)}T00:00:00.000Z`;
      await one.create({ ...NEW, id: `job-${index}`, createdAt } as typeof NEW);
    }
    await one.move('job-2', ['queued'], 'running');
    await one.beginStage('job-2', BEGUN);
    await one.endStage('job-2', DONE);
    const pages: string[][] = [];
    let cursor: string | undefined;
    do {
      const page = await two.list({ limit: 2, cursor });
      pages.push(page.items.map(({ id }) => id));
      cursor = page.nextCursor ?? undefined;
    } while (cursor !== undefined);
    const { items } = await two.list({ limit: 10, state: 'running' });

    expect(pages).toEqual([['job-5', 'job-4'], ['job-3', 'job-2'], ['job-1']]);
    expect(items.map(({ id }) => id)).toEqual(['job-2']);
    expect(items[0]?.input).toEqual({ ...NEW.input, sop: NEW.input.sop.slice(0, 200) });
    expect(items[0]?.stages).toEqual([{ ...DONE, output: null }]);
    await expect(two.list({ limit: 2, cursor: 'mine' })).rejects.toMatchObject({ code: 'REQUEST_INVALID' });
  });
});

describe('whoever listens', () => {
  it('hears of every change on any instance, until that is ended', async () => {
    const heard: string[] = [];
    const end = two.onChanged((id) => heard.push(id));
    const hears = async (act: () => Promise<unknown>) => {
      heard.length = 0;
      await act();
      await vi.waitFor(() => expect(heard).toContain(NEW.id), { interval: 1, timeout: 60_000 });
    };
    await one.create(NEW);
    // The connection that hears it stands by now or is made.
    await vi.waitFor(
      async () => {
        await onServer(fresh.url, "SELECT pg_notify('oratio_creator', 'hello')");
        expect(heard).toContain('hello');
      },
      { interval: 1, timeout: 60_000 },
    );

    await hears(() => one.move(NEW.id, ['queued'], 'running'));
    await hears(() => one.beginStage(NEW.id, BEGUN));
    await hears(() => one.endStage(NEW.id, DONE));
    end();
  });
});

describe('creator jobs that are over', () => {
  const DAY_MS = 86_400_000;
  const later = (days: number) => {
    clock.advance(days * DAY_MS);
    return retainCreatorJobs({ database: databases[0]!, clock });
  };
  const over = async (id: string, state: 'cancelled' | 'published' | 'awaiting_approval', agentId: string = id) => {
    await one.create({ ...NEW, id, agentId });
    await one.move(id, ['queued'], 'running');
    for (const [index, stage] of (
      ['parse-sop', 'write-code', 'review-code', 'write-code', 'review-code'] as const
    ).entries()) {
      const record = { ...DONE, seq: index + 1, stage };
      await one.beginStage(id, record);
      await one.endStage(id, record);
    }
    await one.move(id, ['running'], state);
  };
  const outputsOf = async (id: string) => (await one.find(id))?.stages.map(({ output }) => output !== null);

  it('go after three months with all that was made, and an entry says so', async () => {
    await over('gone', 'cancelled');
    await over('waits', 'awaiting_approval');
    await over('out', 'published');

    expect(await later(CREATOR_JOB_DAYS - 1)).toBe(0);
    expect(await later(2)).toBe(1);
    expect((await two.list({ limit: 10 })).items.map(({ id }) => id).sort()).toEqual(['out', 'waits']);
    expect(await onServer(fresh.url, 'SELECT action, actor_name, before FROM audit_entries')).toMatchObject([
      { action: 'creator-jobs.expired', before: { jobs: 1, retentionDays: CREATOR_JOB_DAYS } },
    ]);
  });

  it('tell nothing when there is nothing to do', async () => {
    await over('gone', 'cancelled');
    await over('out', 'published');
    await later(CREATOR_JOB_DAYS + 1);
    await later(1);

    expect(await onServer(fresh.url, 'SELECT FROM audit_entries')).toHaveLength(1);
  });

  it('keep of a published one what its manifest speaks of', async () => {
    await over('out', 'published');

    await later(CREATOR_JOB_DAYS + 1);

    expect(await outputsOf('out')).toEqual([true, false, false, false, true]);
  });

  it('keep the latest one of an agent that is there, from which its versions are counted on', async () => {
    await over('first', 'cancelled', 'agent_1');
    await over('second', 'cancelled', 'agent_1');
    await onServer(fresh.url, "INSERT INTO agents (id, latest_version, created_in) VALUES ('agent_1', 1, 1)");

    expect(await later(CREATOR_JOB_DAYS + 1)).toBe(1);
    expect(await one.find('first')).toBeUndefined();
    expect((await one.create({ ...NEW, id: 'third', agentId: 'agent_1' })).version).toBe(3);
  });
});

describe('a creator job that is let go on', () => {
  const FAILED: StageRecord = { ...DONE, state: 'failed', output: null, findings: [], error: 'not let in' };
  const failed = async () => {
    await running();
    await one.beginStage(NEW.id, BEGUN);
    await one.endStage(NEW.id, FAILED);
    await one.move(NEW.id, ['running'], 'failed', { reason: 'Not let in.' });
  };

  it('runs again, remembers at which stage and who has asked, and is entered in the queue as one with it', async () => {
    await failed();
    await queue.claim(['creator'], 10, 1000);

    expect(await two.retry(NEW.id, ACTOR)).toBe(true);

    const retried = { at: '2026-01-01T00:00:00.000Z', by: ACTOR };
    expect(await one.find(NEW.id)).toMatchObject({
      ...{ state: 'running', reason: null },
      stages: [{ ...FAILED, retried }],
    });
    expect((await one.glance(NEW.id))?.stages).toMatchObject([{ output: null, retried }]);
    expect(await queue.claim(['creator'], 10, 1000)).toMatchObject([{ payload: { jobId: NEW.id } }]);
  });

  it('is let go on by one of two, and only when it has failed', async () => {
    await failed();

    const both = await Promise.all([one.retry(NEW.id, ACTOR), two.retry(NEW.id, ACTOR)]);

    expect(both.sort()).toEqual([false, true]);
    expect(await one.retry(NEW.id, ACTOR)).toBe(false);
    expect(await one.retry('none', ACTOR)).toBe(false);
  });

  it('can fail and be let go on as often as it takes', async () => {
    await failed();
    await queue.claim(['creator'], 10, 1000);
    await one.retry(NEW.id, ACTOR);
    await one.beginStage(NEW.id, { ...BEGUN, seq: 2 });
    await one.endStage(NEW.id, { ...FAILED, seq: 2 });
    await one.move(NEW.id, ['running'], 'failed', { reason: 'Not let in.' });

    expect(await one.retry(NEW.id, ACTOR)).toBe(true);

    expect((await one.find(NEW.id))?.stages.map(({ retried }) => retried?.by)).toEqual([ACTOR, ACTOR]);
    expect(await queue.claim(['creator'], 10, 1000)).toHaveLength(2);
  });
});
