import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Scenario } from '../../src/creator/artefacts.js';
import { showCreator } from '../../src/replay/creator-show.js';
import { FIXTURES_DIR } from '../../src/replay/fixture/fixture.js';
import { replay } from '../../src/replay/runner.js';
import type { LocalStack } from '../../src/replay/stack/local-stack.js';
import { chosenOf } from '../../src/replay/stack/phone-rehearsal.js';
import { CLAUSES, REQUIREMENTS, SCENARIO } from '../creator/finished-job.js';
import { startStackOnServer } from './stack-on-server.js';

interface Job {
  readonly id: string;
  readonly state: string;
  readonly reason: string | null;
  readonly owner: string;
  readonly agentId: string;
  readonly evidence: {
    readonly had: string[];
    readonly results: { how: string; title: string; passed: boolean; transcript: { text: string }[] }[];
    readonly coverage: { state: string }[];
  };
}

const POLLING = { timeout: 50_000, interval: 50 };
/** Python and the linter have to come up: half a minute of a busy machine. */
const WHOLE_WAY_MS = 240_000;

let stack: LocalStack;
beforeAll(async () => {
  stack = await startStackOnServer({ speed: 4 });
});
afterAll(() => stack.close());

describe('agents that are made on the local stack', () => {
  it('are rehearsed in writing and on the telephone, approved, and answer a call as the procedure says', {
    timeout: WHOLE_WAY_MS,
  }, async () => {
    const lines: string[] = [];

    const fixture = await showCreator(stack, (line = '') => lines.push(line));
    const { failures, record } = await replay(fixture, stack);

    const [{ id = '' } = {}] = await stack.admin.all<Job>('/creator/jobs');
    const job = await stack.admin.find<Job>(`/creator/jobs/${id}`);
    expect(failures).toEqual([]);
    expect(record).toMatchObject({ agentId: job?.agentId, agentVersion: 1 });
    expect(job).toMatchObject({ state: 'published' });
    expect(job?.evidence.had).toEqual(['text', 'phone']);
    expect(job?.evidence.results.filter(({ passed }) => !passed)).toEqual([]);
    expect(new Set(job?.evidence.coverage.map(({ state }) => state))).toEqual(new Set(['covered']));
    expect(lines.join('\n')).toMatch(/write-code[\s\S]*rehearse[\s\S]*store[\s\S]*approved: version 1/);
    // Agents and numbers of rehearsals are gone.
    expect((await stack.admin.all<{ id: string }>('/agents')).map((agent) => agent.id)).toEqual([job?.agentId]);
    expect(await stack.admin.all('/numbers')).toHaveLength(1);
    // In the bucket is what was approved.
    const latest = (await fetchObject(stack, `${job?.owner}/${job?.agentId}/latest`)) ?? '{}';
    expect(JSON.parse(latest)).toMatchObject({ version: 1 });
  });

  it('are not made of a procedure that contradicts itself', async () => {
    const sop = readFileSync(join(FIXTURES_DIR, 'sop/troubled/contradictory.md'), 'utf8');
    const { id } = await stack.admin.post<Job>('/creator/jobs', { sop });
    const job = () => stack.admin.find<Job>(`/creator/jobs/${id}`);

    await expect.poll(async () => (await job())?.state, POLLING).toBe('needs_attention');

    const { reason, agentId } = (await job())!;
    expect(reason).toContain('contradicts itself');
    expect(await stack.admin.find(`/agents/${agentId}`)).toBeUndefined();
    await expect(stack.admin.post(`/creator/jobs/${id}/approve`, undefined)).rejects.toThrow('answered with 409');
  });
});

describe('scenarios for the telephone', () => {
  const [step, prohibition, escalation] = CLAUSES.map(({ id }) => id) as [string, string, string];
  const scenario = (title: string, clauseId: string, more: Partial<Scenario> = {}): Scenario => ({
    ...{ title, callerSays: ['Hello?'], must: [{ clauseId, kind: 'says', value: 'x' }], mustNot: [], ...more },
  });

  it('are the first of each kind of clause that has one line and words to hear', () => {
    const chosen = chosenOf(
      [
        SCENARIO,
        scenario('put through', escalation, { must: [{ clauseId: escalation, kind: 'hands-off', value: 'why' }] }),
        scenario('long', step, { callerSays: ['One.', 'Two.'] }),
        scenario('first', step),
        scenario('second', step),
        scenario('unknown', 'c-00000000'),
        scenario('meant', prohibition, { must: [{ clauseId: prohibition, kind: 'means', value: 'that' }] }),
      ],
      REQUIREMENTS,
    );

    expect(chosen.map(({ title }) => title)).toEqual(['first', 'meant']);
  });
});

async function fetchObject({ services }: LocalStack, key: string): Promise<string | undefined> {
  const { GetObjectCommand, S3Client } = await import('@aws-sdk/client-s3');
  const client = new S3Client({ ...services.s3, forcePathStyle: true });
  try {
    const { Body } = await client.send(new GetObjectCommand({ Bucket: 'agents', Key: key }));
    return await Body?.transformToString();
  } finally {
    client.destroy();
  }
}
