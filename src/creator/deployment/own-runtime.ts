import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AgentRuntimes } from '../../agents/agent-runtimes.js';
import type { AwsPlace } from '../../aws.js';
import type { Clock } from '../../clock.js';
import { BridgeError, messageOf } from '../../errors.js';
import type { Ids } from '../../ids.js';
import { filesOf, sha256 } from '../agent-files.js';
import { type Bucket, bucketOf } from '../bucket.js';
import type { CreatorJob } from '../job.js';
import type { Deployment, MadeAgent } from '../ports.js';
import { addToZip, type Package } from './base-package.js';
import { runtimeMaker } from './runtime-maker.js';
import { smokeInvocation } from './smoke.js';

/** Source: AgentCore quotas, direct code deployment. */
const MAX_PACKED_BYTES = 250 * 1024 * 1024;
const MAX_UNPACKED_BYTES = 750 * 1024 * 1024;
/** Without it no program of ours starts; it also tells a package from a folder that was zipped as a whole. */
const NEEDED = 'bedrock_agentcore/__init__.py';

export interface OwnRuntimeOptions {
  readonly runtimes: Pick<AgentRuntimes, 'ask' | 'stop' | 'list'>;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly places: { readonly agentCore: AwsPlace; readonly s3: AwsPlace };
  /** `s3://bucket/key`, or a path on this machine. */
  readonly baseZip: string;
  readonly roleArn: string;
  /** Of every agent: `MODEL_ID` and the like. */
  readonly environment?: Readonly<Record<string, string>>;
}

/**
 * A runtime for each version of each agent: the operator's base package with the agent's files. A version keeps its runtime,
 * so that going back to it, or trying another one on some of the calls, needs no deployment.
 */
export function ownRuntimeDeployment(options: OwnRuntimeOptions): Deployment & { close(): void } {
  const { runtimes, clock, places, baseZip, roleArn } = options;
  const maker = runtimeMaker(places.agentCore, runtimes, clock);
  const [, baseBucket, baseKey] = /^s3:\/\/([^/]+)\/(.+)$/.exec(baseZip) ?? [];
  const buckets = new Map<string, Bucket>();
  const bucket = (name: string) => {
    const found = buckets.get(name) ?? bucketOf(places.s3, name);
    buckets.set(name, found);
    return found;
  };

  const fetchBase = async (path: string, signal: AbortSignal): Promise<void> => {
    if (baseBucket !== undefined && baseKey !== undefined) {
      await bucket(baseBucket).download(baseKey, path, signal);
      return;
    }
    try {
      await copyFile(baseZip, path);
    } catch (error) {
      const message = `The base package (CREATOR_BASE_ZIP) cannot be read: ${messageOf(error)}`;
      throw new BridgeError('AWS_REFUSED', message, {}, { cause: error });
    }
  };

  /** Makes the package and puts it beside the version's files; answers its key. */
  const store = async (job: CreatorJob, agent: MadeAgent, to: Bucket, prefix: string, signal: AbortSignal) => {
    const folder = await mkdtemp(join(tmpdir(), 'agent-package-'));
    try {
      const path = join(folder, 'package.zip');
      await fetchBase(path, signal);
      const { 'requirements.txt': _, ...files } = filesOf(agent);
      checkPackage(await addToZip(path, files, new Date(job.createdAt)));
      const hash = createHash('sha256');
      for await (const piece of createReadStream(path)) hash.update(piece as Buffer);
      const key = `${prefix}package-${hash.digest('hex').slice(0, 16)}.zip`;
      await to.upload(key, path, signal);
      return key;
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  };

  return {
    async deploy(job, agent, written, signal) {
      const key = await store(job, agent, bucket(written.bucket), written.prefix, signal);
      const { knowledgeBaseId } = job.input;
      const order = {
        name: runtimeName(job),
        description: `Version ${job.version} of the agent ${job.agentId}, made by AgentCreator`,
        roleArn,
        bucket: written.bucket,
        key,
        environment: {
          ...options.environment,
          ...(knowledgeBaseId !== undefined && { KNOWLEDGE_BASE_ID: knowledgeBaseId }),
        },
      };
      const runtimeArn = await maker.make(order, signal);
      const payload = { prompt: '{{input.prompt}}', session_id: '{{sessionId}}', actor_id: '{{caller}}' };
      await smokeInvocation(options, { runtimeArn, payload }, signal);
      return { runtimeArn, payload };
    },

    close() {
      maker.close();
      for (const each of buckets.values()) each.close();
    },
  };
}

/** At most 48 letters, digits and underscores; what of the id is lost comes back as a hash. */
function runtimeName({ agentId, owner, version }: CreatorJob): string {
  const readable = agentId.replace(/[^A-Za-z0-9]+/g, '_').slice(0, 22);
  return `oratio_${readable}_${sha256(`${owner}/${agentId}`).slice(0, 8)}_v${version}`;
}

function checkPackage({ packedBytes, unpackedBytes, names }: Package): void {
  if (!names.has(NEEDED)) {
    const message = `The base package (CREATOR_BASE_ZIP) has no ${NEEDED}: the packages that agents need must lie at its top.`;
    throw new BridgeError('AWS_REFUSED', message);
  }
  if (packedBytes > MAX_PACKED_BYTES || unpackedBytes > MAX_UNPACKED_BYTES) {
    const [packed, unpacked] = [packedBytes, unpackedBytes].map((bytes) => Math.ceil(bytes / 1024 / 1024));
    const message = `The package is too large: ${packed} MB, ${unpacked} MB unpacked. AgentCore takes 250 and 750 MB.`;
    throw new BridgeError('AWS_REFUSED', message);
  }
}
