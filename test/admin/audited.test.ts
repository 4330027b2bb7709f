import type { OpenAPIV3_1 } from 'openapi-types';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import type { Actor } from '../../src/access/actor.js';
import type { CreatorPorts } from '../../src/admin/creator.js';
import type { KnowledgePorts } from '../../src/admin/knowledge-ports.js';
import type { CallControl } from '../../src/call/control.js';
import { creatorApproval } from '../../src/creator/approval.js';
import { creatorPipeline } from '../../src/creator/creator.js';
import { randomIds } from '../../src/ids.js';
import { knowledge } from '../../src/knowledge/knowledge.js';
import { knowledgeServices } from '../../src/knowledge-services.js';
import { createLog } from '../../src/log.js';
import { virtualReception } from '../call/virtual-reception.js';
import { finishedJob, SOP } from '../creator/finished-job.js';
import { onServer } from '../store/on-server.js';
import { type OpenedStore, openFreshStore } from '../store/opened-store.js';
import { trouble } from '../store/troubled.js';
import { operationsIn } from './json-strings.js';
import { AGENT, type Api, type Ask, NUMBER, startApi } from './rig.js';

const ID = 'ABCDEFGHIJ';
const INGESTION = `${ID}-${ID}`;
const COLLEAGUE = '+14155550142';
const BASE = `/api/knowledge-bases/${ID}`;
const INDEX = '/api/indexes/documents/direct';
/** Whoever is named in the address of a live call. */
const [HUNG_UP, TRANSFERRED] = ['CAhungup', 'CAtransferred'];

/** They look something up, or change only who is logged in to a browser. */
const CHANGING_NOTHING = ['queryKnowledgeBase', 'queryIndex', 'checkNumber', 'logIn', 'logOut'];

let opened: OpenedStore;
let api: Api;
let agentId: string;
let person: { token: string; id: string };
/** Operations that change something, each with the entry that it leaves, in an order in which they can be asked. */
let deeds: {
  operation: string;
  action: string;
  has: 'before' | 'after' | 'both';
  ask: () => Promise<{ status: number }>;
}[];

/** AWS, where everything goes well; what the store keeps of it is real. */
function knowledgePorts({ store, clock }: OpenedStore): KnowledgePorts {
  const place = { endpoint: 'http://127.0.0.1:9', region: 'us-east-1' };
  const {
    documents,
    ingestions: { follow },
  } = knowledgeServices({
    knowledge: knowledge({ places: { bedrock: place, knowledgeBases: place, vectors: place }, clock }),
    ...{ records: store.documents, queue: store.jobs, later: store, audit: store.audit },
  }).ports;
  const nothing = async () => undefined;
  const empty = async () => ({ items: [], nextCursor: null });
  const base = {
    ...{ id: ID, name: 'manuals', description: null, status: 'ACTIVE', updatedAt: null, arn: 'arn', roleArn: 'arn' },
    ...{ kind: 'VECTOR', embeddingModelArn: null, storage: null, createdAt: null, failureReasons: [] },
  };
  const index = {
    ...{ vectorBucketName: 'documents', indexName: 'direct', indexArn: 'arn', createdAt: null, dimensions: 256 },
    ...{ distanceMetric: 'cosine' as const, nonFilterableKeys: [] },
  };
  const ingestion = {
    ...{ id: INGESTION, sourceId: ID, status: 'STARTING', startedAt: null, updatedAt: null, failureReasons: [] },
    documents: { scanned: 0, added: 0, modified: 0, deleted: 0, failed: 0, skipped: 0 },
  };
  const source = {
    ...{ id: ID, name: 'lamps', status: 'AVAILABLE', bucketArn: 'arn:aws:s3:::manuals', prefix: null },
    ...{ chunking: null, createdAt: null, failureReasons: [] },
  };
  return {
    bases: { create: async () => base, get: async () => base, list: empty, delete: nothing, retrieve: async () => [] },
    sources: { create: async () => source, list: empty, delete: nothing, documents: empty },
    sourceDocuments: {
      async put(_id, _sourceId, { name, stream }) {
        for await (const _ of stream);
        return { name, uri: `s3://manuals/${name}`, byteLength: 5, updatedAt: '2026-01-01T00:00:00.000Z' };
      },
      list: empty,
      delete: nothing,
    },
    ingestions: { start: async () => ingestion, follow, find: async () => ingestion, list: empty },
    indexes: { create: async () => index, get: async () => index, list: empty, delete: nothing, query: async () => [] },
    documents,
  };
}

/** The maker of agents on that store, of which nobody makes any. */
function creatorPorts({ store, clock }: OpenedStore): CreatorPorts {
  const unused = () => Promise.reject(new Error('nobody asks for it here'));
  const { creatorJobs: jobs, directory } = store;
  const log = createLog('silent');
  const writer = { write: unused, point: async () => undefined, unpoint: async () => true };
  const pipeline = creatorPipeline({
    ...{ jobs, clock, log, ids: randomIds(), writer, voices: ['tiffany'], rehearsals: [] },
    author: { modelId: 'none', ask: unused },
    gates: { checkCode: unused, checkPrompt: () => [] },
    latestVersion: async (id) => directory.findAgent(id)?.version,
  });
  const approval = creatorApproval({
    ...{ jobs, writer, audit: store.audit, clock, log, directory, directoryStore: directory },
    deployment: { deploy: unused },
    enqueue: async () => undefined,
  });
  const start: CreatorPorts['start'] = (input, actor) => pipeline.start(input, actor, actor.id);
  return { jobs, start, approve: approval.approve, retry: pipeline.retry, cancel: pipeline.cancel };
}

/** What operators do to calls, entered in the trail of that store. */
function callsOf(desk: ReturnType<typeof virtualReception>, { store }: OpenedStore): CallControl {
  const entered = async <Result>(actor: Actor, deed: Promise<Result>): Promise<Result> => {
    const result = await deed;
    for (const entry of desk.entries.splice(0)) await store.audit.keep(entry, actor);
    return result;
  };
  return {
    hangUp: (callSid, actor) => entered(actor, desk.control.hangUp(callSid, actor)),
    transfer: (callSid, order, actor) => entered(actor, desk.control.transfer(callSid, order, actor)),
    place: (request, actor) => entered(actor, desk.control.place(request, actor)),
    test: (request, actor) => entered(actor, desk.control.test(request, actor)),
  };
}

beforeAll(async () => {
  opened = await openFreshStore();
  const { store } = opened;
  const desk = virtualReception();
  api = await startApi({
    opened,
    more: {
      knowledge: knowledgePorts(opened),
      creator: creatorPorts(opened),
      control: callsOf(desk, opened),
      recordOf: desk.records.peek.bind(desk.records),
    },
  });
  person = await api.tokenOf('admin');
  const other = await api.tokenOf('viewer');
  agentId = (await api.agent()).id;
  const { id: leaving } = await api.agent();
  desk.agent(agentId, 1);
  desk.number({ agentId });
  for (const callSid of [HUNG_UP, TRANSFERRED]) {
    await desk.reception.answer(desk.arriving(callSid));
    desk.connect(callSid);
  }
  await finishedJob(store.creatorJobs, { id: 'job-approved', agentId: 'agent_made' });
  await finishedJob(store.creatorJobs, { id: 'job-cancelled', agentId: 'agent_other' });
  await finishedJob(store.creatorJobs, { id: 'job-failed', agentId: 'agent_failed' });
  await store.creatorJobs.move('job-failed', ['awaiting_approval'], 'failed', { reason: 'S3 refused.' });

  const ask = (method: string, path: string, body?: unknown, more: Ask = {}) =>
    api.api(method, path, { token: person.token, ...(body !== undefined && { body }), ...more });
  const file: Ask = { text: 'words', headers: { 'content-type': 'text/plain' } };
  const doc = { documentId: 'd', name: 'd.txt', mediaType: 'text/plain', content: { text: 'words' } };
  const post = (path: string, body?: unknown, more?: Ask) => () => ask('POST', path, body, more);
  const remove = (path: string) => () => ask('DELETE', path);
  const deed = (
    operation: string,
    action: string,
    has: (typeof deeds)[number]['has'],
    asking: (typeof deeds)[number]['ask'],
  ) => ({ operation, action, has, ask: asking });
  const arn = 'arn:aws:iam::123456789012:role/reader';
  const vectors = { kind: 'S3_VECTORS', vectorBucketName: 'documents', indexName: 'manuals' };
  const number = `/api/numbers/${NUMBER}`;
  deeds = [
    deed('createAgent', 'agent.created', 'after', post('/api/agents', AGENT)),
    deed('patchAgent', 'agent.patched', 'both', () => ask('PATCH', `/api/agents/${agentId}`, { name: 'Returns' })),
    deed('rollbackAgent', 'agent.rolled-back', 'both', post(`/api/agents/${agentId}/rollback`, { version: 1 })),
    deed('deleteAgent', 'agent.deleted', 'before', remove(`/api/agents/${leaving}`)),
    deed('askAgentTool', 'agent.asked', 'after', post(`/api/agents/${agentId}/ask`, { tool: 'x', from: COLLEAGUE })),
    deed('putNumber', 'number.created', 'after', () => ask('PUT', number, { agentId })),
    deed('syncNumber', 'number.synced', 'after', post(`${number}/sync`)),
    deed('placeCall', 'call.placed', 'after', post('/api/calls', { to: COLLEAGUE, from: NUMBER, agentId })),
    deed('placeTestCall', 'call.tested', 'after', post('/api/test-calls', { agentId })),
    deed('hangUpCall', 'call.hung-up', 'after', post(`/api/calls/${HUNG_UP}/hangup`)),
    deed('transferCall', 'call.transferred', 'after', post(`/api/calls/${TRANSFERRED}/transfer`, { to: COLLEAGUE })),
    deed('deleteNumber', 'number.deleted', 'before', remove(number)),
    deed('deleteCaller', 'caller.deleted', 'before', remove('/api/callers/+14155550177')),
    deed('createToken', 'token.created', 'after', post('/api/tokens', { name: 'Ann', role: 'viewer' })),
    deed('revokeToken', 'token.revoked', 'both', remove(`/api/tokens/${other.id}`)),
    deed('startCreatorJob', 'creator-job.started', 'after', post('/api/creator/jobs', { sop: SOP })),
    deed('approveCreatorJob', 'creator-job.approved', 'both', post('/api/creator/jobs/job-approved/approve')),
    deed('retryCreatorJob', 'creator-job.retried', 'both', post('/api/creator/jobs/job-failed/retry')),
    deed('cancelCreatorJob', 'creator-job.cancelled', 'both', post('/api/creator/jobs/job-cancelled/cancel')),
    deed(
      'createKnowledgeBase',
      'knowledge-base.created',
      'after',
      post('/api/knowledge-bases', { name: 'manuals', roleArn: arn, storage: vectors }),
    ),
    deed(
      'createKnowledgeSource',
      'knowledge-base.source-added',
      'after',
      post(`${BASE}/sources`, { name: 'lamps', bucketArn: 'arn:aws:s3:::manuals' }),
    ),
    deed(
      'putSourceDocument',
      'knowledge-base.document-put',
      'after',
      post(`${BASE}/sources/${ID}/documents?name=a.txt`, undefined, file),
    ),
    deed(
      'deleteSourceDocument',
      'knowledge-base.document-deleted',
      'before',
      remove(`${BASE}/sources/${ID}/documents?name=a.txt`),
    ),
    deed('startIngestion', 'knowledge-base.ingestion-started', 'after', post(`${BASE}/ingestions`, { sourceId: ID })),
    deed('deleteKnowledgeSource', 'knowledge-base.source-deleted', 'before', remove(`${BASE}/sources/${ID}`)),
    deed('deleteKnowledgeBase', 'knowledge-base.deleted', 'before', remove(BASE)),
    deed(
      'createIndex',
      'index.created',
      'after',
      post('/api/indexes', { vectorBucketName: 'documents', indexName: 'direct', dimensions: 256 }),
    ),
    deed('putDocument', 'document.put', 'after', post(`${INDEX}/documents`, doc)),
    deed('deleteDocument', 'document.deleted', 'before', remove(`${INDEX}/documents/d`)),
    deed('deleteIndex', 'index.deleted', 'before', remove(INDEX)),
  ];
});
afterAll(async () => {
  await api.close();
  await opened.close();
});

const entriesOf = async (action?: string) =>
  (await opened.store.audit.list({ action }, { limit: 1000 })).items.sort((a, b) => Number(a.id) - Number(b.id));

describe('every operation of the OpenAPI document that changes something', () => {
  it('is looked at here', async () => {
    const { body } = await api.api('GET', '/openapi.json', { token: null });
    const changing = operationsIn(body as OpenAPIV3_1.Document).filter(({ method }) => method !== 'GET');
    const known = [...deeds.map(({ operation }) => operation), ...CHANGING_NOTHING];

    expect(changing.map(({ id }) => id).sort()).toEqual(known.sort());
  });

  it('leaves one entry that says who did what when, and what was before and after', async () => {
    for (const { operation, action, has, ask } of deeds) {
      const known = (await entriesOf()).length;
      const beforeMs = Math.floor(opened.clock.now());
      const { status } = await ask();
      const afterMs = Math.ceil(opened.clock.now());
      const entries = (await entriesOf()).slice(known);

      expect([operation, status]).toEqual([operation, expect.toSatisfy((code: number) => code >= 200 && code < 300)]);
      expect([operation, entries.map((entry) => entry.action)]).toEqual([operation, [action]]);
      const [entry] = entries;
      expect([operation, entry?.actor]).toEqual([operation, { id: person.id, name: 'a admin', role: 'admin' }]);
      expect(entry?.subject).toMatch(/^[a-z-]+\/.+/);
      expect(Date.parse(entry?.at ?? '')).toBeGreaterThanOrEqual(beforeMs);
      expect(Date.parse(entry?.at ?? '')).toBeLessThanOrEqual(afterMs);
      const told = [entry?.before !== null && 'before', entry?.after !== null && 'after'].filter(Boolean);
      expect([operation, told]).toEqual([operation, has === 'both' ? ['before', 'after'] : [has]]);
    }
  });
});

describe('what was done at Twilio or AWS while the store is away', () => {
  /** None of them needs the store for itself. */
  const OUTSIDE = [
    ...['askAgentTool', 'syncNumber', 'createKnowledgeBase', 'createKnowledgeSource', 'putSourceDocument'],
    ...['deleteSourceDocument', 'startIngestion', 'deleteKnowledgeSource', 'deleteKnowledgeBase', 'createIndex'],
  ];

  /** Answers what ends it, at the latest with the test. */
  const away = async () => {
    const ended = await trouble(opened.url, 'away');
    onTestFinished(ended);
    return ended;
  };

  it('is answered as done, and entered with its time when the store is back', async () => {
    await api.api('PUT', `/api/numbers/${NUMBER}`, { body: { agentId } });
    const known = (await entriesOf()).length;
    const done = deeds.filter(({ operation }) => OUTSIDE.includes(operation));
    expect(done).toHaveLength(OUTSIDE.length);

    const ended = await away();
    const beforeMs = Math.floor(opened.clock.now());
    const answers: [string, number][] = [];
    for (const { operation, ask } of done) answers.push([operation, (await ask()).status]);
    const afterMs = Math.ceil(opened.clock.now());
    await expect(entriesOf()).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
    await ended();

    expect(answers.filter(([, status]) => status >= 300)).toEqual([]);
    await vi.waitFor(async () => expect((await entriesOf()).length).toBe(known + done.length), {
      ...{ interval: 20, timeout: 60_000 },
    });
    const entries = (await entriesOf()).slice(known);
    expect(entries.map(({ action }) => action)).toEqual(done.map(({ action }) => action));
    for (const { actor, at } of entries) {
      expect(actor.id).toBe(person.id);
      expect(Date.parse(at)).toBeGreaterThanOrEqual(beforeMs);
      expect(Date.parse(at)).toBeLessThanOrEqual(afterMs);
    }
  });

  it('is answered as done too where more of it follows in the store, which follows later', async () => {
    const name = { vectorBucketName: 'documents', indexName: 'direct' };
    await deeds.find(({ operation }) => operation === 'putDocument')!.ask();
    const known = (await entriesOf('index.deleted')).length;
    const ended = await away();
    const deleted = await deeds.find(({ operation }) => operation === 'deleteIndex')!.ask();
    const ingested = await deeds.find(({ operation }) => operation === 'startIngestion')!.ask();
    await ended();

    expect([deleted.status, ingested.status]).toEqual([204, 202]);
    const soon = { interval: 20, timeout: 60_000 };
    await vi.waitFor(async () => expect((await entriesOf('index.deleted')).length).toBe(known + 1), soon);
    await vi.waitFor(
      async () => expect(await opened.store.documents.list(name, { limit: 10 })).toMatchObject({ items: [] }),
      soon,
    );
    // The same ingestion is followed once, however often it was entered.
    await vi.waitFor(
      async () =>
        expect(await onServer(opened.url, "SELECT key FROM jobs WHERE kind = 'knowledge-ingestion'")).toEqual([
          { key: `${ID}/${INGESTION}` },
        ]),
      soon,
    );
  });
});

describe('what was done to a creator job just before the store went away', () => {
  it('is answered as done, and entered when the store is back', async () => {
    const job = await finishedJob(opened.store.creatorJobs, { id: 'job-before', agentId: 'agent_before' });
    const done = async () => job;
    const jobs = { ...opened.store.creatorJobs, find: done, move: async () => true };
    const audit = opened.store.audit;
    const approval = creatorApproval({
      ...{ jobs, audit, clock: opened.clock, log: createLog('silent'), enqueue: async () => undefined },
      ...{ directory: opened.store.directory, directoryStore: opened.store.directory },
      deployment: { deploy: () => Promise.reject(new Error('nobody deploys here')) },
      writer: { point: async () => undefined, unpoint: async () => true },
    });
    const creator = { jobs, start: done, retry: done, cancel: done, approve: approval.approve };
    const second = await startApi({ opened, more: { creator } });
    onTestFinished(() => second.close());
    const { token } = await second.tokenOf('admin');
    const post = (path: string, body?: object) => second.api('POST', path, { token, ...(body && { body }) });
    const subject = `creator-job/${job.id}`;

    const ended = await trouble(opened.url, 'away');
    onTestFinished(ended);
    const answers = [
      await post('/api/creator/jobs', { sop: SOP }),
      await post(`/api/creator/jobs/${job.id}/approve`),
      await post(`/api/creator/jobs/${job.id}/retry`),
      await post(`/api/creator/jobs/${job.id}/cancel`),
    ];
    await ended();

    expect(answers.map(({ status }) => status)).toEqual([202, 202, 202, 200]);
    const actions = ['started', 'approved', 'retried', 'cancelled'].map((what) => `creator-job.${what}`);
    await vi.waitFor(
      async () => {
        const { items } = await audit.list({ subject }, { limit: 10 });
        expect(items.map(({ action }) => action).reverse()).toEqual(actions);
      },
      { interval: 20, timeout: 60_000 },
    );
  });
});
