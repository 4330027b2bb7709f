import type { Clock } from '../clock.js';
import type { Tool } from '../directory/agent.js';
import { BridgeError } from '../errors.js';
import type { ToolKind } from './runner.js';

/** Answers from the tool's own list, after the delay written there: for rehearsals and recorded calls. */
export const scripted: ToolKind<Extract<Tool, { kind: 'scripted' }>> = async (tool, _input, context) => {
  const answer = tool.answers[Math.min(context.callCount, tool.answers.length - 1)]!;
  await pause(context.clock, answer.delayMs, context.signal);
  if (answer.error !== undefined) throw new BridgeError('TOOL_FAILED', answer.error);
  return { kind: 'answer', output: answer.output ?? {} };
};

function pause(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  if (ms === 0) return Promise.resolve();
  return new Promise((resolve) => {
    const done = () => {
      cancel();
      signal.removeEventListener('abort', done);
      resolve();
    };
    const cancel = clock.after(ms, done);
    signal.addEventListener('abort', done, { once: true });
  });
}
