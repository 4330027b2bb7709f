import { join, resolve } from 'node:path';
import { asAwsError, awsTrouble } from './aws-trouble.js';
import type { Check, Finding } from './check.js';
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
      let step: Step = 'list';
      try {
        await client.send(new ListObjectsV2Command({ Bucket: bucket, Prefix: folder, MaxKeys: 1 }), options);
        step = 'read';
        const absent = new HeadObjectCommand({ Bucket: bucket, Key: `${folder}oratio-doctor` });
        await client.send(absent, options).catch((error: unknown) => {
          if (asAwsError(error).name !== 'NotFound') throw error;
        });
        return { state: 'ok', says: `s3://${bucket}/${folder} can be listed and read (writing is not tried)` };
      } catch (error) {
        return bucketTrouble(error, { bucket, folder, step });
      } finally {
        client.destroy();
      }
    },
  };
}

type Step = 'list' | 'read';

function bucketTrouble(
  error: unknown,
  { bucket, folder, step }: { bucket: string; folder: string; step: Step },
): Finding {
  const { name, message } = asAwsError(error);
  const { $metadata, $response } = error as { $metadata?: { httpStatusCode?: number }; $response?: unknown };
  const failed = (says: string, advice: string): Finding => ({ state: 'failed', says, advice });
  // The answer to HEAD has no body that would name the error.
  const isBare = ['Unknown', 'UnknownError', '403'].includes(name);
  if (name === 'NoSuchBucket') {
    return failed(`there is no bucket ${bucket}`, 'Create it, or correct RECORDINGS_URL.');
  }
  if (/^(PermanentRedirect|AuthorizationHeaderMalformed|IllegalLocationConstraint|301)/.test(name)) {
    const region = regionIn($response);
    return failed(
      `the bucket ${bucket} is in ${region ?? 'another region'}`,
      `Use a bucket in the region of the bridge${region === undefined ? '' : `, or set AWS_REGION=${region}`}.`,
    );
  }
  if (/^(AccessDenied|Forbidden)/.test(name) || (isBare && $metadata?.httpStatusCode === 403)) {
    const action =
      step === 'list' ? `s3:ListBucket on arn:aws:s3:::${bucket}` : `s3:GetObject on arn:aws:s3:::${bucket}/${folder}*`;
    return failed(
      `these credentials may not ${step} s3://${bucket}/${folder}`,
      `Allow ${action}; recording also needs s3:PutObject and s3:DeleteObject on its objects. ${POLICY_HINT}`,
    );
  }
  const trouble = awsTrouble({ ...asAwsError(error) }, `S3 (${bucket})`);
  return (
    trouble ??
    failed(`S3 (${bucket}): ${name}: ${message}`, 'Check RECORDINGS_URL, AWS_REGION and AWS_ENDPOINT_URL_S3.')
  );
}

function regionIn(response: unknown): string | undefined {
  const { headers } = (response ?? {}) as { headers?: Readonly<Record<string, string>> };
  return headers?.['x-amz-bucket-region'];
}
