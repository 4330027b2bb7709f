import type { BedrockAgentClient } from '@aws-sdk/client-bedrock-agent';
import { observedSettings } from './aws-client.js';
import { bucketTrouble } from './bucket-trouble.js';
import type { Check, Finding } from './check.js';
import { type Installation, type Known, POLICY_HINT, placeOf } from './installation.js';
import { serviceTrouble } from './service-trouble.js';

/** A bucket, or a part of it, that knowledge bases are filled from. */
interface SourceBucket {
  readonly bucketArn: string;
  readonly prefix: string;
}

const LIMIT_MS = 30_000;
/** Where no agent names a knowledge base, so many of those of the account are looked at. */
const FOUND = 10;
/** Buckets in order are named up to this many. */
const NAMED = 5;
/** A statement of the policy in the README. */
const OBJECTS = 'KnowledgeDocuments';
const BUCKET = 'KnowledgeBuckets';

/**
 * The buckets that documents are dropped into: of the knowledge bases that agents name, else of those that the account
 * has. They are listed, one object at most; whether documents can be written and deleted cannot be known without doing
 * so. Calls do without all of this: trouble is a warning.
 */
export function sourceBucketsCheck(installation: Installation, known: Known): Check {
  return {
    name: 'source buckets',
    needs: ['AWS credentials', 'clock (AWS)', 'knowledge bases'],
    limitMs: LIMIT_MS,
    async run(signal) {
      const sdk = await import('@aws-sdk/client-bedrock-agent');
      const place = placeOf(installation, 'knowledgeBases');
      const { settings, host } = observedSettings(place);
      const client = new sdk.BedrockAgentClient(settings);
      const named = known.agents?.knowledgeBases.map(({ knowledgeBaseId }) => knowledgeBaseId) ?? [];
      try {
        const ids = named.length > 0 ? named : await idsFound(client, signal);
        if (ids.length === 0) return { state: 'skipped', says: 'no knowledge base is in use, and none to be found' };
        const buckets: SourceBucket[] = [];
        for (const id of ids) buckets.push(...(await bucketsOf(client, id, signal)));
        if (buckets.length === 0) return { state: 'skipped', says: 'no knowledge base is filled from a bucket' };
        return await lookAt(buckets, installation, place.region, signal);
      } catch (error) {
        const trouble = serviceTrouble(error, {
          thing: 'the sources of knowledge bases',
          verb: 'look at',
          actions: ['bedrock:ListDataSources', 'bedrock:GetDataSource'],
          resource: `arn:aws:bedrock:${place.region}:*:knowledge-base/*`,
          region: place.region,
          absent: 'Ask again: it was deleted a moment ago.',
          host: host(),
        });
        return withoutCalls(trouble);
      } finally {
        client.destroy();
      }
    },
  };
}

/** None where they cannot be listed: nobody knows whether one is to be used. */
async function idsFound(client: BedrockAgentClient, abortSignal: AbortSignal): Promise<string[]> {
  const sdk = await import('@aws-sdk/client-bedrock-agent');
  try {
    const command = new sdk.ListKnowledgeBasesCommand({ maxResults: FOUND });
    const { knowledgeBaseSummaries = [] } = await client.send(command, { abortSignal });
    return knowledgeBaseSummaries.flatMap(({ knowledgeBaseId }) => knowledgeBaseId ?? []);
  } catch {
    return [];
  }
}

async function bucketsOf(
  client: BedrockAgentClient,
  knowledgeBaseId: string,
  abortSignal: AbortSignal,
): Promise<SourceBucket[]> {
  const sdk = await import('@aws-sdk/client-bedrock-agent');
  const list = new sdk.ListDataSourcesCommand({ knowledgeBaseId, maxResults: 100 });
  const { dataSourceSummaries = [] } = await client.send(list, { abortSignal });
  const buckets: SourceBucket[] = [];
  for (const { dataSourceId } of dataSourceSummaries) {
    const get = new sdk.GetDataSourceCommand({ knowledgeBaseId, dataSourceId });
    const { dataSource } = await client.send(get, { abortSignal });
    const { bucketArn, inclusionPrefixes } = dataSource?.dataSourceConfiguration?.s3Configuration ?? {};
    if (bucketArn !== undefined) buckets.push({ bucketArn, prefix: inclusionPrefixes?.[0] ?? '' });
  }
  return buckets;
}

async function lookAt(
  buckets: readonly SourceBucket[],
  { s3 }: Installation,
  region: string,
  abortSignal: AbortSignal,
): Promise<Finding[]> {
  const { S3Client, ListObjectsV2Command } = await import('@aws-sdk/client-s3');
  const client = new S3Client({ region, ...(s3 && { ...s3, forcePathStyle: true }), maxAttempts: 2 });
  const places = new Map(buckets.map((bucket) => [placeText(bucket), bucket]));
  const good: string[] = [];
  const troubles: Finding[] = [];
  try {
    for (const [place, { bucketArn, prefix }] of places) {
      const bucket = bucketOf(bucketArn);
      try {
        const list = new ListObjectsV2Command({ Bucket: bucket, Prefix: prefix, MaxKeys: 1 });
        await client.send(list, { abortSignal });
        good.push(place);
      } catch (error) {
        const trouble = bucketTrouble(error, {
          bucket,
          place,
          verb: 'list',
          allow:
            `Allow s3:ListBucket on ${bucketArn} (statement "${BUCKET}"), and s3:PutObject and s3:DeleteObject on ` +
            `${bucketArn}/${prefix}* (statement "${OBJECTS}"). ${POLICY_HINT}`,
          absent: 'Create it again, or delete the source that reads it: it cannot be ingested any more.',
          settings: 'the source, AWS_REGION and AWS_ENDPOINT_URL_S3',
        });
        troubles.push(withoutCalls(trouble));
      }
    }
  } finally {
    client.destroy();
  }
  return good.length > 0 ? [inOrder(good), ...troubles] : troubles;
}

function inOrder(places: readonly string[]): Finding {
  const more = places.length > NAMED ? ` and ${places.length - NAMED} more` : '';
  return {
    state: 'ok',
    says:
      `${places.slice(0, NAMED).join(', ')}${more} can be listed; writing and deleting documents is not tried: ` +
      `s3:PutObject and s3:DeleteObject are in the statement "${OBJECTS}" of the policy`,
  };
}

function placeText({ bucketArn, prefix }: SourceBucket): string {
  return `s3://${bucketOf(bucketArn)}/${prefix}`;
}

function bucketOf(arn: string): string {
  return arn.replace(/^.*:::/, '');
}

/** Only whoever drops documents into a knowledge base needs them. */
function withoutCalls(trouble: Finding): Finding {
  const words = 'Calls are answered all the same: without this no documents are sent to knowledge bases from here.';
  return { ...trouble, state: 'warning', advice: [trouble.advice, words].filter(Boolean).join('\n') };
}
