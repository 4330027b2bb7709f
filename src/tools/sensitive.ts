import type { ToolOutcome } from '../call/ports.js';
import type { ToolOf } from '../directory/tool.js';
import type { ToolInput } from './ports.js';

/** Says that secret data is about to be spoken, or that it is over. The call keeps nothing of what lies between. */
export function sensitive({ limitMs }: ToolOf<'sensitive'>, input: ToolInput): ToolOutcome {
  const active = input.active !== false;
  return {
    kind: 'sensitive',
    active,
    limitMs,
    output: { status: active ? 'nothing is kept from now on' : 'the call is kept again' },
  };
}
