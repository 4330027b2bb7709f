import type { CreatorJob } from '../../src/creator/job.js';
import type { MadeAgent } from '../../src/creator/ports.js';
import { ADA, CODE, PLAN, PROMPT, REQUIREMENTS, SOP, VOICE } from './finished-job.js';

export const AGENT: MadeAgent = { requirements: REQUIREMENTS, voice: VOICE, plan: PLAN, code: CODE, prompt: PROMPT };

export function jobOf(changes: Partial<CreatorJob> = {}): CreatorJob {
  return {
    id: 'job-1',
    state: 'publishing',
    reason: null,
    input: { sop: SOP },
    sopSha256: 'f'.repeat(64),
    actor: ADA,
    owner: 'ada',
    agentId: 'agent_Ab-12',
    version: 1,
    baseVersion: null,
    createdAt: '2026-01-01T00:00:00.000Z',
    updatedAt: '2026-01-01T00:00:00.000Z',
    stages: [],
    approvedBy: ADA,
    published: null,
    ...changes,
  };
}

export const NEVER = new AbortController().signal;
