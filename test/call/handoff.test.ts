import { describe, expect, it } from 'vitest';
import { FOREIGN, settle, virtualCall } from './virtual-call.js';

const COLLEAGUE = '+14155550142';
const TO_HUMAN = {
  kind: 'handoff' as const,
  name: 'transfer_to_human',
  description: 'Puts the caller through.',
  timeoutMs: 8000,
  to: COLLEAGUE,
  warm: true,
};

function started(agent: Parameters<typeof virtualCall>[0] = {}) {
  const call = virtualCall({ tools: [TO_HUMAN], ...agent });
  call.session.start();
  return call;
}

async function handOff(call: ReturnType<typeof started>, to = COLLEAGUE): Promise<void> {
  call.model({ kind: 'toolCalled', callId: 't1', name: 'transfer_to_human', input: {} });
  call.openTools[0]!.finish({ kind: 'handoff', to, warm: true, output: { status: 'put through' } });
  await settle();
}

describe('an agent that hands the caller over to a person', () => {
  it('is heard to the end of its last words, then the carrier dials', async () => {
    const call = started();
    await handOff(call);
    call.say('b1', 'I put you through.', 400);
    expect(call.outcome()).toBeUndefined();

    call.returnMarks();

    expect(call.outcome()).toEqual({ reason: 'transferred', next: { kind: 'dial', to: COLLEAGUE, warm: true } });
    expect(call.facts).toContainEqual({ kind: 'transferred', to: COLLEAGUE });
  });

  it('needs no last words', async () => {
    const call = started();
    await handOff(call);
    call.line(3100);

    expect(call.outcome()).toMatchObject({ reason: 'transferred', next: { kind: 'dial' } });
  });

  it('is not held up by a caller who says thank you', async () => {
    const call = started();
    await handOff(call);
    call.say('b1', 'I put you through.', 800);
    call.line(400, true);
    call.model({ kind: 'interrupted' });

    expect(call.outcome()).toMatchObject({ reason: 'transferred', next: { kind: 'dial' } });
  });

  it('is told when the person may not be dialled, and goes on with the caller', async () => {
    const call = started();
    await handOff(call, FOREIGN);

    expect(call.answers).toEqual([{ callId: 't1', output: expect.objectContaining({ error: expect.any(String) }) }]);
    expect(call.faults()).toEqual(['DIAL_NOT_ALLOWED']);
    expect(call.facts).toContainEqual({
      kind: 'toolChanged',
      toolCall: expect.objectContaining({ id: 't1', outcome: 'failed', code: 'DIAL_NOT_ALLOWED' }),
    });
    expect(call.outcome()).toBeUndefined();
  });
});

describe('the key that asks for a person', () => {
  it('puts the caller through at once, whatever the agent is saying', () => {
    const call = started({ dtmf: { terminator: '#', pauseMs: 2000, sensitive: false, handoffKey: '0' } });
    call.say('b1', 'For a long time I will speak.', 4000);

    call.session.caller.event({ kind: 'keyPressed', digit: '0' });

    expect(call.count('clear')).toBe(1);
    expect(call.outcome()).toEqual({ reason: 'transferred', next: { kind: 'dial', to: COLLEAGUE, warm: true } });
  });

  it('is a key like the others where the person may not be dialled', () => {
    const call = started({
      tools: [{ ...TO_HUMAN, to: FOREIGN }],
      dtmf: { terminator: '#', pauseMs: 2000, sensitive: false, handoffKey: '0' },
    });
    for (const digit of '0#') call.session.caller.event({ kind: 'keyPressed', digit });

    expect(call.outcome()).toBeUndefined();
    expect(call.told.join()).toContain('0');
  });
});
