import type { Tool } from '../directory/agent.js';
import type { ToolKind } from './runner.js';

/** Says that secret data is about to be spoken, or that it is over. The call keeps nothing of what lies between. */
export const sensitive: ToolKind<Extract<Tool, { kind: 'sensitive' }>> = async (tool, input) => {
  const active = input.active !== false;
  return {
    kind: 'sensitive',
    active,
    limitMs: tool.limitMs,
    output: { status: active ? 'nothing is kept from now on' : 'the call is kept again' },
  };
};
