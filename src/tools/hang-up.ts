import type { ToolOutcome } from '../call/ports.js';

/** Asks for the end of the call. The call itself sees to it that the last words are heard. */
export function hangUp(): ToolOutcome {
  return {
    kind: 'hang-up',
    output: {
      status: 'the call ends after your last words',
      advice: 'If you have not said goodbye yet, say it now in one short sentence. Otherwise say nothing more.',
    },
  };
}
