import { access, constants, stat } from 'node:fs/promises';
import { messageOf } from '../errors.js';
import { observedSettings } from './aws-client.js';
import { asAwsError } from './aws-trouble.js';
import { bucketTrouble } from './bucket-trouble.js';
import type { Check, Finding, Trouble } from './check.js';
import { type Installation, POLICY_HINT, placeOf } from './installation.js';
import { serviceTrouble } from './service-trouble.js';

const LIMIT_MS = 60_000;
const NAME = 'AgentCreator';
/** No such object is ever written. */
const NO_OBJECT = 'oratio-doctor';

/**
 * What AgentCreator works with: the model that writes agents, the bucket that they are written to, and by what they are
 * deployed. Nothing is written, made or deployed. Calls do without all of this: trouble is a warning.
 */
export function creatorCheck(installation: Installation): Check {
  const { creator } = installation.config;
  const { bucket, modelId, loaderArn, metaAgentArn, baseZip, roleArn } = creator;
  if (bucket === undefined) {
    return {
      name: NAME,
      run: async () => ({ state: 'skipped', says: 'CREATOR_BUCKET is not set: it makes no agents' }),
    };
  }
  return {
    name: NAME,
    needs: ['AWS credentials', 'clock (AWS)'],
    limitMs: LIMIT_MS,
    async run(signal) {
      const runtimes = runtimesOf(installation);
      const looks: Promise<Finding>[] = [
        bucketFinding(installation, bucket, signal),
        modelFinding(installation, modelId, signal),
        deploymentFinding(),
        ...(metaAgentArn === undefined ? [] : [runtimes.look(metaAgentArn, 'AGENT_CREATOR_RUNTIME_ARN', signal)]),
      ];
      const findings = await Promise.all(looks).finally(() => runtimes.close());
      return findings.map(withoutCalls);

      function deploymentFinding(): Promise<Finding> {
        if (loaderArn !== undefined) return runtimes.look(loaderArn, 'CREATOR_LOADER_ARN', signal);
        if (baseZip !== undefined && roleArn !== undefined)
          return packageFinding(installation, baseZip, roleArn, signal);
        return Promise.resolve({
          state: 'failed',
          says: 'nothing deploys the agents that it writes',
          advice: 'Set CREATOR_LOADER_ARN, or CREATOR_BASE_ZIP and CREATOR_ROLE_ARN.',
        });
      }
    },
  };
}

async function bucketFinding(installation: Installation, bucket: string, abortSignal: AbortSignal): Promise<Finding> {
  const { sdk, client } = await openS3(installation);
  const place = `s3://${bucket}/`;
  let verb: 'list' | 'read' = 'list';
  try {
    await client.send(new sdk.ListObjectsV2Command({ Bucket: bucket, MaxKeys: 1 }), { abortSignal });
    verb = 'read';
    const absent = new sdk.HeadObjectCommand({ Bucket: bucket, Key: NO_OBJECT });
    await client.send(absent, { abortSignal }).catch((error: unknown) => {
      if (asAwsError(error).name !== 'NotFound') throw error;
    });
    return {
      state: 'ok',
      says: `${place} can be listed and read; writing is not tried: s3:PutObject and s3:DeleteObject are needed as well`,
    };
  } catch (error) {
    const arn = `arn:aws:s3:::${bucket}`;
    return bucketTrouble(error, {
      bucket,
      place,
      verb,
      allow: `Allow s3:ListBucket on ${arn}, and s3:GetObject, s3:PutObject and s3:DeleteObject on ${arn}/*. ${POLICY_HINT}`,
      absent: 'Create it, or correct CREATOR_BUCKET.',
      settings: 'CREATOR_BUCKET, AWS_REGION and AWS_ENDPOINT_URL_S3',
    });
  } finally {
    client.destroy();
  }
}

/** One token of an answer. */
async function modelFinding(installation: Installation, modelId: string, abortSignal: AbortSignal): Promise<Finding> {
  const sdk = await import('@aws-sdk/client-bedrock-runtime');
  const place = placeOf(installation, 'models');
  const { region } = place;
  const { settings, host } = observedSettings(place);
  const client = new sdk.BedrockRuntimeClient(settings);
  try {
    const command = new sdk.ConverseCommand({
      modelId,
      messages: [{ role: 'user', content: [{ text: 'Hello.' }] }],
      inferenceConfig: { maxTokens: 1 },
    });
    await client.send(command, { abortSignal });
    return { state: 'ok', says: `${modelId} answers` };
  } catch (error) {
    return serviceTrouble(error, {
      thing: modelId,
      verb: 'use',
      actions: ['bedrock:InvokeModel'],
      resource: modelId.startsWith('arn:') ? modelId : `arn:aws:bedrock:${region}::foundation-model/${modelId}`,
      region,
      absent:
        'Correct CREATOR_MODEL_ID (many models are only to be had by an inference profile, such as us.amazon.nova-pro-v1:0), or AWS_REGION.',
      host: host(),
    });
  } finally {
    client.destroy();
  }
}

function runtimesOf(installation: Installation) {
  const opened: { destroy(): void }[] = [];
  return {
    /** Whether the runtime that this variable names is there and ready. */
    async look(arn: string, variable: string, abortSignal: AbortSignal): Promise<Finding> {
      const sdk = await import('@aws-sdk/client-bedrock-agentcore-control');
      const place = placeOf(installation, 'agentCore');
      const region = place.endpoint === undefined ? (arn.split(':')[3] ?? place.region) : place.region;
      const { settings, host } = observedSettings({ ...place, region });
      const client = new sdk.BedrockAgentCoreControlClient(settings);
      opened.push(client);
      const agentRuntimeId = arn.split('/').at(-1) ?? '';
      try {
        const { status } = await client.send(new sdk.GetAgentRuntimeCommand({ agentRuntimeId }), { abortSignal });
        if (status === 'READY') return { state: 'ok', says: `the runtime ${agentRuntimeId} (${variable}) is ready` };
        return {
          state: 'failed',
          says: `the runtime ${agentRuntimeId} (${variable}) is ${status ?? 'in no known state'}, and not READY`,
          advice: /(CREATING|UPDATING)$/.test(status ?? '')
            ? 'Ask again in a minute.'
            : `Look at it in the console of AgentCore and deploy it again, or correct ${variable}.`,
        };
      } catch (error) {
        return serviceTrouble(error, {
          thing: `the runtime ${agentRuntimeId} (${variable})`,
          verb: 'look at',
          actions: ['bedrock-agentcore:GetAgentRuntime'],
          resource: arn,
          region,
          absent: `Correct ${variable}: GET /api/runtimes lists what is there.`,
          host: host(),
        });
      }
    },
    close() {
      for (const client of opened) client.destroy();
    },
  };
}

/** The package that runtimes are made of; that they may be given their role is only seen when one is made. */
async function packageFinding(
  installation: Installation,
  baseZip: string,
  roleArn: string,
  abortSignal: AbortSignal,
): Promise<Finding> {
  const fine: Finding = {
    state: 'ok',
    says: `${baseZip} can be read; runtimes are not made to try: that needs iam:PassRole on ${roleArn}`,
  };
  const [, bucket, key] = /^s3:\/\/([^/]+)\/(.+)$/.exec(baseZip) ?? [];
  if (bucket === undefined || key === undefined) return (await fileTrouble(baseZip)) ?? fine;
  const { sdk, client } = await openS3(installation);
  try {
    await client.send(new sdk.HeadObjectCommand({ Bucket: bucket, Key: key }), { abortSignal });
    return fine;
  } catch (error) {
    const absent = 'Upload the package, or correct CREATOR_BASE_ZIP.';
    if (asAwsError(error).name === 'NotFound')
      return { state: 'failed', says: `there is no ${baseZip}`, advice: absent };
    return bucketTrouble(error, {
      bucket,
      place: baseZip,
      verb: 'read',
      allow: `Allow s3:GetObject on arn:aws:s3:::${bucket}/${key}. ${POLICY_HINT}`,
      absent,
      settings: 'CREATOR_BASE_ZIP, AWS_REGION and AWS_ENDPOINT_URL_S3',
    });
  } finally {
    client.destroy();
  }
}

async function fileTrouble(path: string): Promise<Trouble | undefined> {
  try {
    await access(path, constants.R_OK);
    if ((await stat(path)).isFile()) return undefined;
    return {
      state: 'failed',
      says: `${path} is no file`,
      advice: 'Correct CREATOR_BASE_ZIP: it names one zip archive.',
    };
  } catch (error) {
    return {
      state: 'failed',
      says: `the base package cannot be read: ${messageOf(error)}`,
      advice:
        'Put it there for this user to read, or correct CREATOR_BASE_ZIP (relative to where the bridge is started).',
    };
  }
}

async function openS3({ region, s3 }: Installation) {
  const sdk = await import('@aws-sdk/client-s3');
  return { sdk, client: new sdk.S3Client({ region, ...(s3 && { ...s3, forcePathStyle: true }), maxAttempts: 2 }) };
}

function withoutCalls(finding: Finding): Finding {
  if (finding.state !== 'failed') return finding;
  const words = 'Calls are answered all the same: without this AgentCreator makes no agents.';
  return { ...finding, state: 'warning', advice: `${finding.advice}\n${words}` };
}
