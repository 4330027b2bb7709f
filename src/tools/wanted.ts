import type { ToolContext, ToolOutcome, WantedRun } from '../call/ports.js';
import type { Clock } from '../clock.js';
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
  run: (action: WantedAction, kind: string) => Promise<ToolOutcome>,
): DoWanted {
  const kindOf = ({ name }: WantedAction) => findTool(agent, mcp, name)?.tool.kind ?? '';
  const isOurs = (action: WantedAction) => !action.wantsConsent && ANSWERING.includes(kindOf(action));
  return async (actions) => {
    if (actions.length === 0 || !actions.every(isOurs)) return undefined;
    const done: { isDone: boolean; output: ToolOutcome['output'] }[] = [];
    for (const action of actions) {
      signal.throwIfAborted();
      const { kind, output } = await run(action, kindOf(action));
      done.push({ isDone: kind === 'answer', output });
    }
    return done;
  };
}

/** What is run for an agent while it is asked, for the record of the run that asks it. */
export class WantedRuns {
  readonly #clock: Clock;
  readonly #startMs: number;
  readonly #runs: WantedRun[] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#startMs = clock.now();
  }

  /** Notes the run, which comes to an outcome and never rejects. */
  async note({ name, input }: WantedAction, kind: string, run: () => Promise<ToolOutcome>): Promise<ToolOutcome> {
    const startMs = this.#sinceStartMs();
    const noted: WantedRun = { name, kind, input, output: {}, startMs, durationMs: 0, outcome: 'aborted' };
    this.#runs.push(noted);
    const outcome = await run();
    const { code, why } = outcome.kind === 'failed' ? outcome : {};
    Object.assign(noted, {
      output: outcome.output,
      durationMs: this.#sinceStartMs() - startMs,
      outcome: outcome.kind === 'failed' ? 'failed' : 'answered',
      ...(code && { code }),
      ...(why && { why }),
    } satisfies Partial<WantedRun>);
    return outcome;
  }

  /** The outcome, with all that was run for it; what still runs counts as aborted. */
  on(outcome: ToolOutcome): ToolOutcome {
    if (this.#runs.length === 0 || (outcome.kind !== 'answer' && outcome.kind !== 'failed')) return outcome;
    const nowMs = this.#sinceStartMs();
    const wanted = this.#runs.map((run) =>
      run.outcome === 'aborted' ? { ...run, durationMs: nowMs - run.startMs } : { ...run },
    );
    return { ...outcome, wanted };
  }

  #sinceStartMs(): number {
    return Math.round(this.#clock.now() - this.#startMs);
  }
}
