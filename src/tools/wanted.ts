import type { ToolContext, ToolOutcome } from '../call/ports.js';
import { findTool } from './catalog.js';
import type { DoWanted, McpCatalog, WantedAction } from './ports.js';

/** Kinds whose outcome is an answer and nothing else. An agent that is asked by an agent could ask that one again. */
const ANSWERING = ['agentcore', 'knowledge-base', 's3-vectors', 'mcp', 'scripted'];

/**
 * Does what an agent wants done with tools of the same names, one after the other; nothing of it when one of them is no such
 * tool, or needs the caller's consent: the model is told then, and can ask. `run` comes to an outcome and never rejects.
 */
export function wantedDone(
  { agent, signal }: Pick<ToolContext, 'agent' | 'signal'>,
  mcp: McpCatalog | undefined,
  run: (action: WantedAction) => Promise<ToolOutcome>,
): DoWanted {
  const isOurs = ({ name, wantsConsent }: WantedAction) =>
    !wantsConsent && ANSWERING.includes(findTool(agent, mcp, name)?.tool.kind ?? '');
  return async (actions) => {
    if (actions.length === 0 || !actions.every(isOurs)) return undefined;
    const done: { isDone: boolean; output: ToolOutcome['output'] }[] = [];
    for (const action of actions) {
      signal.throwIfAborted();
      const { kind, output } = await run(action);
      done.push({ isDone: kind === 'answer', output });
    }
    return done;
  };
}
