import { describe, expect, it } from 'vitest';
import type { ToolOutcome, WantedRun } from '../../src/call/ports.js';
import { settle, virtualCall } from './virtual-call.js';

const RUN: WantedRun = {
  ...{ name: 'refund', kind: 'mcp', input: { order: '42', token: 'abcdefgh' } },
  output: { receipt: 'The password: hunter22' },
  ...{ startMs: 300, durationMs: 200, outcome: 'answered' },
};
const ANSWER: ToolOutcome = { kind: 'answer', output: { answer: 'All settled.' }, wanted: [RUN] };

describe('what an agent wanted done by other tools', () => {
  it('is on record with the call of the tool that asked it, in times of the call and without secrets', async () => {
    const call = virtualCall();
    call.session.start();
    call.clock.advance(1000);
    call.model({ kind: 'toolCalled', callId: 't1', name: 'billing', input: {} });
    call.clock.advance(700);
    call.openTools[0]!.finish(ANSWER);
    await settle();

    const { toolCall } = call.facts.findLast((fact) => fact.kind === 'toolChanged')!;
    expect(toolCall).toMatchObject({
      ...{ name: 'billing', startMs: 1000, durationMs: 700, outcome: 'answered' },
      wanted: [
        {
          ...{ name: 'refund', kind: 'mcp', input: { order: '42', token: '[redacted]' } },
          output: { receipt: 'The password: [redacted]' },
          ...{ startMs: 1300, durationMs: 200, outcome: 'answered' },
        },
      ],
    });
    expect(call.answers).toEqual([{ callId: 't1', output: { answer: 'All settled.' } }]);
  });

  it('is on record when the tool failed afterwards', async () => {
    const call = virtualCall();
    call.session.start();
    call.model({ kind: 'toolCalled', callId: 't1', name: 'billing', input: {} });
    call.openTools[0]!.finish({ kind: 'failed', code: 'TOOL_TIMEOUT', output: {}, wanted: [RUN] });
    await settle();

    const { toolCall } = call.facts.findLast((fact) => fact.kind === 'toolChanged')!;
    expect(toolCall).toMatchObject({ outcome: 'failed', wanted: [{ name: 'refund', outcome: 'answered' }] });
  });

  it('is on record of a run that a newer turn made moot, and the model is not answered again', async () => {
    const call = virtualCall({}, { about: () => ({ kind: 'bedrock-agent', waitSound: false, isReadOnly: true }) });
    call.session.start();
    call.clock.advance(1000);
    call.model({ kind: 'toolCalled', callId: 't1', name: 'billing', input: {} });
    call.clock.advance(700);
    call.model({ kind: 'callerText', text: 'no, the other one' });
    call.model({ kind: 'toolCalled', callId: 't2', name: 'billing', input: {} });
    call.clock.advance(100);
    call.openTools[0]!.finish({ kind: 'failed', code: 'TOOL_FAILED', output: {}, wanted: [RUN] });
    await settle();

    const { toolCall } = call.facts.findLast((fact) => fact.kind === 'toolChanged')!;
    expect(toolCall).toMatchObject({
      ...{ id: 't1', startMs: 1000, durationMs: 700, outcome: 'aborted', output: { status: 'superseded' } },
      wanted: [{ name: 'refund', startMs: 1300, durationMs: 200, outcome: 'answered' }],
    });
    expect(toolCall).not.toHaveProperty('code');
    expect(call.answers).toEqual([{ callId: 't1', output: expect.objectContaining({ status: 'superseded' }) }]);
  });

  it('is not on record while something secret is spoken', async () => {
    const card = { kind: 'sensitive', name: 'card', description: 'd', timeoutMs: 1000, limitMs: 60_000 } as const;
    const call = virtualCall({ tools: [card] });
    call.session.start();
    call.model({ kind: 'toolCalled', callId: 't1', name: 'card', input: {} });
    call.openTools[0]!.finish({ kind: 'sensitive', active: true, limitMs: 60_000, output: {} });
    await settle();
    call.model({ kind: 'toolCalled', callId: 't2', name: 'billing', input: {} });
    call.openTools.at(-1)!.finish(ANSWER);
    await settle();

    const { toolCall } = call.facts.findLast((fact) => fact.kind === 'toolChanged')!;
    expect(toolCall).toMatchObject({ id: 't2', output: {}, sensitive: true });
    expect(toolCall).not.toHaveProperty('wanted');
  });
});
