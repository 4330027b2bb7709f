import type { AgentNeeds } from './agent-needs.js';
import { observedSettings } from './aws-client.js';
import type { Check } from './check.js';
import { type Installation, type Known, placeOf } from './installation.js';
import { type OpenService, serviceCheck } from './service-check.js';
import { serviceTrouble } from './service-trouble.js';

/** Each S3 Vectors index is looked at and searched once, as agents search it: with metadata. */
export function s3VectorsCheck(installation: Installation, known: Known): Check {
  return serviceCheck({
    name: 'S3 Vectors',
    known,
    named: ({ indexes }) => indexes,
    open: () => openVectors(installation),
  });
}

async function openVectors(installation: Installation): Promise<OpenService<AgentNeeds['indexes'][number]>> {
  const sdk = await import('@aws-sdk/client-s3vectors');
  const place = placeOf(installation, 'vectors');
  const { region } = place;
  const { settings, host } = observedSettings(place);
  const client = new sdk.S3VectorsClient(settings);

  return {
    async list(abortSignal) {
      try {
        await client.send(new sdk.ListVectorBucketsCommand({ maxResults: 1 }), { abortSignal });
        return { state: 'ok', says: 'vector buckets can be listed' };
      } catch (error) {
        return serviceTrouble(error, {
          thing: 'vector buckets',
          verb: 'list',
          actions: ['s3vectors:ListVectorBuckets', 's3vectors:ListIndexes'],
          resource: '*',
          region,
          absent: 'Check AWS_REGION.',
          host: host(),
        });
      }
    },

    async look({ vectorBucketName, indexName, dimensions }, abortSignal) {
      const name = `${vectorBucketName}/${indexName}`;
      const about = {
        thing: `the index ${name}`,
        resource: `arn:aws:s3vectors:${region}:*:bucket/${vectorBucketName}/index/${indexName}`,
        region,
        absent:
          'Correct `vectorBucketName` and `indexName` of the tool (GET /api/indexes lists what is there), or AWS_REGION.',
      };
      try {
        const { index } = await client.send(new sdk.GetIndexCommand({ vectorBucketName, indexName }), { abortSignal });
        if (index && index.dimension !== dimensions) {
          return {
            state: 'failed',
            says: `the index ${name} has vectors of ${index.dimension} dimensions, and a tool asks with ${dimensions}`,
            advice: 'Correct `dimensions` of the tool, or make the index anew: it cannot be changed.',
          };
        }
      } catch (error) {
        return serviceTrouble(error, { ...about, verb: 'look at', actions: ['s3vectors:GetIndex'], host: host() });
      }
      try {
        const query = new sdk.QueryVectorsCommand({
          vectorBucketName,
          indexName,
          topK: 1,
          queryVector: { float32: [1, ...new Array<number>(dimensions - 1).fill(0)] },
          returnMetadata: true,
          returnDistance: true,
        });
        const { vectors = [] } = await client.send(query, { abortSignal });
        if (vectors.length > 0) return { state: 'ok', says: `${name} answers` };
        return {
          state: 'warning',
          says: `${name} answers, but nothing is in it`,
          advice: `Fill it: POST /api/indexes/${name}/documents.`,
        };
      } catch (error) {
        // With metadata, the one right is of no use without the other.
        const actions = ['s3vectors:QueryVectors', 's3vectors:GetVectors'];
        return serviceTrouble(error, { ...about, verb: 'search', actions, host: host() });
      }
    },

    close: () => client.destroy(),
  };
}
