import { createHash } from 'node:crypto';
import { BridgeError } from '../errors.js';
import type { CreatorJob } from './job.js';
import type { MadeAgent } from './ports.js';

/** The files of a version, beside its manifest. The loader takes their hashes from there. */
export function filesOf({ code, prompt }: Pick<MadeAgent, 'code' | 'prompt'>): Readonly<Record<string, string>> {
  return {
    'agent.py': code.agentPy,
    'requirements.txt': code.requirementsTxt,
    'full_prompt.md': prompt.fullPrompt,
    'voice_prompt.md': prompt.voicePrompt,
  };
}

/** A version of an agent, in the keys of the bucket. */
export type VersionName = Pick<CreatorJob, 'owner' | 'agentId' | 'version'>;

/** Hexadecimal. */
export function sha256(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}

/** As the loader accepts it in a payload: no slash, and no name that is all dots. */
const KEY_PART = /^(?!\.+$)[A-Za-z0-9_.@=+:-]{1,128}$/;

/** `{owner}/{agent}/`, in which all versions of an agent are. Throws REQUEST_INVALID. */
export function agentPrefix({ owner, agentId }: Pick<CreatorJob, 'owner' | 'agentId'>): string {
  for (const part of [owner, agentId]) {
    if (!KEY_PART.test(part)) {
      throw new BridgeError('REQUEST_INVALID', `"${part}" cannot be part of a key in the bucket of agents.`);
    }
  }
  return `${owner}/${agentId}/`;
}

/** `{owner}/{agent}/{version}/` */
export function versionPrefix(job: VersionName): string {
  return `${agentPrefix(job)}${job.version}/`;
}
