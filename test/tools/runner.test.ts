import { describe, expect, it } from 'vitest';
import { FakeClock } from '../../src/clock.js';
import { agentInputSchema, agentVersion, type Tool } from '../../src/directory/agent.js';
import { toolRunner } from '../../src/tools/runner.js';

const tool = (more: object) => ({ name: 'look_up', description: 'Looks up.', ...more });

function agentWith(...tools: object[]) {
  const input = agentInputSchema.parse({ name: 'A', systemPrompt: 'p', tools: tools as Tool[] });
  return agentVersion(input, { id: 'a', version: 1, createdAt: '', defaultModelId: 'm' });
}

function runner(...tools: object[]) {
  const clock = new FakeClock();
  const abort = new AbortController();
  const agent = agentWith(...tools);
  const tools_ = toolRunner(clock);
  return {
    clock,
    abort,
    run: (name: string, input: Record<string, unknown> | undefined = {}, callSid = 'CA1') =>
      tools_.run({ callId: 't', name, input }, { callSid, agent, signal: abort.signal }),
  };
}

describe('tools', () => {
  it('answer from their script, one answer a call, the last one from then on', async () => {
    const { run } = runner(tool({ kind: 'scripted', answers: [{ output: { n: 1 } }, { output: { n: 2 } }] }));

    expect(await run('look_up')).toEqual({ kind: 'answer', output: { n: 1 } });
    expect(await run('look_up')).toEqual({ kind: 'answer', output: { n: 2 } });
    expect(await run('look_up')).toEqual({ kind: 'answer', output: { n: 2 } });
    expect(await run('look_up', {}, 'CA2')).toEqual({ kind: 'answer', output: { n: 1 } });
  });

  it('are found whatever the case of the name', async () => {
    const { run } = runner(tool({ kind: 'hang-up', name: 'end_call' }));

    expect(await run('END_CALL')).toMatchObject({ kind: 'hang-up' });
  });

  it.each([
    ['a tool that is not there', 'other', {}, 'TOOL_UNKNOWN'],
    ['input that is no object', 'look_up', undefined, 'TOOL_INPUT_INVALID'],
    ['a tool that fails', 'look_up', {}, 'TOOL_FAILED'],
  ])('answer the model for %s', async (_what, name, input, code) => {
    const { clock, abort } = runner();
    const agent = agentWith(tool({ kind: 'scripted', answers: [{ error: 'no such order' }] }));

    const outcome = await toolRunner(clock).run(
      { callId: 't', name, input },
      { callSid: 'CA1', agent, signal: abort.signal },
    );

    expect(outcome).toMatchObject({ kind: 'failed', code, output: { error: expect.any(String) } });
  });

  it('are given up when their time is over', async () => {
    const { run, clock } = runner(tool({ kind: 'scripted', timeoutMs: 3000, answers: [{ delayMs: 10_000 }] }));
    const outcome = run('look_up');
    clock.advance(3000);

    expect(await outcome).toMatchObject({ kind: 'failed', code: 'TOOL_TIMEOUT' });
    expect(clock.pendingTimers).toBe(0);
  });

  it('stop when the call is over', async () => {
    const { run, clock, abort } = runner(tool({ kind: 'scripted', answers: [{ delayMs: 5000 }] }));
    const outcome = run('look_up');
    abort.abort();

    expect(await outcome).toMatchObject({ kind: 'failed' });
    await Promise.resolve();
    expect(clock.pendingTimers).toBe(0);
  });
});
