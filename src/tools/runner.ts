import type { ToolOutcome, ToolRunner } from '../call/ports.js';
import type { Clock } from '../clock.js';
import type { Tool } from '../directory/agent.js';
import { BridgeError, messageOf } from '../errors.js';
import { hangUp } from './hang-up.js';
import { scripted } from './scripted.js';
import { sensitive } from './sensitive.js';

/** One kind of tool: comes to an outcome or throws; stops early when the signal aborts. */
export type ToolKind<T extends Tool = Tool> = (
  tool: T,
  input: Readonly<Record<string, unknown>>,
  context: { callSid: string; clock: Clock; signal: AbortSignal; callCount: number },
) => Promise<ToolOutcome>;

/** Runs the tools of agents within their time budget. The model always gets an answer that it can speak about. */
export function toolRunner(clock: Clock): ToolRunner {
  const callCounts = new Map<string, number>();
  return {
    async run(call, { callSid, agent, signal }) {
      const tool = agent.tools.find((each) => each.name === call.name) ?? caselessly(agent.tools, call.name);
      if (!tool) return failed(new BridgeError('TOOL_UNKNOWN', `there is no tool "${call.name}"`));
      if (!call.input) return failed(new BridgeError('TOOL_INPUT_INVALID', 'the input is not a JSON object'));
      const key = `${callSid}\n${tool.name}`;
      const callCount = callCounts.get(key) ?? 0;
      if (callCount === 0) signal.addEventListener('abort', () => callCounts.delete(key), { once: true });
      callCounts.set(key, callCount + 1);
      try {
        return await withinBudget(tool, clock, signal, (limit) =>
          runKind(tool, call.input ?? {}, { callSid, clock, signal: limit, callCount }),
        );
      } catch (error) {
        return failed(error);
      }
    },
  };
}

const runKind: ToolKind = (tool, input, context) => {
  switch (tool.kind) {
    case 'hang-up':
      return hangUp(tool, input, context);
    case 'scripted':
      return scripted(tool, input, context);
    case 'sensitive':
      return sensitive(tool, input, context);
  }
};

/** The first generation of the model sometimes changes the case of a name. */
function caselessly(tools: readonly Tool[], name: string): Tool | undefined {
  return tools.find((tool) => tool.name.toLowerCase() === name.toLowerCase());
}

async function withinBudget<Result>(
  tool: Tool,
  clock: Clock,
  signal: AbortSignal,
  run: (limit: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const budget = new AbortController();
  const { name, timeoutMs } = tool;
  return new Promise<Result>((resolve, reject) => {
    const giveUp = (error: BridgeError) => {
      reject(error);
      budget.abort();
    };
    const cancel = clock.after(timeoutMs, () =>
      giveUp(new BridgeError('TOOL_TIMEOUT', `tool ${name} gave no answer in ${timeoutMs} ms`, { name, timeoutMs })),
    );
    const onAbort = () => giveUp(new BridgeError('TOOL_FAILED', 'the call is over'));
    signal.addEventListener('abort', onAbort, { once: true });
    run(budget.signal)
      .then(resolve, reject)
      .finally(() => {
        cancel();
        signal.removeEventListener('abort', onAbort);
      });
  });
}

function failed(error: unknown): ToolOutcome {
  const code = error instanceof BridgeError ? error.code : 'TOOL_FAILED';
  return {
    kind: 'failed',
    code,
    output: { error: messageOf(error), advice: 'Tell the caller that this did not work.' },
  };
}
