import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { creatorApproval } from '../../src/creator/approval.js';
import type { CreatorJobs, JobInput } from '../../src/creator/job.js';
import type { AgentWriter, Deployment } from '../../src/creator/ports.js';
import type { DirectoryStore } from '../../src/directory/directory.js';
import { BridgeError } from '../../src/errors.js';
import { createLog } from '../../src/log.js';
import { type OpenedStore, openFreshStore } from '../store/opened-store.js';
import { ADA, BOB, finishedJob, PROMPT } from './finished-job.js';

const RUNTIME = 'arn:aws:bedrock-agentcore:us-east-1:123456789012:runtime/loader-AbCdEf0123';
const PAYLOAD = { agent_id: 'agent_new', prompt: '{{input.prompt}}' };

let opened: OpenedStore;
let jobs: CreatorJobs;
beforeAll(async () => {
  opened = await openFreshStore();
  jobs = opened.store.creatorJobs;
});
afterAll(() => opened.close());

/** What was done, in its order. */
let done: string[];
let count = 0;
let ids: { job: string; agent: string; number: string };
beforeEach(() => {
  done = [];
  count++;
  ids = { job: `job-${count}`, agent: `agent_new${count}`, number: `+141555501${String(count).padStart(2, '0')}` };
});

interface Steps extends Partial<Pick<AgentWriter, 'point' | 'unpoint'>>, Partial<Deployment> {
  readonly createAgent?: DirectoryStore['createAgent'];
  readonly patchAgent?: DirectoryStore['patchAgent'];
  readonly putNumber?: DirectoryStore['putNumber'];
}

function rig(options: Steps = {}) {
  const { directory, audit } = opened.store;
  const entered = new Map<string, string>();
  const note =
    <Given extends unknown[], Result>(what: string, work: (...given: Given) => Promise<Result>) =>
    async (...given: Given) => {
      const result = await work(...given);
      done.push(what);
      return result;
    };
  const approval = creatorApproval({
    jobs,
    directory,
    directoryStore: {
      createAgent: note('createAgent', options.createAgent ?? directory.createAgent),
      patchAgent: note('patchAgent', options.patchAgent ?? directory.patchAgent),
      putNumber: note('putNumber', options.putNumber ?? directory.putNumber),
    },
    writer: {
      point: note('point', options.point ?? (async () => undefined)),
      unpoint: note('unpoint', options.unpoint ?? (async () => true)),
    },
    deployment: { deploy: note('deploy', options.deploy ?? (async () => ({ runtimeArn: RUNTIME, payload: PAYLOAD }))) },
    async enqueue(jobId, key) {
      entered.set(key, jobId);
    },
    audit,
    clock: opened.clock,
    log: createLog('silent'),
  });
  const signal = new AbortController().signal;
  return { ...approval, entered, publish: (id = ids.job, given = signal) => approval.publish(id, given) };
}

const finished = (input: Partial<JobInput> = {}, baseVersion: number | null = null) =>
  finishedJob(jobs, { id: ids.job, agentId: ids.agent, baseVersion, input });

/** An agent that is there before, and that a number may be answered by. */
async function existing(more: Record<string, unknown> = {}) {
  const { directory } = opened.store;
  const agent = await directory.createAgent(
    {
      ...{ name: 'Desk', systemPrompt: 'You help.', voiceId: 'matthew', tools: [], maxCallMs: 1_800_000 },
      inference: { maxTokens: 1024, topP: 0.9, temperature: 0.7 },
      audio: { inputRateHz: 16_000, outputRateHz: 24_000 },
    },
    { actor: ADA },
  );
  ids.agent = agent.id;
  const number = { agentId: agent.id, recording: true, timeZone: 'Europe/Berlin', ...more };
  await directory.putNumber(ids.number, number, { actor: ADA });
  return agent;
}

const auditOf = async (jobId: string) =>
  (await opened.store.audit.list({ subject: `creator-job/${jobId}` }, { limit: 20 })).items.map(({ action }) => action);

describe('approving an agent', () => {
  it('publishes it: deployed, pointed to in the bucket, in the directory, and the number last', async () => {
    await finished({ number: ids.number });
    const { approve, publish } = rig();

    const approved = await approve(ids.job, BOB);
    await publish();

    expect(approved).toMatchObject({ state: 'publishing', approvedBy: BOB });
    expect(done).toEqual(['deploy', 'point', 'createAgent', 'putNumber']);
    expect(await jobs.find(ids.job)).toMatchObject({
      state: 'published',
      reason: null,
      published: { agentVersion: 1, runtimeArn: RUNTIME, number: ids.number },
    });
    expect(opened.store.directory.findNumber(ids.number)).toMatchObject({ agentId: ids.agent });
    expect(opened.store.directory.findAgent(ids.agent)).toMatchObject({
      name: 'Returns desk',
      systemPrompt: PROMPT.voicePrompt,
      voiceId: 'tiffany',
      greeting: 'Greet the caller with: "Welcome to returns."',
      tools: [
        { kind: 'agentcore', name: 'business_agent', agentRuntimeArn: RUNTIME, payload: PAYLOAD },
        { kind: 'hang-up', name: 'end_call' },
      ],
    });
    expect(await auditOf(ids.job)).toEqual(['creator-job.published', 'creator-job.approved']);
  });

  it('gives it a person and documents where the job names them', async () => {
    const humanHandoffDescription = 'Angry callers go to the desk, +1 (415) 555-0142, on weekdays.';
    await finished({ humanHandoffDescription, knowledgeBaseId: 'KB12345678' });
    const { approve, publish } = rig();

    await approve(ids.job, ADA);
    await publish();

    expect(opened.store.directory.findAgent(ids.agent)?.tools).toMatchObject([
      { name: 'business_agent' },
      { kind: 'knowledge-base', name: 'knowledge_base', knowledgeBaseId: 'KB12345678' },
      { kind: 'handoff', name: 'transfer_to_human', to: '+14155550142' },
      { name: 'end_call' },
    ]);
  });

  it('lets one of two at once approve, and tells the other in words', async () => {
    await finished();
    const { approve, publish, entered } = rig();

    const both = await Promise.allSettled([approve(ids.job, ADA), approve(ids.job, BOB)]);
    await publish();

    expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    const refused = both.find((each) => each.status === 'rejected');
    expect(refused?.reason).toMatchObject({ code: 'CONFLICT', message: expect.stringContaining('approved already') });
    expect(entered.size).toBe(1);
    expect(done.filter((what) => what === 'createAgent')).toHaveLength(1);
  });

  it('takes what waits for it and nothing else', async () => {
    await finished();
    const { approve } = rig();
    await jobs.move(ids.job, ['awaiting_approval'], 'cancelled');

    await expect(approve(ids.job, ADA)).rejects.toMatchObject({ code: 'CONFLICT', message: /was cancelled/ });
    await expect(approve('none', ADA)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    expect(done).toEqual([]);
  });

  it('publishes nothing when the bucket refuses, says so, and can be repeated', async () => {
    await finished({ number: ids.number });
    let isDown = true;
    const { approve, publish } = rig({
      async point() {
        if (isDown) throw new BridgeError('AWS_REFUSED', 'S3 refused: Access Denied');
      },
    });

    await approve(ids.job, ADA);
    await publish();
    const refused = await jobs.find(ids.job);
    const before = [...done];
    isDown = false;
    await approve(ids.job, ADA);
    await publish();

    expect(refused).toMatchObject({ state: 'awaiting_approval', reason: expect.stringContaining('S3 refused') });
    expect(before).toEqual(['deploy']);
    expect(await jobs.find(ids.job)).toMatchObject({ state: 'published', reason: null });
    expect((await auditOf(ids.job)).slice(0, 3)).toEqual([
      'creator-job.published',
      'creator-job.approved',
      'creator-job.not-published',
    ]);
  });

  it('comes to nothing when a later version of the agent has been approved meanwhile', async () => {
    await finished({ number: ids.number });
    const { approve, publish } = rig({
      point: () => Promise.reject(new BridgeError('CONFLICT', 'Version 2 of the agent was approved meanwhile.')),
    });

    await approve(ids.job, ADA);
    await publish();

    expect(await jobs.find(ids.job)).toMatchObject({
      state: 'needs_attention',
      reason: expect.stringContaining('approved meanwhile'),
    });
    expect(done).toEqual(['deploy']);
  });

  it('publishes nothing when the agent does not answer', async () => {
    await finished({ number: ids.number });
    const { approve, publish } = rig({
      deploy: () => Promise.reject(new BridgeError('AWS_UNREACHABLE', 'the agent does not answer')),
    });

    await approve(ids.job, ADA);
    await publish();

    expect(await jobs.find(ids.job)).toMatchObject({ state: 'awaiting_approval', published: null });
    expect([opened.store.directory.findAgent(ids.agent), opened.store.directory.findNumber(ids.number)]).toEqual([
      undefined,
      undefined,
    ]);
  });

  it('goes on after a crash, whatever was done already, without a second agent', async () => {
    await finished({ number: ids.number });
    const crash = new AbortController();
    const { approve, publish } = rig();
    await approve(ids.job, ADA);
    const { directory } = opened.store;
    const crashing = creatorApproval({
      ...{ jobs, directory, audit: opened.store.audit, clock: opened.clock, log: createLog('silent') },
      directoryStore: {
        ...directory,
        putNumber() {
          crash.abort();
          return Promise.reject(new Error('the process ends'));
        },
      },
      writer: { point: async () => undefined, unpoint: async () => true },
      deployment: { deploy: async () => ({ runtimeArn: RUNTIME, payload: PAYLOAD }) },
      enqueue: async () => undefined,
    });

    await expect(crashing.publish(ids.job, crash.signal)).rejects.toThrow('the process ends');
    const between = await jobs.find(ids.job);
    await publish();

    expect(between?.state).toBe('publishing');
    expect(await jobs.find(ids.job)).toMatchObject({ state: 'published', published: { agentVersion: 1 } });
    expect(directory.findAgent(ids.agent)).toMatchObject({ version: 1 });
    expect(directory.findNumber(ids.number)).toMatchObject({ agentId: ids.agent, version: 1 });
  });

  it('is tried again by the queue when the database is away', async () => {
    await finished();
    const { approve, publish } = rig({
      deploy: () => Promise.reject(new BridgeError('STORE_UNAVAILABLE', 'away')),
    });
    await approve(ids.job, ADA);

    await expect(publish()).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
    expect(await jobs.find(ids.job)).toMatchObject({ state: 'publishing' });
  });

  it('is refused by what is made of nonsense, with the field', async () => {
    await finished();
    const { approve, publish } = rig({
      deploy: async () => ({ runtimeArn: 'none', payload: {} }),
    });

    await approve(ids.job, ADA);
    await publish();

    expect(await jobs.find(ids.job)).toMatchObject({
      state: 'awaiting_approval',
      reason: expect.stringContaining('tools.0.agentRuntimeArn'),
    });
  });
});

describe('approving the next version of an agent', () => {
  it('patches it and leaves the number that follows the latest version as it is', async () => {
    await existing();
    await finished({ number: ids.number, agentId: ids.agent }, 1);
    const { approve, publish } = rig();

    await approve(ids.job, ADA);
    await publish();

    expect(done).toEqual(['deploy', 'point', 'patchAgent']);
    expect(opened.store.directory.findAgent(ids.agent)).toMatchObject({ version: 2, name: 'Desk', voiceId: 'tiffany' });
    expect(await jobs.find(ids.job)).toMatchObject({ state: 'published', published: { agentVersion: 2 } });
  });

  it('moves a number that is pinned to the new version', async () => {
    await existing({ agentVersion: 1 });
    await finished({ number: ids.number, agentId: ids.agent }, 1);
    const { approve, publish } = rig();

    await approve(ids.job, ADA);
    await publish();

    expect(opened.store.directory.findNumber(ids.number)).toMatchObject({ agentVersion: 2, timeZone: 'Europe/Berlin' });
  });

  it('begins as a canary, before which no caller gets the new version', async () => {
    await existing();
    await finished({ number: ids.number, agentId: ids.agent, canaryPercent: 10 }, 1);
    const { approve, publish } = rig();

    await approve(ids.job, ADA);
    await publish();

    // Pinned before the agent has a new version, which it would follow.
    expect(done).toEqual(['deploy', 'point', 'putNumber', 'patchAgent', 'putNumber']);
    expect(opened.store.directory.findNumber(ids.number)).toMatchObject({
      agentVersion: 1,
      canary: { agentVersion: 2, percent: 10 },
      recording: true,
      timeZone: 'Europe/Berlin',
    });
  });

  it('needs the number to be answered by the agent for a canary', async () => {
    await existing();
    await finished({ number: '+14155550199', agentId: ids.agent, canaryPercent: 10 }, 1);
    const { approve, publish } = rig();

    await approve(ids.job, ADA);
    await publish();

    expect(done).toEqual([]);
    expect(await jobs.find(ids.job)).toMatchObject({
      state: 'awaiting_approval',
      reason: expect.stringContaining('+14155550199 is not assigned'),
    });
  });

  it.each([
    ['before it begins', false],
    ['while it is deployed', true],
  ])('comes to nothing when somebody has changed the agent %s', async (_when, isLate) => {
    const agent = await existing();
    await finished({ number: ids.number, agentId: ids.agent }, 1);
    const { patchAgent } = opened.store.directory;
    const change = async () => {
      await patchAgent(agent.id, { name: 'Other' }, { actor: BOB });
      await patchAgent(agent.id, { name: 'Another' }, { actor: BOB });
    };
    if (!isLate) await change();
    const { approve, publish } = rig({
      async deploy() {
        if (isLate) await change();
        return { runtimeArn: RUNTIME, payload: PAYLOAD };
      },
    });

    await approve(ids.job, ADA);
    await publish();

    expect(await jobs.find(ids.job)).toMatchObject({
      state: 'needs_attention',
      reason: expect.stringContaining('Somebody has changed the agent'),
      published: null,
    });
    expect(opened.store.directory.findAgent(agent.id)).toMatchObject({ version: 3, systemPrompt: 'You help.' });
    expect(done).toEqual(isLate ? ['deploy'] : []);
  });

  it('goes on after a crash that came behind the new version', async () => {
    await existing();
    await finished({ number: ids.number, agentId: ids.agent, canaryPercent: 20 }, 1);
    const first = rig();
    await first.approve(ids.job, ADA);
    await first.publish();
    // As if nobody had kept that it is published.
    await jobs.move(ids.job, ['published'], 'publishing');
    done = [];

    await first.publish();

    expect(done).toEqual(['deploy', 'point']);
    expect(opened.store.directory.findAgent(ids.agent)).toMatchObject({ version: 2 });
    expect(await jobs.find(ids.job)).toMatchObject({ state: 'published', published: { agentVersion: 2 } });
  });

  it('comes to nothing when the agent has been deleted', async () => {
    await existing();
    await finished({ agentId: ids.agent }, 1);
    const { directory } = opened.store;
    await directory.deleteNumber(ids.number, { actor: BOB });
    await directory.deleteAgent(ids.agent, { actor: BOB });
    const { approve, publish } = rig();

    await approve(ids.job, ADA);
    await publish();

    expect(await jobs.find(ids.job)).toMatchObject({
      state: 'needs_attention',
      reason: expect.stringContaining('has been deleted'),
    });
  });
});

describe('an approval that fails on its way', () => {
  const refused = new BridgeError('AWS_REFUSED', 'It is refused.');
  const refuse = () => Promise.reject(refused);
  const away = () => Promise.reject(new BridgeError('AWS_UNREACHABLE', 'S3 is away.'));
  const approveNext = async (steps: Steps, input: Partial<JobInput> = {}) => {
    await existing({ agentVersion: 1 });
    await finished({ number: ids.number, agentId: ids.agent, ...input }, 1);
    const { approve, publish } = rig(steps);
    await approve(ids.job, ADA);
    await publish();
    return { job: (await jobs.find(ids.job))!, approve, publish };
  };
  const NOTHING = `Nothing was published. Done: it is deployed. Not done: \`latest\` in the bucket names what it named before; it is not in the directory; `;

  it('says that nothing is there when it cannot be deployed', async () => {
    const { job } = await approveNext({ deploy: refuse });

    expect(job).toMatchObject({
      state: 'awaiting_approval',
      reason: `It is refused. Nothing was published. Not done: it is not deployed; \`latest\` in the bucket names what it named before; it is not in the directory; ${ids.number} does not lead to it.`,
    });
    expect(done).toEqual([]);
  });

  it('says that only the deployment is there when `latest` cannot be moved', async () => {
    const { job } = await approveNext({ point: refuse });

    expect(job.reason).toBe(`It is refused. ${NOTHING}${ids.number} does not lead to it.`);
    expect(done).toEqual(['deploy']);
  });

  it('looks, when the answer about `latest` is lost, and sets it back', async () => {
    const { job } = await approveNext({ point: away });

    expect(job.reason).toBe(`S3 is away. ${NOTHING}${ids.number} does not lead to it.`);
    expect(done).toEqual(['deploy', 'unpoint']);
  });

  it('says that it does not know when the bucket stays away', async () => {
    const { job } = await approveNext({ point: away, unpoint: away });

    expect(job.reason).toContain('It was not published whole. Done: it is deployed.');
    expect(job.reason).toContain('whether `latest` in the bucket names it is not known');
  });

  it('sets `latest` back when the agent cannot enter the directory', async () => {
    const { job, approve, publish } = await approveNext({ patchAgent: refuse });

    expect(job.reason).toBe(`It is refused. ${NOTHING}${ids.number} does not lead to it.`);
    expect(done).toEqual(['deploy', 'point', 'unpoint']);
    expect(opened.store.directory.findAgent(ids.agent)).toMatchObject({ version: 1 });
    await approve(ids.job, ADA);
    await publish();
    expect(done.slice(3)).toEqual(['deploy', 'point', 'unpoint']);
  });

  it('sets `latest` back when somebody changes the agent at the last moment', async () => {
    const { directory } = opened.store;
    const { job } = await approveNext({
      async point() {
        await directory.patchAgent(ids.agent, { name: 'Other' }, { actor: BOB });
      },
    });

    expect(job).toMatchObject({
      state: 'needs_attention',
      reason: expect.stringMatching(
        /^Somebody has changed the agent .* Start a new job\. Nothing was published\./,
      ) as string,
    });
    expect(done).toEqual(['deploy', 'point', 'unpoint']);
  });

  it('says so when `latest` stays: it was the first version of the agent', async () => {
    await finished({ number: ids.number });
    const { approve, publish } = rig({ createAgent: refuse, unpoint: async () => false });
    await approve(ids.job, ADA);
    await publish();

    expect((await jobs.find(ids.job))?.reason).toBe(
      `It is refused. It was not published whole. Done: it is deployed; \`latest\` in the bucket names it. ` +
        `Not done: it is not in the directory; ${ids.number} does not lead to it.`,
    );
  });

  it('lets the number go that was pinned for a canary', async () => {
    await existing();
    const before = opened.store.directory.findNumber(ids.number)!;
    await finished({ number: ids.number, agentId: ids.agent, canaryPercent: 10 }, 1);
    const { approve, publish } = rig({ patchAgent: refuse });
    await approve(ids.job, ADA);
    await publish();

    const { version, updatedAt, ...number } = opened.store.directory.findNumber(ids.number)!;
    expect(done).toEqual(['deploy', 'point', 'putNumber', 'putNumber', 'unpoint']);
    expect(before).toMatchObject(number);
    expect(number).not.toHaveProperty('agentVersion');
    expect((await jobs.find(ids.job))?.reason).not.toContain('pinned');
  });

  it('says that the number is pinned when that cannot be taken back', async () => {
    await existing();
    await finished({ number: ids.number, agentId: ids.agent, canaryPercent: 10 }, 1);
    const { directory } = opened.store;
    const { approve, publish } = rig({
      async patchAgent() {
        const number = directory.findNumber(ids.number)!;
        const { number: _, version: __, updatedAt: ___, ...input } = number;
        await directory.putNumber(ids.number, { ...input, recording: false }, { actor: BOB });
        throw refused;
      },
    });
    await approve(ids.job, ADA);
    await publish();

    expect((await jobs.find(ids.job))?.reason).toContain(`Done: it is deployed; ${ids.number} is pinned to version 1.`);
    expect(directory.findNumber(ids.number)).toMatchObject({ agentVersion: 1, recording: false });
  });

  it('says that the agent is in the directory when only the number fails, and goes on from there', async () => {
    const { putNumber } = opened.store.directory;
    let isDown = true;
    const { job, approve, publish } = await approveNext({
      putNumber: (...given) => (isDown ? refuse() : putNumber(...given)),
    });
    const before = [...done];
    isDown = false;
    await approve(ids.job, ADA);
    await publish();

    expect(job).toMatchObject({
      state: 'awaiting_approval',
      reason:
        'It is refused. It was not published whole. Done: it is deployed; `latest` in the bucket names it; it is in the ' +
        `directory as version 2, and answers numbers that follow the latest one. Not done: ${ids.number} does not lead to it.`,
    });
    expect(before).toEqual(['deploy', 'point', 'patchAgent']);
    expect(await jobs.find(ids.job)).toMatchObject({ state: 'published', published: { agentVersion: 2 } });
    expect(opened.store.directory.findNumber(ids.number)).toMatchObject({ agentVersion: 2 });
  });

  it('knows what the attempt before has done, and takes nothing of it back', async () => {
    let isDeployable = true;
    const { approve, publish } = await approveNext({
      putNumber: refuse,
      deploy: async () => (isDeployable ? { runtimeArn: RUNTIME, payload: PAYLOAD } : refuse()),
    });
    isDeployable = false;
    await approve(ids.job, ADA);
    await publish();

    expect((await jobs.find(ids.job))?.reason).toContain('it is in the directory as version 2');
    expect(done).not.toContain('unpoint');
  });

  it('does not begin to publish when the number has been changed while the agent was deployed', async () => {
    const { directory } = opened.store;
    let isFirst = true;
    const { job, approve, publish } = await approveNext({
      async deploy() {
        if (isFirst)
          await directory.putNumber(
            ids.number,
            { agentId: ids.agent, agentVersion: 1, recording: false, timeZone: 'UTC' },
            { actor: BOB },
          );
        isFirst = false;
        return { runtimeArn: RUNTIME, payload: PAYLOAD };
      },
    });
    const before = [...done];
    await approve(ids.job, ADA);
    await publish();

    expect(job).toMatchObject({
      state: 'awaiting_approval',
      reason: expect.stringMatching(/^Somebody has changed \+\d+ while the agent was deployed: look at it/) as string,
    });
    expect(before).toEqual(['deploy']);
    expect((await jobs.find(ids.job))?.state).toBe('published');
    expect(directory.findNumber(ids.number)).toMatchObject({ recording: false, agentVersion: 2 });
  });

  it('does not begin a canary of a number that another agent has got while the agent was deployed', async () => {
    const { directory } = opened.store;
    const other = await directory.createAgent({ ...(await existing()), name: 'Other' }, { actor: BOB });
    await finished({ number: ids.number, agentId: ids.agent, canaryPercent: 10 }, 1);
    const { approve, publish } = rig({
      async deploy() {
        await directory.putNumber(ids.number, { agentId: other.id, recording: true, timeZone: 'UTC' }, { actor: BOB });
        return { runtimeArn: RUNTIME, payload: PAYLOAD };
      },
    });
    await approve(ids.job, ADA);
    await publish();

    expect((await jobs.find(ids.job))?.reason).toContain(`is answered by the agent ${other.id}`);
    expect(done).toEqual(['deploy']);
    expect(directory.findNumber(ids.number)).toMatchObject({ agentId: other.id });
  });
});
