import type { AwsPlace } from '../aws.js';
import { BridgeError } from '../errors.js';
import { agentPrefix, filesOf, sha256, type VersionName, versionPrefix } from './agent-files.js';
import { bucketOf } from './bucket.js';
import { type Latest, latestIn } from './latest.js';
import type { AgentWriter } from './ports.js';

/**
 * Writes agents to a bucket. The manifest is the last file of a version, so that a version with one is whole. `latest` goes
 * forward, and back only from a version that did not come to be published: rolling back is a matter of the directory, whose
 * versions name the version of the code in the payload that they send.
 */
export function s3AgentWriter(options: { place: AwsPlace; bucket: string }): AgentWriter & { close(): void } {
  const bucket = bucketOf(options.place, options.bucket);

  /** Once and for all; the same content again is as good as written. */
  const writeOnce = async (key: string, body: string, signal: AbortSignal): Promise<void> => {
    if (await bucket.write(key, body, 'absent', signal)) return;
    const found = await bucket.read(key, signal);
    if (found?.body.equals(Buffer.from(body))) return;
    throw conflict(`s3://${bucket.name}/${key} holds something else already: a version is never written over.`);
  };

  const latestOf = async (key: string, signal: AbortSignal) => {
    const found = await bucket.read(key, signal);
    if (!found) return undefined;
    const latest = latestIn(found.body);
    if (!latest) throw conflict(`s3://${bucket.name}/${key} is not what this bridge writes; it is left alone.`);
    return { ...latest, etag: found.etag };
  };

  return {
    async write(job, agent, given, signal) {
      const prefix = versionPrefix(job);
      const files = filesOf(agent);
      const hashes = Object.fromEntries(Object.entries(files).map(([name, text]) => [name, sha256(text)]));
      const { agentId, owner, version, sopSha256, createdAt } = job;
      const told = { ...given, agentId, owner, version, sopSha256, createdAt, files: hashes };
      const manifest = `${JSON.stringify(told, null, 2)}\n`;
      for (const [name, text] of Object.entries(files)) await writeOnce(prefix + name, text, signal);
      await writeOnce(`${prefix}manifest.json`, manifest, signal);
      const written = { ...hashes, 'manifest.json': sha256(manifest) };
      return {
        bucket: bucket.name,
        prefix,
        files: Object.fromEntries(Object.entries(written).map(([name, hash]) => [prefix + name, hash])),
      };
    },

    async point(job, signal) {
      const manifest = await bucket.read(`${versionPrefix(job)}manifest.json`, signal);
      if (!manifest) throw conflict(`Version ${job.version} of the agent is not in the bucket ${bucket.name}.`);
      const wanted = { version: job.version, sha256: sha256(manifest.body) };
      const key = `${agentPrefix(job)}latest`;
      const before = await latestOf(key, signal);
      if (before && isThere(before, wanted)) return;
      if (before && before.version >= job.version) throw moved(job, before.version);
      const condition = before ? { etag: before.etag } : 'absent';
      const former = before && { before: { version: before.version, sha256: before.sha256 } };
      if (await bucket.write(key, textOf({ ...wanted, ...former }), condition, signal)) return;
      // Somebody else's, or our own, whose answer was lost and which the SDK has repeated.
      const after = await latestOf(key, signal);
      if (!after || !isThere(after, wanted)) throw moved(job, after?.version);
    },

    async unpoint(job, signal) {
      const key = `${agentPrefix(job)}latest`;
      const isElsewhere = (latest: Latest | undefined) => latest?.version !== job.version;
      const now = await latestOf(key, signal);
      if (!now || isElsewhere(now)) return true;
      if (!now.before) return false;
      if (await bucket.write(key, textOf(now.before), { etag: now.etag }, signal)) return true;
      return isElsewhere(await latestOf(key, signal));
    },

    close() {
      bucket.close();
    },
  };
}

function textOf(latest: Latest): string {
  return `${JSON.stringify(latest)}\n`;
}

function isThere(latest: Latest, wanted: Latest): boolean {
  return latest.version === wanted.version && latest.sha256 === wanted.sha256;
}

function moved({ version }: Pick<VersionName, 'version'>, other: number | undefined): BridgeError {
  return conflict(
    `Version ${version} was not published: ${other === undefined ? 'another one' : `version ${other}`} of the agent was approved meanwhile.`,
  );
}

function conflict(message: string): BridgeError {
  return new BridgeError('CONFLICT', message);
}
