import type { ToolOutcome } from '../call/ports.js';
import type { ToolOf } from '../directory/tool.js';
import type { ToolInput } from './ports.js';

/** Asks for the caller to be put through. The call itself sees to it that the last words are heard. */
export function handoff({ to, warm }: ToolOf<'handoff'>, input: ToolInput): ToolOutcome {
  const { reason } = input;
  return {
    kind: 'handoff',
    to,
    warm,
    output: {
      status: 'the caller is put through after your last words',
      ...(typeof reason === 'string' && reason.trim() !== '' && { reason }),
      advice:
        'If you have not said so yet, say in one short sentence that you are putting the caller through. Otherwise say nothing more.',
    },
  };
}
