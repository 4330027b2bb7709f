import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { CreatorPorts } from '../../src/admin/creator.js';
import { creatorApproval } from '../../src/creator/approval.js';
import { creatorPipeline } from '../../src/creator/creator.js';
import type { CreatorJobs } from '../../src/creator/job.js';
import { randomIds } from '../../src/ids.js';
import { createLog } from '../../src/log.js';
import { addStage, CODE, finishedJob, PROMPT, REQUIREMENTS, SOP } from '../creator/finished-job.js';
import { type OpenedStore, openFreshStore } from '../store/opened-store.js';
import { readEvents } from './event-reader.js';
import { ADMIN_TOKEN, type Api, startApi } from './rig.js';

const RUNTIME = 'arn:aws:bedrock-agentcore:us-east-1:123456789012:runtime/loader-AbCdEf0123';
const JOBS = '/api/creator/jobs';

let opened: OpenedStore;
let api: Api;
let jobs: CreatorJobs;
/** Approved jobs that nobody has taken up. */
let entered: string[] = [];
let publish: (id: string) => Promise<void>;

const unused = () => Promise.reject(new Error('nobody asks for it here'));

beforeAll(async () => {
  opened = await openFreshStore();
  const { store, clock } = opened;
  jobs = store.creatorJobs;
  const log = createLog('silent');
  const writer = { write: unused, point: async () => undefined, unpoint: async () => true };
  const pipeline = creatorPipeline({
    ...{ jobs, clock, log, ids: randomIds(), writer, voices: ['tiffany'], rehearsals: [] },
    author: { modelId: 'none', ask: unused },
    gates: { checkCode: unused, checkPrompt: () => [] },
    latestVersion: async (agentId) => store.directory.findAgent(agentId)?.version,
  });
  const approval = creatorApproval({
    ...{ jobs, writer, audit: store.audit, clock, log, directory: store.directory, directoryStore: store.directory },
    deployment: { deploy: async () => ({ runtimeArn: RUNTIME, payload: { prompt: '{{input.prompt}}' } }) },
    async enqueue(jobId) {
      entered.push(jobId);
    },
  });
  publish = (id) => approval.publish(id, new AbortController().signal);
  const creator: CreatorPorts = {
    jobs,
    start: (input, actor) => pipeline.start(input, actor, actor.id),
    approve: approval.approve,
    retry: pipeline.retry,
    cancel: pipeline.cancel,
  };
  api = await startApi({ opened, more: { creator } });
});
afterAll(async () => {
  await api.close();
  await opened.close();
});
let count = 0;
let id: string;
let number: string;
beforeEach(() => {
  entered = [];
  count++;
  id = `job-${count}`;
  number = `+141555501${String(count).padStart(2, '0')}`;
});

const finished = (input = {}) => finishedJob(jobs, { id, agentId: `agent_${id}`, input });
const start = (body: unknown, headers: Record<string, string> = {}) => api.api('POST', JOBS, { body, headers });
const fieldsOf = (body: { errors?: { field: string }[] }) => (body.errors ?? []).map(({ field }) => field).sort();
const auditOf = async (job: string) =>
  (await api.api('GET', `/api/audit?subject=creator-job/${job}`)).body.items as {
    action: string;
    before: unknown;
    after: unknown;
  }[];

describe('a creator job', () => {
  it('is begun, answered with 202 and where to find it, and entered in the audit trail', async () => {
    const { status, headers, body } = await start({ sop: SOP, number, voicePersonality: 'Warm.' });

    expect(status).toBe(202);
    expect(headers.location).toBe(`${JOBS}/${body.id}`);
    expect(body).toMatchObject({
      ...{ state: 'queued', title: 'Returns', number, version: 1, baseVersion: null, stages: [], evidence: null },
      input: { sop: SOP, number, voicePersonality: 'Warm.' },
      actor: { id: 'admin-token' },
    });
    expect((await api.api('GET', headers.location!)).body).toEqual(body);
    expect(await auditOf(body.id)).toMatchObject([
      { action: 'creator-job.started', before: null, after: { sopSha256: body.sopSha256, number } },
    ]);
  });

  it.each<[string, unknown, string[]]>([
    ['nothing', {}, ['sop']],
    ['no object', [], ['body']],
    [
      'everything at once',
      {
        sop: ' ',
        voicePersonality: 'x\ufffd',
        knowledgeBaseId: 'short',
        agentId: 'agent_none',
        number: '+1415',
        canaryPercent: 100,
        colour: 'blue',
      },
      ['agentId', 'canaryPercent', 'colour', 'knowledgeBaseId', 'number', 'sop', 'voicePersonality'],
    ],
    ['a canary of no number', { sop: SOP, canaryPercent: 10 }, ['canaryPercent']],
    [
      'a canary of a number that nobody answers',
      { sop: SOP, number: '+14155550199', canaryPercent: 10 },
      ['canaryPercent'],
    ],
    ['an agent that is not there', { sop: SOP, agentId: 'agent_none' }, ['agentId']],
    ['a procedure that is too long', { sop: 'word '.repeat(60_000) }, ['sop']],
    ['a procedure of another type', { sop: 7 }, ['sop']],
  ])('is refused with %s, and every bad field is named', async (_what, body, fields) => {
    const answer = await start(body);

    expect([answer.status, answer.body.code]).toEqual([400, 'REQUEST_INVALID']);
    expect(fieldsOf(answer.body)).toEqual(fields);
  });

  it('may share the calls of a number that its agent answers', async () => {
    const agent = await api.agent();
    await api.api('PUT', `/api/numbers/${number}`, { body: { agentId: agent.id } });

    const { status, body } = await start({ sop: SOP, agentId: agent.id, number, canaryPercent: 25 });

    expect(status).toBe(202);
    expect(body).toMatchObject({ agentId: agent.id, baseVersion: 1, canaryPercent: 25 });
  });

  it('is begun once for an Idempotency-Key', async () => {
    const first = await start({ sop: SOP }, { 'idempotency-key': id });
    const second = await start({ sop: SOP }, { 'idempotency-key': id });
    const other = await start({ sop: `${SOP}More.` }, { 'idempotency-key': id });

    expect([second.status, second.headers['idempotent-replayed']]).toEqual([202, 'true']);
    expect(second.body).toEqual(first.body);
    expect(second.headers.location).toBe(first.headers.location);
    expect([other.status, fieldsOf(other.body)]).toEqual([422, ['Idempotency-Key']]);
  });

  it('shows stages with what they have made, findings, evidence and coverage', async () => {
    await finished();

    const { body, headers } = await api.api('GET', `${JOBS}/${id}`);
    const again = await api.api('GET', `${JOBS}/${id}`, { headers: { 'if-none-match': headers.etag! } });

    expect(body.state).toBe('awaiting_approval');
    expect(body.stages[0]).toMatchObject({ seq: 1, stage: 'parse-sop', state: 'done', output: { title: 'Returns' } });
    expect(body.usage).toEqual({ inputTokens: 120, outputTokens: 24 });
    expect(body.evidence.had).toEqual(['text']);
    expect(body.evidence.coverage.map(({ state }: { state: string }) => state)).toEqual([
      'covered',
      'covered',
      'not-rehearsed',
    ]);
    expect(again.status).toBe(304);
  });

  it('shows its files as they were made', async () => {
    await finished();
    const fileOf = (name: string) => api.api('GET', `${JOBS}/${id}/files/${name}`);

    const program = await fileOf('agent.py');

    expect([program.status, program.text]).toEqual([200, CODE.agentPy]);
    expect(program.headers).toMatchObject({ 'content-type': 'text/plain; charset=utf-8' });
    expect((await fileOf('requirements.txt')).text).toBe(CODE.requirementsTxt);
    expect((await fileOf('full_prompt.md')).text).toBe(PROMPT.fullPrompt);
    expect((await fileOf('voice_prompt.md')).text).toBe(PROMPT.voicePrompt);
    expect((await fileOf('sop.md')).text).toBe(SOP);
    expect((await fileOf('passwd')).status).toBe(400);
  });

  it('has no files before they are made', async () => {
    const { body } = await start({ sop: SOP });

    expect((await api.api('GET', `${JOBS}/${body.id}/files/agent.py`)).status).toBe(404);
  });

  it('is listed newest first, by its state, without what was made', async () => {
    await finished();
    const { body } = await start({ sop: SOP });

    const all = await api.api('GET', `${JOBS}?limit=1`);
    const next = await api.api('GET', `${JOBS}?limit=200&cursor=${all.body.nextCursor}`);
    const waiting = await api.api('GET', `${JOBS}?state=awaiting_approval&limit=200`);

    expect(all.body.items).toMatchObject([{ id: body.id, title: 'Returns' }]);
    expect(next.body.items.map((job: { id: string }) => job.id)).not.toContain(body.id);
    expect(waiting.body.items.map((job: { id: string }) => job.id)).toContain(id);
    const job = waiting.body.items.find((each: { id: string }) => each.id === id);
    expect(job.stages.map(({ stage }: { stage: string }) => stage)).toContain('write-code');
    expect(JSON.stringify(job)).not.toContain(CODE.agentPy.slice(0, 5));
    expect((await api.api('GET', `${JOBS}?state=asleep`)).status).toBe(400);
  });

  it('that is not there is not found', async () => {
    for (const [method, path] of [
      ['GET', ''],
      ['GET', '/events'],
      ['GET', '/files/agent.py'],
      ['POST', '/approve'],
      ['POST', '/retry'],
      ['POST', '/cancel'],
    ] as const) {
      expect([path, (await api.api(method, `${JOBS}/none${path}`)).status]).toEqual([path, 404]);
    }
  });
});

describe('the events of a creator job', () => {
  it('tell how it goes on, without what was made, until it is over', async () => {
    const { body } = await start({ sop: SOP });
    const stream = await readEvents(`${await api.listen()}${JOBS}/${body.id}/events`, {
      authorization: `Bearer ${ADMIN_TOKEN}`,
    });
    await stream.kind('progress');

    await jobs.move(body.id, ['queued'], 'running');
    await addStage(jobs, body.id, 1, 'parse-sop', REQUIREMENTS, {
      findings: [{ file: 'sop', rule: 'item-missing', line: 3, message: 'Item 3 is not there.' }],
    });
    await jobs.move(body.id, ['running'], 'needs_attention', { reason: 'Item 3 is not there.' });
    await stream.kind('end');

    const last = stream.events.at(-2);
    expect(last).toMatchObject({
      kind: 'progress',
      data: {
        state: 'needs_attention',
        reason: 'Item 3 is not there.',
        stages: [{ stage: 'parse-sop', findings: [{ rule: 'item-missing', line: 3 }] }],
      },
    });
    expect(last?.data.stages[0]).not.toHaveProperty('output');
    const again = await fetch(`${await api.listen()}${JOBS}/${body.id}/events`, {
      headers: { authorization: `Bearer ${ADMIN_TOKEN}`, 'last-event-id': 'end' },
    });
    expect(again.status).toBe(204);
  });
});

describe('the approval of a creator job', () => {
  const approve = (headers: Record<string, string> = {}) => api.api('POST', `${JOBS}/${id}/approve`, { headers });

  it('publishes the agent and points the number to it', async () => {
    const { agentId } = await finished({ number });

    const { status, body } = await approve();
    await publish(id);

    expect([status, body.state, body.approvedBy.id]).toEqual([202, 'publishing', 'admin-token']);
    expect(entered).toEqual([id]);
    expect((await api.api('GET', `${JOBS}/${id}`)).body).toMatchObject({
      state: 'published',
      published: { agentVersion: 1, runtimeArn: RUNTIME, number },
    });
    expect((await api.api('GET', `/api/agents/${agentId}`)).body).toMatchObject({ name: 'Returns desk' });
    expect((await api.api('GET', `/api/numbers/${number}`)).body).toMatchObject({ agentId });
    expect(await auditOf(id)).toMatchObject([
      { action: 'creator-job.published', after: { agentId, agentVersion: 1, number } },
      { action: 'creator-job.approved', before: { state: 'awaiting_approval' }, after: { state: 'publishing' } },
    ]);
  });

  it('is given once: of two at once the other is told so', async () => {
    await finished();

    const both = await Promise.all([approve(), approve()]);

    expect(both.map(({ status }) => status).sort()).toEqual([202, 409]);
    expect(both.find(({ status }) => status === 409)?.body).toMatchObject({
      code: 'CONFLICT',
      detail: expect.stringContaining('approved already'),
    });
  });

  it('may demand that the job is as it was looked at', async () => {
    await finished();
    const { headers } = await api.api('GET', `${JOBS}/${id}`);

    const stale = await approve({ 'if-match': '"other"' });
    const fresh = await approve({ 'if-match': headers.etag! });

    expect([stale.status, stale.body.code]).toEqual([412, 'VERSION_CONFLICT']);
    expect(fresh.status).toBe(202);
  });

  it('is not given to what is not ready or was cancelled', async () => {
    await finished();

    const cancelled = await api.api('POST', `${JOBS}/${id}/cancel`);
    const approved = await approve();
    const again = await api.api('POST', `${JOBS}/${id}/cancel`);

    expect([cancelled.status, cancelled.body.state]).toEqual([200, 'cancelled']);
    expect([approved.status, approved.body.detail]).toEqual([409, expect.stringContaining('was cancelled')]);
    expect(again.status).toBe(409);
    expect(await auditOf(id)).toMatchObject([
      { action: 'creator-job.cancelled', before: { state: 'awaiting_approval' }, after: { state: 'cancelled' } },
    ]);
  });

  it('is a matter of administrators; others may look', async () => {
    await finished();
    const { token } = await api.tokenOf('viewer');
    const operator = await api.tokenOf('operator');

    expect((await api.api('GET', `${JOBS}/${id}`, { token })).status).toBe(200);
    for (const path of ['', `/${id}/approve`, `/${id}/retry`, `/${id}/cancel`]) {
      expect((await api.api('POST', `${JOBS}${path}`, { token, body: { sop: SOP } })).status).toBe(403);
    }
    expect((await api.api('GET', `${JOBS}/${id}`, { token: operator.token })).status).toBe(403);
  });
});

describe('a creator job that has failed', () => {
  const retry = () => api.api('POST', `${JOBS}/${id}/retry`);
  const failed = async () => {
    const { body } = await start({ sop: SOP });
    id = body.id;
    await jobs.move(id, ['queued'], 'running');
    await addStage(jobs, id, 1, 'parse-sop', null, { state: 'failed', error: 'the model is away', retryable: true });
    await jobs.move(id, ['running'], 'failed', { reason: 'The model is away.' });
  };

  it('goes on when it is asked to, and the audit trail says who has asked', async () => {
    await failed();

    const { status, body, headers } = await retry();

    expect([status, body.state, body.reason]).toEqual([202, 'running', null]);
    expect(headers.etag).toBe((await api.api('GET', `${JOBS}/${id}`)).headers.etag);
    expect(await auditOf(id)).toMatchObject([
      {
        action: 'creator-job.retried',
        before: { state: 'failed', reason: 'The model is away.' },
        after: { state: 'running' },
      },
      { action: 'creator-job.started' },
    ]);
  });

  it('is heard of again by whoever opens its events anew', async () => {
    await failed();
    await retry();

    const stream = await readEvents(`${await api.listen()}${JOBS}/${id}/events`, {
      authorization: `Bearer ${ADMIN_TOKEN}`,
    });
    await stream.kind('progress');
    await jobs.move(id, ['running'], 'needs_attention', { reason: 'Look.' });
    await stream.kind('end');

    expect(stream.events.map(({ data }) => data?.state).filter(Boolean)).toEqual(['running', 'needs_attention']);
  });

  it('goes on once: of two at once the other is told so', async () => {
    await failed();

    const both = await Promise.all([retry(), retry()]);

    expect(both.map(({ status }) => status).sort()).toEqual([202, 409]);
    expect((await auditOf(id)).filter(({ action }) => action === 'creator-job.retried')).toHaveLength(1);
  });

  it.each(['needs_attention', 'cancelled', 'publishing', 'published', 'awaiting_approval'] as const)(
    'is no job that is %s',
    async (state) => {
      await finished();
      await jobs.move(id, ['awaiting_approval'], state, {});

      const { status, body } = await retry();

      expect([status, body.code]).toEqual([409, 'CONFLICT']);
      expect(body.detail).toContain('only a job that has failed can go on');
      expect((await jobs.find(id))?.state).toBe(state);
    },
  );
});

describe('AgentCreator that is not set up', () => {
  it('says so and shows earlier jobs all the same', async () => {
    await finished();
    const bare = await startApi({ opened });

    const started = await bare.api('POST', JOBS, { body: { sop: SOP } });
    const approved = await bare.api('POST', `${JOBS}/${id}/approve`);
    const told = await bare.api('GET', '/api/creator');
    const shown = await bare.api('GET', `${JOBS}/${id}`);
    await bare.close();

    expect([started.status, started.body.code]).toEqual([503, 'CREATOR_NOT_CONFIGURED']);
    expect(started.body.detail).toContain('CREATOR_BUCKET');
    expect(approved.status).toBe(503);
    expect(told.body).toEqual({ whyNot: expect.stringContaining('CREATOR_BUCKET') });
    expect((await api.api('GET', '/api/creator')).body).toEqual({ whyNot: null });
    expect(shown.status).toBe(200);
  });
});
