import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MAX_TRIES } from '../../src/creator/pipeline.js';
import { s3AgentWriter } from '../../src/creator/writer.js';
import { startS3 } from '../../src/emulator/s3/server.js';
import { ACTOR, INPUT, type Instance, type OpenedCreator, openCreator } from './rig.js';

const BOB = { id: 'token_2', name: 'Bob', role: 'admin' } as const;
const busy = { kind: 'http', status: 429, type: 'ThrottlingException' } as const;
const isCode = ({ body }: { body: Buffer }) => body.toString().includes('"name":"submit_code"');

let creator: OpenedCreator;
let one: Instance;
beforeEach(async () => {
  creator = await openCreator();
  one = creator.instance();
});
afterEach(() => creator.close());

const start = async (instance = one) => (await instance.start(INPUT, ACTOR, 'ada')).id;
const stagesOf = async (id: string) => (await one.jobs.find(id))!.stages.map(({ stage, state }) => `${stage} ${state}`);

describe('a job that has failed in its last stage, because the bucket refuses', () => {
  it('goes on there once the bucket lets the bridge in, and no model is paid again', async () => {
    const s3 = await startS3({ buckets: ['agents'] });
    const place = { endpoint: s3.url, region: s3.region, credentials: s3.credentials };
    const writer = s3AgentWriter({ place, bucket: 'agents' });
    try {
      const two = creator.instance({ writer });
      const id = await start(two);
      s3.failNext({ kind: 'error', status: 403, code: 'AccessDenied' }, 1, ({ key }) => key.endsWith('manifest.json'));
      await two.run(id);
      const failed = await two.jobs.find(id);
      const { length: asked } = creator.models.requests;

      const retried = await two.retry(id, BOB);
      await two.run(id);
      const job = await two.jobs.find(id);

      expect(failed).toMatchObject({ state: 'failed', reason: expect.stringContaining('s3:PutObject') as string });
      expect(retried).toMatchObject({ state: 'running', reason: null });
      expect(job?.state).toBe('awaiting_approval');
      expect(creator.models.requests).toHaveLength(asked);
      expect((await stagesOf(id)).slice(-3)).toEqual(['rehearse done', 'store failed', 'store done']);
      expect(job?.stages.slice(0, -2)).toEqual(failed?.stages.slice(0, -1));
      expect(job?.stages.at(-2)).toMatchObject({
        output: null,
        retried: { by: BOB, at: expect.any(String) as string },
      });
      expect([...s3.objects('agents').keys()].filter((key) => key.endsWith('manifest.json'))).toHaveLength(1);
    } finally {
      writer.close();
      await s3.close();
    }
  });
});

describe('a job that is let go on', () => {
  it('has its tries counted anew, and fails again in words when it must', async () => {
    const id = await start();
    creator.models.failNext(busy, 2 * MAX_TRIES, isCode);
    const untilFailed = async () => {
      for (let time = 1; time < MAX_TRIES; time++) await expect(one.run(id)).rejects.toThrow(/is tried again/);
      await one.run(id);
      return one.jobs.find(id);
    };

    const first = await untilFailed();
    await one.retry(id, ACTOR);
    const second = await untilFailed();
    await one.retry(id, ACTOR);
    await one.run(id);

    const words = expect.stringContaining(`also when tried ${MAX_TRIES} times`) as string;
    expect([first, second]).toMatchObject([
      { state: 'failed', reason: words },
      { state: 'failed', reason: words },
    ]);
    expect((await one.jobs.find(id))?.state).toBe('awaiting_approval');
    expect((await stagesOf(id)).filter((each) => each === 'write-code failed')).toHaveLength(2 * MAX_TRIES);
    expect(creator.asked.filter((tool) => tool === 'plan')).toHaveLength(1);
  });

  it('is taken up by the queue, whichever instance is there', async () => {
    const id = await start();
    creator.models.failNext({ kind: 'http', status: 403, type: 'AccessDeniedException', message: 'no' });
    const two = creator.instance();
    two.work();
    await expect.poll(async () => (await one.jobs.find(id))?.state, { timeout: 20_000 }).toBe('failed');

    await one.retry(id, ACTOR);

    await expect
      .poll(
        async () => {
          creator.clock.advance(1000);
          return (await one.jobs.find(id))?.state;
        },
        { timeout: 20_000 },
      )
      .toBe('awaiting_approval');
  });

  it('goes on once when two ask at once, on two instances: the other is told', async () => {
    const id = await start();
    creator.models.failNext({ kind: 'http', status: 403, type: 'AccessDeniedException', message: 'no' });
    await one.run(id);
    const two = creator.instance();
    await one.queue.claim(['creator'], 10, 60_000);

    const both = await Promise.allSettled([one.retry(id, ACTOR), two.retry(id, BOB)]);

    expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(both.find((each) => each.status === 'rejected')?.reason).toMatchObject({
      code: 'CONFLICT',
      message: expect.stringContaining('only a job that has failed can go on') as string,
    });
    expect(await one.queue.claim(['creator'], 10, 60_000)).toMatchObject([{ payload: { jobId: id } }]);
  });

  it.each([
    'queued',
    'running',
    'awaiting_approval',
    'needs_attention',
    'cancelled',
    'publishing',
    'published',
  ] as const)('is none that is %s', async (state) => {
    const id = await start();
    await one.jobs.move(id, ['queued'], state, {});

    await expect(one.retry(id, ACTOR)).rejects.toMatchObject({ code: 'CONFLICT' });
    await expect(one.retry('none', ACTOR)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    expect((await one.jobs.find(id))?.state).toBe(state);
  });
});
