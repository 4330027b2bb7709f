import { describe, expect, it } from 'vitest';
import type { ToolOutcome } from '../../src/call/ports.js';
import type { ToolCallRecord } from '../../src/call/record.js';
import { ToolDesk } from '../../src/call/tool-desk.js';
import type { DoWanted } from '../../src/tools/ports.js';
import { beltWith, pending, settled } from './rig.js';

const BILLING = {
  kind: 'bedrock-agent',
  name: 'billing',
  description: 'Billing.',
  agentId: 'ORDERS0001',
  agentAliasId: 'TSTALIASID',
};
const scripted = (name: string, answer: object) => ({ kind: 'scripted', name, description: 'd', answers: [answer] });
const LOOK_UP = scripted('look_up', { output: { owed: 5, password: 'hunter22' } });
const REFUND = scripted('refund', { output: { refunded: true }, delayMs: 60_000 });
const wanted = (name: string) => ({ name, input: { order: '42' }, wantsConsent: false });

/** A call whose agent wants these things done, at a desk with the real belt. Time stands still unless it is moved. */
const wanting = (...names: string[]) => wantingOf(BILLING, ...names);

async function wantingOf(billing: object, ...names: string[]) {
  const asked = pending<void>();
  const ask = async (_target: unknown, _prompt: string, { doWanted }: { doWanted: DoWanted }) => {
    const done = doWanted(names.map(wanted));
    asked.resolve();
    if (!(await done)) await new Promise(() => {});
    return { text: 'All settled.', notes: [] };
  };
  const { belt, context, clock } = beltWith({ bedrockAgents: { ask } }, billing, LOOK_UP, REFUND);
  const { signal: _signal, callOver: _callOver, ...party } = context;
  const begunMs = clock.now();
  const records: ToolCallRecord[] = [];
  const answers: ToolOutcome[] = [];
  let isOver = false;
  const desk = new ToolDesk({
    ...party,
    tools: belt,
    mayDial: () => false,
    callMs: () => clock.now() - begunMs + 1000,
    after: (ms, action) => clock.after(ms, action),
    // A call that is over takes nothing in.
    settled: (input, act) => !isOver && act(input),
    report: (record) => records.push(record),
    waits: () => undefined,
  });
  const run = (callId: string) =>
    desk.run({ callId, name: 'billing', input: { prompt: 'my money' } }, (outcome) => answers.push(outcome));
  run('t1');
  await asked.promise;
  await settled();
  const hangUp = async () => {
    isOver = true;
    desk.close();
    await settled();
  };
  return { clock, desk, records, answers, run, hangUp };
}

describe('what a classic agent wanted done when the caller hung up', () => {
  it('is on record as it was known then: what was done, and what was under way', async () => {
    const { clock, records, answers, hangUp } = await wanting('look_up', 'refund');
    clock.advance(700);
    await hangUp();

    expect(records.map(({ outcome }) => outcome)).toEqual(['running', 'aborted', 'aborted']);
    expect(records.at(-1)).toEqual({
      ...{ id: 't1', name: 'billing', kind: 'bedrock-agent', input: { prompt: 'my money' } },
      ...{ output: { error: 'the call is over' }, startMs: 1000, durationMs: 700, outcome: 'aborted' },
      wanted: [
        {
          ...{ name: 'look_up', kind: 'scripted', input: { order: '42' }, output: { owed: 5, password: '[redacted]' } },
          ...{ startMs: 1000, durationMs: 0, outcome: 'answered' },
        },
        {
          ...{ name: 'refund', kind: 'scripted', input: { order: '42' }, output: {} },
          ...{ startMs: 1000, durationMs: 700, outcome: 'aborted' },
        },
      ],
    });
    expect(answers).toEqual([]);
  });

  it('is told once: an agent that wanted nothing is not told of again', async () => {
    const { records, hangUp } = await wanting('no_such_tool');
    await hangUp();

    expect(records.map(({ outcome }) => outcome)).toEqual(['running', 'aborted']);
  });
});

describe('what a classic agent wanted done for a run that a newer turn joined', () => {
  it('is on record with the newer one alone, at the times at which it was done', async () => {
    const { clock, desk, records, run, hangUp } = await wanting('look_up', 'refund');
    clock.advance(700);
    desk.callerSpoke();
    run('t2');
    clock.advance(300);
    await hangUp();

    expect(records.filter(({ id }) => id === 't1').at(-1)).not.toHaveProperty('wanted');
    expect(records.at(-1)).toMatchObject({
      ...{ id: 't2', startMs: 1700, durationMs: 300, outcome: 'aborted' },
      wanted: [
        { name: 'look_up', startMs: 1000, durationMs: 0 },
        { name: 'refund', startMs: 1000, durationMs: 1000, outcome: 'aborted' },
      ],
    });
  });
});

describe('what a classic agent that only looks things up wanted done, when a newer turn made its run moot', () => {
  it('is on record of that run as it was known then, and the newer run has its own', async () => {
    const { clock, desk, records, answers, run, hangUp } = await wantingOf(
      { ...BILLING, readOnly: true },
      ...['look_up', 'refund'],
    );
    clock.advance(700);
    desk.callerSpoke();
    run('t2');
    await settled();
    clock.advance(300);
    await hangUp();

    const first = records.filter(({ id }) => id === 't1');
    expect(first.map(({ outcome }) => outcome)).toEqual(['running', 'aborted', 'aborted']);
    expect(first.at(-1)).toEqual({
      ...{ id: 't1', name: 'billing', kind: 'bedrock-agent', input: { prompt: 'my money' } },
      output: expect.objectContaining({ status: 'superseded' }),
      ...{ startMs: 1000, durationMs: 700, outcome: 'aborted' },
      wanted: [
        expect.objectContaining({ name: 'look_up', startMs: 1000, durationMs: 0, outcome: 'answered' }),
        expect.objectContaining({ name: 'refund', startMs: 1000, durationMs: 700, outcome: 'aborted' }),
      ],
    });
    expect(records.at(-1)).toMatchObject({
      ...{ id: 't2', startMs: 1700, durationMs: 300, outcome: 'aborted' },
      wanted: [
        { name: 'look_up', startMs: 1700, outcome: 'answered' },
        { name: 'refund', startMs: 1700, durationMs: 300, outcome: 'aborted' },
      ],
    });
    expect(answers).toEqual([expect.objectContaining({ output: expect.objectContaining({ status: 'superseded' }) })]);
  });
});
