import { describe, expect, it } from 'vitest';
import type { ToolOutcome, WantedRun } from '../../src/call/ports.js';
import { settle, virtualCall } from './virtual-call.js';

const RUN: WantedRun = {
  ...{ name: 'refund', kind: 'mcp', input: { order: '42' }, output: { receipt: 7 } },
  ...{ startMs: 300, durationMs: 200, outcome: 'answered' },
};
/** As a run comes back that was given up. */
const GIVEN_UP: ToolOutcome = { kind: 'failed', code: 'TOOL_FAILED', output: { error: 'e' }, wanted: [RUN] };

describe('what an agent wanted done by other tools when the caller hung up', () => {
  it('is on record of the run that was aborted, though the call is over', async () => {
    const call = virtualCall();
    call.session.start();
    call.clock.advance(1000);
    call.model({ kind: 'toolCalled', callId: 't1', name: 'billing', input: {} });
    call.clock.advance(700);
    call.session.caller.event({ kind: 'stopped' });
    call.openTools[0]!.finish(GIVEN_UP);
    await settle();

    const [ended, last] = call.facts.slice(-2);
    expect(ended).toMatchObject({ kind: 'ended', endReason: 'caller-hung-up' });
    expect(last).toMatchObject({
      kind: 'toolChanged',
      toolCall: {
        ...{ id: 't1', startMs: 1000, durationMs: 700, outcome: 'aborted', output: { error: 'the call is over' } },
        wanted: [{ ...RUN, startMs: 1300 }],
      },
    });
    expect(call.answers).toEqual([]);
  });

  it('is not on record when something secret was spoken', async () => {
    const card = { kind: 'sensitive', name: 'card', description: 'd', timeoutMs: 1000, limitMs: 60_000 } as const;
    const call = virtualCall({ tools: [card] });
    call.session.start();
    call.model({ kind: 'toolCalled', callId: 't1', name: 'card', input: {} });
    call.openTools[0]!.finish({ kind: 'sensitive', active: true, limitMs: 60_000, output: {} });
    await settle();
    call.model({ kind: 'toolCalled', callId: 't2', name: 'billing', input: {} });
    call.session.hangUp();
    call.openTools.at(-1)!.finish(GIVEN_UP);
    await settle();

    const tools = call.facts.flatMap((fact) => (fact.kind === 'toolChanged' ? [fact.toolCall] : []));
    expect(tools.at(-1)).toMatchObject({ id: 't2', outcome: 'aborted', output: {}, sensitive: true });
    for (const toolCall of tools) expect(toolCall).not.toHaveProperty('wanted');
  });
});
