import { join, resolve } from 'node:path';
import { asAwsError } from './aws-trouble.js';
import { bucketTrouble } from './bucket-trouble.js';
import type { Check } from './check.js';
import { type Installation, POLICY_HINT } from './installation.js';
import { inspectDirectory } from './storage.js';

/** Where recordings go: a directory, or a bucket that is listed and asked for one object that is not there. */
export function recordingsCheck({ config, s3 }: Installation): Check {
  const { recordingsUrl, dataDir } = config;
  const [, bucket, prefix = ''] = /^s3:\/\/([^/]+)(?:\/(.*))?$/.exec(recordingsUrl ?? '') ?? [];
  if (bucket === undefined) {
    const directory = recordingsUrl === undefined ? join(dataDir, 'recordings') : resolve(recordingsUrl);
    return { name: 'recordings', run: () => inspectDirectory(directory) };
  }
  return {
    name: 'recordings',
    needs: ['AWS credentials', 'clock (AWS)'],
    async run(signal) {
      const spool = await inspectDirectory(join(dataDir, 'recordings'));
      if (spool.state === 'failed')
        return { ...spool, says: `while a call lasts its recording is on disk: ${spool.says}` };
      // Loaded only by those who use it, as in the bridge.
      const { S3Client, ListObjectsV2Command, HeadObjectCommand } = await import('@aws-sdk/client-s3');
      const client = new S3Client({
        ...(s3 && { endpoint: s3.endpoint, region: s3.region, credentials: s3.credentials, forcePathStyle: true }),
        maxAttempts: 2,
      });
      const folder = prefix === '' ? '' : `${prefix.replace(/\/+$/, '')}/`;
      const options = { abortSignal: signal };
      let verb: 'list' | 'read' = 'list';
      try {
        await client.send(new ListObjectsV2Command({ Bucket: bucket, Prefix: folder, MaxKeys: 1 }), options);
        verb = 'read';
        const absent = new HeadObjectCommand({ Bucket: bucket, Key: `${folder}oratio-doctor` });
        await client.send(absent, options).catch((error: unknown) => {
          if (asAwsError(error).name !== 'NotFound') throw error;
        });
        return { state: 'ok', says: `s3://${bucket}/${folder} can be listed and read (writing is not tried)` };
      } catch (error) {
        const right =
          verb === 'list'
            ? `s3:ListBucket on arn:aws:s3:::${bucket}`
            : `s3:GetObject on arn:aws:s3:::${bucket}/${folder}*`;
        return bucketTrouble(error, {
          bucket,
          place: `s3://${bucket}/${folder}`,
          verb,
          allow: `Allow ${right}; recording also needs s3:PutObject and s3:DeleteObject on its objects. ${POLICY_HINT}`,
          absent: 'Create it, or correct RECORDINGS_URL.',
          settings: 'RECORDINGS_URL, AWS_REGION and AWS_ENDPOINT_URL_S3',
        });
      } finally {
        client.destroy();
      }
    },
  };
}
