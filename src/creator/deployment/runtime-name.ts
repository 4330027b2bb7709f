import { sha256, type VersionName } from '../agent-files.js';

/** Of a version's own runtime: at most 48 letters, digits and underscores; what of the id is lost comes back as a hash. */
export function runtimeName({ agentId, owner, version }: VersionName): string {
  const readable = agentId.replace(/[^A-Za-z0-9]+/g, '_').slice(0, 22);
  return `oratio_${readable}_${sha256(`${owner}/${agentId}`).slice(0, 8)}_v${version}`;
}
