import { z } from 'zod';
import type { AuditEntry } from '../access/audit.js';
import type { AwsPlace } from '../aws.js';
import type { Logger } from '../log.js';
import { agentPrefix, type VersionName, versionPrefix } from './agent-files.js';
import { bucketOf } from './bucket.js';
import { runtimeName } from './deployment/runtime-name.js';
import type { CreatorJobs } from './job.js';
import { latestIn } from './latest.js';

/** What the job of a version has left in the bucket, once the job itself is gone. */
export const leftVersionSchema = z.object({
  jobId: z.string(),
  owner: z.string(),
  agentId: z.string(),
  version: z.int().min(1),
  /** To which it was written; null where nobody knows, and it is the one of today. */
  bucket: z.string().nullable(),
});
export type LeftVersion = z.output<typeof leftVersionSchema>;

export const removedFilesSchema = z.object({ bucket: z.string(), prefix: z.string(), files: z.int() });
export type RemovedFiles = z.output<typeof removedFilesSchema>;

/** What the trail tells of it. */
export const removalEntry = ({ jobId }: LeftVersion, before: RemovedFiles): AuditEntry => ({
  ...{ action: 'creator-job.files-removed', subject: `creator-job/${jobId}`, before, after: null },
});

export interface VersionRemoval {
  /**
   * Deletes all below `{owner}/{agent}/{version}/`; undefined where `latest` or a version of the directory refers to it, and
   * it stays. Can be repeated. Rejects with AWS_REFUSED or AWS_UNREACHABLE, in words.
   */
  remove(version: LeftVersion, signal: AbortSignal): Promise<RemovedFiles | undefined>;
}

export function versionRemoval(options: {
  place: AwsPlace;
  bucket: string;
  jobs: Pick<CreatorJobs, 'isNamed'>;
  log: Logger;
}): VersionRemoval {
  const { place, jobs, log } = options;

  const isLatest = async (bucket: ReturnType<typeof bucketOf>, version: VersionName, signal: AbortSignal) => {
    const latest = await bucket.read(`${agentPrefix(version)}latest`, signal);
    // What nobody can read may mean any version.
    return latest !== undefined && (latestIn(latest.body)?.version ?? version.version) === version.version;
  };

  return {
    async remove({ jobId, ...version }, signal) {
      const prefix = versionPrefix(version);
      const bucket = bucketOf(place, version.bucket ?? options.bucket);
      try {
        if ((await jobs.isNamed(version, runtimeName(version))) || (await isLatest(bucket, version, signal))) {
          log.info({ jobId, prefix }, 'what a creator job has written is kept: agents refer to it');
          return undefined;
        }
        const keys = await bucket.list(prefix, signal);
        // Without its manifest a version is not whole: what is left after a failure is taken for none.
        const manifest = `${prefix}manifest.json`;
        for (const key of [...keys.filter((each) => each === manifest), ...keys.filter((each) => each !== manifest)]) {
          await bucket.remove(key, signal);
        }
        return { bucket: bucket.name, prefix, files: keys.length };
      } finally {
        bucket.close();
      }
    },
  };
}
