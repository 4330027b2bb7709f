import type { AgentVersion } from '../directory/agent.js';
import type { CallRecord } from './record.js';

/**
 * For how long something secret goes on being spoken, in ms, when a call comes back after `elapsedMs` to a new media stream:
 * its agent had said so, and neither that it was over nor has the time for it run out. 0 when nothing is.
 */
export function openSecretMs(record: CallRecord, agent: AgentVersion, elapsedMs: number): number {
  const announcements = record.toolCalls.filter(({ kind, outcome }) => kind === 'sensitive' && outcome === 'answered');
  const last = announcements.at(-1);
  if (!last || last.input.active === false) return 0;
  const tool = agent.tools.find(
    (each) => each.kind === 'sensitive' && each.name.toLowerCase() === last.name.toLowerCase(),
  );
  if (tool?.kind !== 'sensitive') return 0;
  return Math.max(0, last.startMs + last.durationMs + tool.limitMs - elapsedMs);
}
