import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AwsPlace } from '../../aws.js';
import { BridgeError, messageOf } from '../../errors.js';
import { filesOf } from '../agent-files.js';
import type { WrittenAgent } from '../artefacts.js';
import { type Bucket, bucketOf } from '../bucket.js';
import type { CreatorJob } from '../job.js';
import type { MadeAgent } from '../ports.js';
import { addToZip, type Package } from './base-package.js';

/** Source: AgentCore quotas, direct code deployment. */
const MAX_PACKED_BYTES = 250 * 1024 * 1024;
const MAX_UNPACKED_BYTES = 750 * 1024 * 1024;
/** Without it no program of ours starts; it also tells a package from a folder that was zipped as a whole. */
const NEEDED = 'bedrock_agentcore/__init__.py';

export interface Packages {
  /** Makes an agent's package of the base package and puts it beside the version's files; answers its key. */
  store(
    job: Pick<CreatorJob, 'id' | 'createdAt'>,
    agent: Pick<MadeAgent, 'code' | 'prompt'>,
    written: Pick<WrittenAgent, 'bucket' | 'prefix'>,
    signal: AbortSignal,
  ): Promise<string>;
  close(): void;
}

/** `baseZip` is `s3://bucket/key`, or a path on this machine. */
export function s3Packages({ place, baseZip }: { place: AwsPlace; baseZip: string }): Packages {
  const [, baseBucket, baseKey] = /^s3:\/\/([^/]+)\/(.+)$/.exec(baseZip) ?? [];
  const buckets = new Map<string, Bucket>();
  const bucket = (name: string) => {
    const found = buckets.get(name) ?? bucketOf(place, name);
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

  return {
    async store(job, agent, written, signal) {
      const folder = await mkdtemp(join(tmpdir(), 'agent-package-'));
      try {
        const path = join(folder, 'package.zip');
        await fetchBase(path, signal);
        const { 'requirements.txt': _, ...files } = filesOf(agent);
        checkPackage(await addToZip(path, files, new Date(job.createdAt)));
        const hash = createHash('sha256');
        for await (const piece of createReadStream(path)) hash.update(piece as Buffer);
        const key = `${written.prefix}package-${hash.digest('hex').slice(0, 16)}.zip`;
        await bucket(written.bucket).upload(key, path, signal);
        return key;
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    },

    close() {
      for (const each of buckets.values()) each.close();
    },
  };
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
