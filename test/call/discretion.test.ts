import { describe, expect, it } from 'vitest';
import { settle, virtualCall } from './virtual-call.js';

const CARD_TOOL = { kind: 'sensitive', name: 'card', description: 'd', timeoutMs: 1000, limitMs: 60_000 } as const;

/** A call whose agent announces secret data, or that it is over. */
async function announce(call: ReturnType<typeof virtualCall>, active: boolean): Promise<void> {
  const callId = `t${call.openTools.length}`;
  call.model({ kind: 'toolCalled', callId, name: 'card', input: { active } });
  call.openTools.at(-1)!.finish({ kind: 'sensitive', active, limitMs: 20_000, output: {} });
  await settle();
}

function startedCall(dtmf = {}) {
  const call = virtualCall({ tools: [CARD_TOOL], dtmf: { terminator: '#', pauseMs: 2000, sensitive: false, ...dtmf } });
  call.session.start();
  return call;
}

describe('while an agent says that something secret is spoken', () => {
  it('the words of both sides are not kept', async () => {
    const call = startedCall();
    await announce(call, true);
    call.line(1000, true);
    call.line(600);
    call.model({ kind: 'callerText', text: 'four one one one' });
    call.say('b1', 'I heard four one one one.', 400);
    call.returnMarks();

    expect(call.turns).toMatchObject([
      { role: 'caller', text: '', sensitive: true },
      { role: 'agent', text: '', sentText: '', heardText: '', sensitive: true },
    ]);
    expect(JSON.stringify(call.facts)).not.toContain('four one');
  });

  it('a turn that began in it stays unkept, also when it turns out to have been heard after it only', async () => {
    const call = startedCall();
    await announce(call, true);
    call.line(1000);
    call.say('b1', 'I heard four one one one.', 400);
    await announce(call, false);
    call.line(1000);
    call.returnMarks();

    expect(call.agentTurns()).toMatchObject([{ startMs: 1800, text: '', heardText: '', sensitive: true }]);
    expect(JSON.stringify(call.facts)).not.toContain('four one');
  });

  it('tools keep neither input nor output', async () => {
    const call = startedCall();
    await announce(call, true);
    call.line(20);
    call.model({ kind: 'toolCalled', callId: 'pay', name: 'charge', input: { card: '4111' } });
    call.openTools.at(-1)!.finish({ kind: 'answer', output: { charged: '4111' } });
    await settle();

    expect(JSON.stringify(call.facts)).not.toContain('4111');
    expect(call.answers.at(-1)).toEqual({ callId: 'pay', output: { charged: '4111' } });
  });

  it('the call is kept again when it is over', async () => {
    const call = startedCall();
    await announce(call, true);
    call.line(1000);
    await announce(call, false);
    call.line(1000);
    call.line(1000, true);
    call.line(600);
    call.model({ kind: 'callerText', text: 'thank you' });

    expect(call.turns).toMatchObject([{ role: 'caller', text: 'thank you' }]);
    expect(call.facts.filter(({ kind }) => kind === 'sensitiveChanged')).toEqual([
      { kind: 'sensitiveChanged', active: true },
      { kind: 'sensitiveChanged', active: false },
    ]);
  });

  it('it ends by itself, so that a forgetful agent does not blank the whole call', async () => {
    const call = startedCall();
    await announce(call, true);

    call.line(21_000);

    expect(call.facts).toContainEqual({ kind: 'sensitiveChanged', active: false });
  });

  it('words that were spoken before stay', async () => {
    const call = startedCall();
    call.line(1000, true);
    call.line(600);
    call.model({ kind: 'callerText', text: 'I want to pay' });
    call.line(1000);
    await announce(call, true);

    expect(call.turns).toMatchObject([{ text: 'I want to pay' }]);
  });
});

describe('keys that are secret', () => {
  it('blank the call from the first key to the end of the entry', () => {
    const call = startedCall({ sensitive: true });
    call.line(100);
    for (const digit of '41') call.session.caller.event({ kind: 'keyPressed', digit });
    expect(call.facts.at(-1)).toEqual({ kind: 'sensitiveChanged', active: true });
    call.session.caller.event({ kind: 'keyPressed', digit: '#' });

    expect(call.facts).toContainEqual({ kind: 'keysEntered', count: 2 });
    expect(call.facts.at(-1)).toEqual({ kind: 'sensitiveChanged', active: false });
    expect(call.told.join()).toContain('41');
  });

  it('are not secret unless the agent says so', () => {
    const call = startedCall();
    for (const digit of '41#') call.session.caller.event({ kind: 'keyPressed', digit });

    expect(call.facts.some(({ kind }) => kind === 'sensitiveChanged')).toBe(false);
  });
});
