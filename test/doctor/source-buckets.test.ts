import { BedrockAgentClient, CreateDataSourceCommand } from '@aws-sdk/client-bedrock-agent';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { agentInputSchema } from '../../src/directory/agent.js';
import { agentNeeds } from '../../src/doctor/agent-needs.js';
import type { Known } from '../../src/doctor/installation.js';
import { sourceBucketsCheck } from '../../src/doctor/source-buckets.js';
import type { S3Emulator } from '../../src/emulator/s3/contract.js';
import { startS3 } from '../../src/emulator/s3/server.js';
import { type Services, startServices } from './aws-rig.js';
import { findingsOf, installation } from './rig.js';

let services: Services;
let s3: S3Emulator;
beforeAll(async () => {
  services = await startServices();
  s3 = await startS3({ buckets: ['manuals', 'everything'] });
  const { url: endpoint, region, credentials } = services.servers.knowledgeBases;
  const client = new BedrockAgentClient({ endpoint, region, credentials });
  const fill = (base: keyof Services['baseIds'], name: string, bucket: string, prefix?: string) =>
    client.send(
      new CreateDataSourceCommand({
        knowledgeBaseId: services.baseIds[base],
        name,
        dataSourceConfiguration: {
          type: 'S3',
          s3Configuration: {
            bucketArn: `arn:aws:s3:::${bucket}`,
            ...(prefix !== undefined && { inclusionPrefixes: [prefix] }),
          },
        },
      }),
    );
  await fill('manuals', 'manuals', 'manuals', 'of/ours/');
  await fill('manuals', 'everything', 'everything');
  client.destroy();
});
afterAll(async () => {
  await s3.close();
  await services.close();
});

/** What is found for agents that ask these knowledge bases; undefined: the directory cannot be read. */
function look(
  ids: readonly string[] | undefined = [services.baseIds.manuals],
  { place, endpoint = s3.url }: { place?: Record<string, unknown>; endpoint?: string } = {},
) {
  const tools = (ids ?? []).map((knowledgeBaseId, at) => ({
    ...{ kind: 'knowledge-base', name: `tool${at}`, description: 'A tool.', knowledgeBaseId },
  }));
  const agent = agentInputSchema.parse({ name: 'A', systemPrompt: 'p', tools });
  const known: Known = ids ? { agents: agentNeeds([agent], String) } : {};
  const { region, credentials } = s3;
  return findingsOf(
    sourceBucketsCheck(
      installation({}, { places: services.places(place), s3: { endpoint, region, credentials } }),
      known,
    ),
  );
}

const refuse = (status: number, code: string, bucket = 'manuals') =>
  s3.failNext({ kind: 'error', status, code, message: 'words of S3' }, 1, (asked) => asked.bucket === bucket);

describe('the buckets of knowledge bases', () => {
  it('are in order where they can be listed, and what is not tried is said with its statement', async () => {
    const [finding, ...others] = await look();

    expect(finding).toEqual({
      state: 'ok',
      says:
        's3://manuals/of/ours/, s3://everything/ can be listed; writing and deleting documents is not tried: ' +
        's3:PutObject and s3:DeleteObject are in the statement "KnowledgeDocuments" of the policy',
    });
    expect(others).toEqual([]);
  });

  it('are only listed, one object at most, under the prefix of the source', async () => {
    const from = s3.requests.length;
    await look();
    const asked = s3.requests.slice(from);

    expect(asked.map(({ operation, bucket }) => [operation, bucket])).toEqual([
      ['ListObjectsV2', 'manuals'],
      ['ListObjectsV2', 'everything'],
    ]);
    expect(asked.every(({ path }) => path.includes('max-keys=1'))).toBe(true);
    expect(asked[0]!.path).toContain('prefix=of%2Fours%2F');
  });

  it('that may not be listed are a warning with the rights and where they are', async () => {
    refuse(403, 'AccessDenied');
    const [good, denied] = await look();

    expect(good).toMatchObject({ state: 'ok', says: expect.stringContaining('s3://everything/ can be listed') });
    expect(denied).toMatchObject({ state: 'warning', says: 'these credentials may not list s3://manuals/of/ours/' });
    expect(denied!.advice).toContain('s3:ListBucket on arn:aws:s3:::manuals (statement "KnowledgeBuckets")');
    expect(denied!.advice).toContain('s3:PutObject and s3:DeleteObject on arn:aws:s3:::manuals/of/ours/*');
    expect(denied!.advice).toContain('Calls are answered all the same');
  });

  it.each([
    ['is gone', 404, 'NoSuchBucket', 'there is no bucket manuals', 'delete the source'],
    ['is elsewhere', 301, 'PermanentRedirect', 'the bucket manuals is in another region', 'Use a bucket'],
    ['says something new', 418, 'Teapot', 'S3 (manuals): Teapot: words of S3', 'AWS_ENDPOINT_URL_S3'],
  ])('one that %s is a warning', async (_what, status, code, says, advice) => {
    refuse(status, code);
    const findings = await look();

    expect(findings.map(({ state }) => state)).toEqual(['ok', 'warning']);
    expect(findings[1]).toMatchObject({ says, advice: expect.stringContaining(advice) });
  });

  it('are those of all that the account has, where no agent names one or the directory cannot be read', async () => {
    const nobody = await look([]);
    const unread = await look(undefined);

    for (const findings of [nobody, unread]) {
      expect(findings).toMatchObject([{ state: 'ok', says: expect.stringContaining('s3://manuals/of/ours/') }]);
    }
  });

  it('are no matter where there is no knowledge base, or none is filled from one', async () => {
    const unreachable = await look([], { place: { endpoint: 'http://127.0.0.1:9' } });
    const unfilled = await look([services.baseIds.empty]);

    expect(unreachable).toMatchObject([{ state: 'skipped' }]);
    expect(unfilled).toEqual([{ state: 'skipped', says: 'no knowledge base is filled from a bucket' }]);
  });

  it('whose sources may not be looked at are a warning', async () => {
    services.servers.knowledgeBases.failNext(
      { kind: 'http', status: 403, type: 'AccessDeniedException', message: 'User: x is not authorized' },
      1,
      ({ operation }) => operation === 'ListDataSources',
    );

    expect(await look()).toMatchObject([
      { state: 'warning', advice: expect.stringContaining('bedrock:ListDataSources and bedrock:GetDataSource') },
    ]);
  });
});
