import type { ToolOutcome } from '../call/ports.js';
import type { Clock } from '../clock.js';
import { pause } from '../clock.js';
import type { ToolOf } from '../directory/tool.js';
import { BridgeError } from '../errors.js';
import type { RunContext } from './ports.js';

/** Answers from the tool's own list, after the delay written there: for rehearsals and recorded calls. */
export async function scripted(
  { answers }: ToolOf<'scripted'>,
  clock: Clock,
  { callCount, signal }: RunContext,
): Promise<ToolOutcome> {
  const answer = answers[Math.min(callCount, answers.length - 1)]!;
  await pause(clock, answer.delayMs, signal);
  if (answer.error !== undefined) throw new BridgeError('TOOL_FAILED', answer.error);
  return { kind: 'answer', output: answer.output ?? {} };
}
