import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ToolContext } from '../../src/call/ports.js';
import { BridgeError } from '../../src/errors.js';
import { createLog } from '../../src/log.js';
import { ToolBelt } from '../../src/tools/belt.js';
import type { AskContext, ToolPorts } from '../../src/tools/ports.js';
import { AGENTCORE, agentWith } from '../tools/rig.js';
import { startCollector } from './collector.js';
import { CALL_SID, RANG, TOOL, traced } from './rig.js';

const ANSWERED = { outcome: 'answered' } as const;

let collector: Awaited<ReturnType<typeof startCollector>>;

beforeEach(async () => {
  collector = await startCollector();
});

afterEach(async () => {
  vi.unstubAllEnvs();
  await collector.close();
});

/** A call with a tool that asks an agent: `ask` answers for the agent. */
async function callWithAgent(ask: (context: AskContext) => string) {
  const { clock, traces, tell } = await traced(collector.url);
  tell(RANG);
  tell({ kind: 'answered' });
  const asked: AskContext[] = [];
  const ports: ToolPorts = {
    agentRuntimes: {
      async ask(_target, _payload, context) {
        asked.push(context);
        return { text: ask(context), notes: [] };
      },
    },
  };
  const tools = traces.tools(new ToolBelt({ clock, log: createLog('silent'), ports }));
  const never = new AbortController().signal;
  const context: ToolContext = {
    callSid: CALL_SID,
    agent: agentWith(AGENTCORE),
    caller: '+14155550101',
    called: '+14155550102',
    variables: {},
    signal: never,
    callOver: never,
  };
  return {
    asked,
    /** As the desk does it: on record before it runs, and with its outcome after. */
    async run(input: Record<string, unknown>) {
      tell({ kind: 'toolChanged', toolCall: TOOL });
      const outcome = await tools.run({ callId: TOOL.id, name: TOOL.name, input }, context);
      const ended = outcome.kind === 'failed' ? ({ outcome: 'failed', code: outcome.code } as const) : ANSWERED;
      tell({ kind: 'toolChanged', toolCall: { ...TOOL, ...ended } });
    },
    async end() {
      tell({ kind: 'ended', endReason: 'caller-hung-up' });
      await traces.close();
      return collector.spans();
    },
  };
}

const tool = (spans: Awaited<ReturnType<Awaited<ReturnType<typeof callWithAgent>>['end']>>) =>
  spans.find((span) => span.name.startsWith('execute_tool'))!;

describe('whom a tool asks', () => {
  it('is told the trace of the call, below the span of the tool', async () => {
    const { run, end, asked } = await callWithAgent(() => 'It is on its way.');
    await run({ prompt: 'Where is my order?' });
    const { traceId, spanId } = tool(await end());

    expect(asked.map(({ trace }) => trace)).toEqual([{ traceparent: `00-${traceId}-${spanId}-01` }]);
  });

  it('is told when the call is not followed, so that it is not there either', async () => {
    vi.stubEnv('OTEL_TRACES_SAMPLER', 'always_off');
    const { run, end, asked } = await callWithAgent(() => 'It is on its way.');
    await run({ prompt: 'Where is my order?' });

    expect(await end()).toEqual([]);
    expect(asked.map(({ trace }) => trace?.traceparent)).toEqual([expect.stringMatching(/^00-\w{32}-\w{16}-00$/)]);
  });
});

describe('the span of a tool', () => {
  it('ends with the code of the failure', async () => {
    const { run, end } = await callWithAgent(() => {
      throw new BridgeError('TOOL_TIMEOUT', 'the agent took too long');
    });
    await run({ prompt: 'Where is my order?' });

    expect(tool(await end())).toMatchObject({ error: 'TOOL_TIMEOUT', attributes: { 'error.type': 'TOOL_TIMEOUT' } });
  });

  it('says when nothing was asked, because the input was wrong', async () => {
    const { run, end, asked } = await callWithAgent(() => 'It is on its way.');
    await run({});

    expect(tool(await end()).error).toBe('TOOL_INPUT_INVALID');
    expect(asked).toEqual([]);
  });

  it('is no error when the tool answered', async () => {
    const { run, end } = await callWithAgent(() => 'It is on its way.');
    await run({ prompt: 'Where is my order?' });

    expect(tool(await end())).toMatchObject({ name: 'execute_tool orders', error: undefined });
  });
});
