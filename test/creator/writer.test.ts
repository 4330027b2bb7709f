import { createHash } from 'node:crypto';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { MadeAgent } from '../../src/creator/ports.js';
import { s3AgentWriter } from '../../src/creator/writer.js';
import type { S3Fault } from '../../src/emulator/s3/contract.js';
import { startS3 } from '../../src/emulator/s3/server.js';
import { AGENT, jobOf, NEVER } from './written-agent.js';

const PREFIX = 'ada/agent_Ab-12/';
const sha256 = (text: string | Buffer) => createHash('sha256').update(text).digest('hex');

async function place(bucket = 'agents') {
  const s3 = await startS3({ buckets: ['agents'] });
  const { url: endpoint, region, credentials } = s3;
  const writer = s3AgentWriter({ place: { endpoint, region, credentials }, bucket });
  onTestFinished(async () => {
    writer.close();
    await s3.close();
  });
  const textOf = (key: string) => s3.objects('agents').get(key)?.body.toString('utf8');
  const write = (version = 1, agent: MadeAgent = AGENT) => writer.write(jobOf({ version }), agent, { by: 'x' }, NEVER);
  const point = (version = 1) => writer.point(jobOf({ version }), NEVER);
  const latest = () => JSON.parse(textOf(`${PREFIX}latest`) ?? 'null') as unknown;
  return { s3, writer, textOf, write, point, latest };
}

describe('writing a version', () => {
  it('puts its files and, last of all, a manifest with their hashes', async () => {
    const { s3, write, textOf } = await place();

    const written = await write();

    const files = ['agent.py', 'requirements.txt', 'full_prompt.md', 'voice_prompt.md', 'manifest.json'];
    expect(s3.requests.map(({ key }) => key)).toEqual(files.map((name) => `${PREFIX}1/${name}`));
    expect(s3.requests.every(({ headers }) => headers['if-none-match'] === '*')).toBe(true);
    expect(textOf(`${PREFIX}1/agent.py`)).toBe(AGENT.code.agentPy);
    const manifest = textOf(`${PREFIX}1/manifest.json`) ?? '';
    expect(JSON.parse(manifest)).toEqual({
      by: 'x',
      agentId: 'agent_Ab-12',
      owner: 'ada',
      version: 1,
      sopSha256: 'f'.repeat(64),
      createdAt: '2026-01-01T00:00:00.000Z',
      files: {
        'agent.py': sha256(AGENT.code.agentPy),
        'requirements.txt': sha256(AGENT.code.requirementsTxt),
        'full_prompt.md': sha256(AGENT.prompt.fullPrompt),
        'voice_prompt.md': sha256(AGENT.prompt.voicePrompt),
      },
    });
    expect(written).toMatchObject({ bucket: 'agents', prefix: `${PREFIX}1/` });
    expect(written.files[`${PREFIX}1/manifest.json`]).toBe(sha256(manifest));
    expect(textOf(`${PREFIX}latest`)).toBeUndefined();
  });

  it('may be repeated, also when the answer to the first try was lost', async () => {
    const { s3, write } = await place();
    s3.failNext({ kind: 'reset', isDone: true });

    const first = await write();

    expect(await write()).toEqual(first);
  });

  it('does not write over another content', async () => {
    const { write, textOf } = await place();
    await write();

    await expect(write(1, { ...AGENT, code: { ...AGENT.code, agentPy: 'print("other")\n' } })).rejects.toMatchObject({
      code: 'CONFLICT',
      message: expect.stringContaining(`${PREFIX}1/agent.py holds something else already`),
    });
    expect(textOf(`${PREFIX}1/agent.py`)).toBe(AGENT.code.agentPy);
  });

  it.each([['..'], ['a/b'], ['']])('refuses an owner that is no part of a key: "%s"', async (owner) => {
    const { s3, writer } = await place();

    await expect(writer.write(jobOf({ owner }), AGENT, {}, NEVER)).rejects.toMatchObject({ code: 'REQUEST_INVALID' });
    expect(s3.requests).toEqual([]);
  });

  it.each<[string, S3Fault, string, string]>([
    [
      'may not write',
      { kind: 'error', status: 403, code: 'AccessDenied', message: 'Access Denied' },
      'AWS_REFUSED',
      'The bucket agents refused. AccessDenied: Access Denied. The bridge needs the right s3:PutObject on arn:aws:s3:::agents/*.',
    ],
    [
      'asks in another region',
      { kind: 'error', status: 301, code: 'PermanentRedirect' },
      'AWS_REFUSED',
      'The bucket agents is in another region.',
    ],
    ['is asked to slow down', { kind: 'error', status: 503, code: 'SlowDown' }, 'AWS_UNREACHABLE', 'SlowDown'],
  ])('says in words when the bridge %s', async (_title, fault, code, words) => {
    const { s3, write } = await place();
    s3.failNext(fault, Number.POSITIVE_INFINITY);

    await expect(write()).rejects.toMatchObject({ code, message: expect.stringContaining(words) });
    expect(s3.objects('agents').size).toBe(0);
  });

  it('says that the bucket does not exist', async () => {
    const { write } = await place('elsewhere');

    await expect(write()).rejects.toMatchObject({
      code: 'AWS_REFUSED',
      message: 'The bucket elsewhere does not exist.',
    });
  });
});

describe('pointing to a version', () => {
  it('names the version and the hash of its manifest, forward only', async () => {
    const { write, point, latest, textOf } = await place();
    await write(1);
    await write(2);
    await point(1);
    const first = latest();

    await point(2);

    const hashOf = (version: number) => sha256(textOf(`${PREFIX}${version}/manifest.json`) ?? '');
    expect([first, latest()]).toEqual([
      { version: 1, sha256: hashOf(1) },
      { version: 2, sha256: hashOf(2), before: { version: 1, sha256: hashOf(1) } },
    ]);
    await expect(point(1)).rejects.toMatchObject({
      code: 'CONFLICT',
      message: 'Version 1 was not published: version 2 of the agent was approved meanwhile.',
    });
    expect(latest()).toMatchObject({ version: 2 });
  });

  it('may be repeated, also when the answer to the first try was lost', async () => {
    const { s3, write, point, latest } = await place();
    await write();
    s3.failNext({ kind: 'reset', isDone: true }, 1, ({ method }) => method === 'PUT');

    await point();
    await point();

    expect(latest()).toMatchObject({ version: 1 });
  });

  it('lets one of two at once win, and tells the other', async () => {
    const { write, point, latest } = await place();
    await write(1);
    await point(1);
    await Promise.all([write(2), write(3)]);

    const outcomes = await Promise.allSettled([point(2), point(3)]);

    const won = outcomes.flatMap(({ status }, index) => (status === 'fulfilled' ? [index + 2] : []));
    const lost = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : []));
    expect(latest()).toMatchObject({ version: won.at(-1) });
    expect(won.length + lost.length).toBe(2);
    expect(lost).toEqual(lost.map(() => expect.objectContaining({ code: 'CONFLICT' })));
  });

  it('does not replace what has changed since it was read', async () => {
    const { s3, write, point, latest } = await place();
    await write(1);
    await write(2);
    await write(3);
    await point(1);
    // While version 2 is about to be written, version 3 is.
    const objects = s3.objects('agents');
    const { sha256: hash } = latest() as { sha256: string };
    const rival = Buffer.from(JSON.stringify({ version: 3, sha256: hash }));
    s3.failNext({ kind: 'error', status: 412, code: 'PreconditionFailed' }, 1, ({ method, key }) => {
      if (method !== 'PUT' || !key.endsWith('/latest')) return false;
      Object.assign(objects.get(key)!, { body: rival, crc32: undefined, etag: '"3"' });
      return true;
    });

    await expect(point(2)).rejects.toMatchObject({
      code: 'CONFLICT',
      message: 'Version 2 was not published: version 3 of the agent was approved meanwhile.',
    });
    expect(latest()).toMatchObject({ version: 3 });
  });

  it('is set back to the version before, with the condition that nobody has moved it', async () => {
    const { s3, write, writer, point, latest } = await place();
    for (const version of [1, 2, 3]) await write(version);
    await point(1);
    const first = latest();
    await point(2);
    const { etag } = s3.objects('agents').get(`${PREFIX}latest`)!;

    expect(await writer.unpoint(jobOf({ version: 2 }), NEVER)).toBe(true);

    expect(latest()).toEqual(first);
    expect(s3.requests.at(-1)?.headers['if-match']).toBe(etag);
    // Another one, and the same once more, can be published afterwards.
    await point(2);
    await point(3);
    expect(latest()).toMatchObject({ version: 3, before: { version: 2 } });
  });

  it('is not set back where another version is named, or none is', async () => {
    const { write, writer, point, latest } = await place();
    expect(await writer.unpoint(jobOf({ version: 1 }), NEVER)).toBe(true);
    await write(1);
    await write(2);
    await point(1);
    await point(2);
    const now = latest();

    expect(await writer.unpoint(jobOf({ version: 1 }), NEVER)).toBe(true);
    expect(latest()).toEqual(now);
  });

  it('cannot be set back from the first version: nothing was named before', async () => {
    const { write, writer, point, latest } = await place();
    await write(1);
    await point(1);

    expect(await writer.unpoint(jobOf({ version: 1 }), NEVER)).toBe(false);
    expect(latest()).toMatchObject({ version: 1 });
  });

  it('is left to a later version that is pointed to while it is set back', async () => {
    const { s3, write, writer, point, latest } = await place();
    for (const version of [1, 2, 3]) await write(version);
    await point(1);
    await point(2);
    const objects = s3.objects('agents');
    const rival = Buffer.from(JSON.stringify({ version: 3, sha256: 'f'.repeat(64) }));
    s3.failNext({ kind: 'error', status: 412, code: 'PreconditionFailed' }, 1, ({ method, key }) => {
      if (method !== 'PUT' || !key.endsWith('/latest')) return false;
      Object.assign(objects.get(key)!, { body: rival, crc32: undefined, etag: '"3"' });
      return true;
    });

    expect(await writer.unpoint(jobOf({ version: 2 }), NEVER)).toBe(true);
    expect(latest()).toMatchObject({ version: 3 });
  });

  it('needs a version that is whole', async () => {
    const { point, latest } = await place();

    await expect(point()).rejects.toMatchObject({
      code: 'CONFLICT',
      message: 'Version 1 of the agent is not in the bucket agents.',
    });
    expect(latest()).toBeNull();
  });

  it('says which rights it takes to read', async () => {
    const { s3, point } = await place();
    s3.failNext({ kind: 'error', status: 403, code: 'AccessDenied', message: 'Access Denied' });

    await expect(point()).rejects.toMatchObject({
      code: 'AWS_REFUSED',
      message: expect.stringContaining(
        's3:GetObject on arn:aws:s3:::agents/* (and s3:ListBucket on arn:aws:s3:::agents)',
      ),
    });
  });
});
