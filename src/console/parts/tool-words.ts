import type { ToolCall } from '../api/types.ts';
import { shownMs } from './format.ts';

/** What has become of a run, on one line: `1.20 s · failed (TOOL_FAILED, throttled)`. */
export function toolWords({ outcome, durationMs, code, why }: ToolCall): string {
  if (outcome === 'running') return 'running';
  const reasons = [code, why?.reason].filter((each) => each !== undefined);
  return `${shownMs(durationMs)} · ${outcome}${reasons.length > 0 ? ` (${reasons.join(', ')})` : ''}`;
}

/** Why a run failed, in a line: `throttled; HTTP 429; ThrottlingException: slow down`. */
export function whyWords({ reason, problem, service }: NonNullable<ToolCall['why']>): string {
  return [reason, problem, service].filter((each) => each !== undefined).join('; ');
}
