import { describe, expect, it } from 'vitest';
import type { CallInput, CallOutput, Tape } from '../../src/call/tape.js';
import { settle, virtualCall } from './virtual-call.js';

type Noted = { atMs: number; input: CallInput; outputs: CallOutput[] };

function noting(): { tape: Tape; noted: Noted[] } {
  const noted: Noted[] = [];
  const tape: Tape = {
    took: (input, atMs) => noted.push({ atMs, input, outputs: [] }),
    gave: (output) => noted.at(-1)!.outputs.push(output),
  };
  return { tape, noted };
}

const kindsOf = (outputs: readonly CallOutput[]) => outputs.map(({ kind }) => kind).filter((kind) => kind !== 'fact');

describe('the tape of a call', () => {
  it('has everything that enters the call, in order, with what was done on it beside', () => {
    const { tape, noted } = noting();
    const call = virtualCall({ greeting: 'Greet.' }, { tape });

    call.session.start();
    call.line(20);
    call.say('a', 'Hello.', 40);
    call.session.caller.event({ kind: 'markReturned', name: 'm1' });
    call.session.hangUp();

    expect(noted.map(({ input }) => input.kind)).toEqual([
      'opened',
      'started',
      'callerAudio',
      'voice',
      'voice',
      'modelAudio',
      'modelAudio',
      'voice',
      'phone',
      'hangUp',
    ]);
    expect(kindsOf(noted[1]!.outputs)).toEqual(['decided', 'tell']);
    expect(kindsOf(noted[5]!.outputs)).toEqual(['play']);
    expect(kindsOf(noted[7]!.outputs)).toEqual(['mark', 'decided']);
    expect(kindsOf(noted[9]!.outputs)).toEqual(['decided', 'closeVoice', 'close']);
    expect(noted[9]!.outputs.at(-1)).toEqual({
      kind: 'fact',
      fact: { kind: 'ended', endReason: 'operator-hung-up' },
    });
  });

  it('begins with the model and the rules by which is decided', () => {
    const { tape, noted } = noting();

    virtualCall({ greeting: 'Greet.', maxCallMs: 90_000 }, { tape, takesText: false, hasFallback: true });

    expect(noted[0]!.input).toMatchObject({
      kind: 'opened',
      modelId: 'nova-2',
      rules: { greeting: 'Greet.', takesText: false, maxCallMs: 90_000, hasFallback: true },
    });
  });

  it('has the timers that fell due by their numbers', () => {
    const { tape, noted } = noting();
    const call = virtualCall({ silence: { promptAfterMs: 2000, hangUpAfter: 1 } }, { tape });

    call.session.start();
    call.clock.advance(2000);

    const timers = noted.flatMap(({ input }) => (input.kind === 'timerFired' ? [input.timer] : []));
    const decided = noted.flatMap(({ outputs }) => outputs.filter(({ kind }) => kind === 'decided'));
    expect(timers).toHaveLength(11);
    expect(new Set(timers).size).toBe(11);
    expect(decided.at(-1)).toMatchObject({ signal: { kind: 'timeUp', timer: 'silence' } });
  });

  it('has what came of tools, run by run, also when nobody waits for it any more', async () => {
    const { tape, noted } = noting();
    const call = virtualCall({}, { tape });
    call.session.start();

    call.model({ kind: 'toolCalled', callId: 't1', name: 'look', input: {} });
    call.model({ kind: 'callerText', text: 'Or no.' });
    call.model({ kind: 'toolCalled', callId: 't2', name: 'look', input: {} });
    call.openTools[1]!.finish({ kind: 'answer', output: { found: 2 } });
    await settle();
    call.openTools[0]!.finish({ kind: 'answer', output: { found: 1 } });
    await settle();

    const settled = noted.filter(({ input }) => input.kind === 'toolSettled');
    expect(settled.map(({ input }) => input)).toEqual([
      { kind: 'toolSettled', run: 2, outcome: { kind: 'answer', output: { found: 2 } } },
      { kind: 'toolSettled', run: 1, outcome: { kind: 'answer', output: { found: 1 } } },
    ]);
    expect(kindsOf(settled[0]!.outputs)).toEqual(['answerTool', 'decided']);
    expect(kindsOf(settled[1]!.outputs)).toEqual([]);
  });
});
