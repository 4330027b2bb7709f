import { describe, expect, it } from 'vitest';
import { settle, virtualCall } from './virtual-call.js';

const EARLIER = { turns: [], streamCount: 1, elapsedMs: 60_000, secretMs: 0, silentMs: 0 };

describe('a call', () => {
  it('greets first, relays the answer and credits it when the marks return', () => {
    const call = virtualCall({ greeting: 'Greet the caller' });
    call.session.start();
    expect(call.told).toEqual(['Greet the caller']);

    call.say('b1', 'Hello there', 1000);
    expect(call.playedMs()).toBe(1000);
    call.clock.advance(1100);
    call.returnMarks();

    expect(call.agentTurns()).toMatchObject([
      { text: 'Hello there', heardText: 'Hello there', interrupted: false, heardMs: 1000 },
    ]);
  });

  it('passes caller audio on in the tick in which it came', () => {
    const call = virtualCall();
    call.session.start();

    call.line(200);

    expect(call.heardMs()).toBe(200);
  });

  it('puts together sentences to one turn, until the model says that it is over', () => {
    const call = virtualCall();
    call.session.start();
    call.say('b1', 'One moment please.', 600, false);
    call.say('b2', 'Thank you.', 400, true);
    call.clock.advance(1200);
    call.returnMarks();

    expect(call.agentTurns()).toMatchObject([{ text: 'One moment please. Thank you.', heardMs: 1000 }]);
  });

  it('counts what the model says before the rest was heard to the same turn, which is over when all was heard', () => {
    const call = virtualCall();
    call.session.start();
    call.say('b1', 'One moment please', 1000);
    call.clock.advance(400);
    call.returnMarks(2);
    call.model({ kind: 'agentText', text: 'Thank you', stage: 'spoken' });
    call.model({ kind: 'audioStarted', blockId: 'b2' });
    call.clock.advance(700);
    call.returnMarks();
    expect(call.agentTurns()).toMatchObject([{ heardMs: 0 }]);

    call.speak('b2', 400);
    call.model({ kind: 'audioEnded', blockId: 'b2', turnEnded: true });
    call.clock.advance(500);
    call.returnMarks();

    expect(call.agentTurns()).toMatchObject([{ heardText: 'One moment please Thank you', heardMs: 1400 }]);
  });

  it('keeps the text of the next turn that comes before the last one was heard', () => {
    const call = virtualCall();
    call.session.start();
    call.say('b1', 'Hello', 400);
    call.model({ kind: 'agentText', text: 'Thank you', stage: 'spoken' });
    call.clock.advance(500);
    call.returnMarks();
    call.model({ kind: 'audioStarted', blockId: 'b2' });
    call.speak('b2', 200);
    call.model({ kind: 'audioEnded', blockId: 'b2', turnEnded: true });
    call.clock.advance(500);
    call.returnMarks();

    expect(call.agentTurns()).toMatchObject([{ heardText: 'Hello' }, { text: 'Thank you', heardText: 'Thank you' }]);
  });

  it('has on record what was heard of a long turn while it goes on, before it is known how it ends', () => {
    const call = virtualCall();
    call.session.start();
    call.say('b1', 'one two three four five six seven eight nine ten', 4000);
    const told = () => call.facts.filter(({ kind }) => kind === 'turnChanged').length;
    const before = told();

    for (let mark = 0; mark < 10; mark++) {
      call.clock.advance(200);
      call.returnMarks(1);
    }
    expect(call.agentTurns()).toMatchObject([
      { heardText: 'one two three four', heardMs: 0, interrupted: false, endMs: 1800 },
    ]);
    expect(told() - before).toBeLessThanOrEqual(5);

    call.clock.advance(2000);
    call.returnMarks();
    expect(call.agentTurns()).toMatchObject([{ heardText: call.agentTurns()[0]!.text, heardMs: 4000 }]);
  });

  it('measures the response gap to the first sample heard, in parts that add up', () => {
    const call = virtualCall();
    call.session.start();
    call.line(1000, true);
    call.line(500);
    call.model({ kind: 'callerText', text: 'go forward' });
    call.line(300);
    call.say('b1', 'Yes', 400);
    call.line(460);
    call.returnMarks();

    const [turn] = call.agentTurns();
    const parts = turn!.responseGapParts!;
    expect(parts.endpointing).toBeGreaterThan(400);
    expect(parts.endpointing).toBeLessThan(600);
    expect(parts).toMatchObject({ model: 300, tools: 0, bridge: 0, playout: 260 });
    expect(turn!.responseGapMs).toBe(Object.values(parts).reduce((sum, part) => sum + part, 0));
    expect(turn!.responseGapFromTurnEndMs).toBe(560);
  });
});

describe('when the caller interrupts', () => {
  const interrupted = () => {
    const call = virtualCall();
    call.session.start();
    call.model({ kind: 'agentText', text: 'one two three four five six seven eight', stage: 'spoken' });
    call.model({ kind: 'audioStarted', blockId: 'b1' });
    call.speak('b1', 4000);
    return call;
  };

  it('clears once, however many signals the model gives', () => {
    const call = interrupted();
    call.clock.advance(900);
    call.returnMarks(4);

    call.model({ kind: 'interrupted' });
    call.model({ kind: 'audioEnded', blockId: 'b1', turnEnded: true });
    call.model({ kind: 'callerText', text: 'stop' });
    call.model({ kind: 'interrupted' });

    expect(call.count('clear')).toBe(1);
  });

  it('clears before any playback, and credits nothing', () => {
    const call = interrupted();

    call.model({ kind: 'interrupted' });

    expect(call.count('clear')).toBe(1);
    expect(call.agentTurns()).toMatchObject([{ heardText: '', heardMs: 0, interrupted: true }]);
  });

  it('cuts the heard text at a whole word, never crediting what the clear threw away', () => {
    const call = interrupted();
    call.model({ kind: 'audioEnded', blockId: 'b1', turnEnded: true });
    call.clock.advance(2000);
    call.returnMarks(10);
    call.model({ kind: 'interrupted' });

    const [turn] = call.agentTurns();
    expect(turn).toMatchObject({ heardMs: 2000, interrupted: true, heardText: 'one two three' });
    expect(turn).toMatchObject({ sentText: turn!.text });
    call.returnMarks();
    expect(call.agentTurns()[0]).toEqual(turn);
  });

  it('never credits a whole sentence of which not all audio had come', () => {
    const call = virtualCall();
    call.session.start();
    call.model({ kind: 'agentText', text: 'one two', stage: 'spoken' });
    call.model({ kind: 'audioStarted', blockId: 'b1' });
    call.speak('b1', 4000);
    call.clock.advance(4100);
    call.returnMarks();

    call.model({ kind: 'interrupted' });

    expect(call.agentTurns()).toMatchObject([{ heardMs: 4000, heardText: 'one', interrupted: true }]);
    expect(call.agentTurns()).toMatchObject([{ text: 'one two', sentText: 'one' }]);
  });

  it.each([true, false])(
    'credits none of the words of a block that the model ends where it breaks off (voice known: %s)',
    (isKnown) => {
      const call = virtualCall();
      call.session.start();
      if (isKnown) {
        call.say('b0', 'one two three four', 2000);
        call.line(2000);
        call.returnMarks();
      }
      call.model({ kind: 'agentText', text: 'five six seven eight nine ten eleven twelve', stage: 'spoken' });
      call.model({ kind: 'audioStarted', blockId: 'b1' });
      call.speak('b1', 1000);
      call.line(800, true);
      call.returnMarks(4);
      call.model({ kind: 'audioEnded', blockId: 'b1', turnEnded: false });
      call.model({ kind: 'interrupted' });
      call.model({ kind: 'agentText', text: 'five six seven eight nine', stage: 'confirmed' });

      const turn = call.agentTurns().at(-1)!;
      expect(turn.interrupted).toBe(true);
      expect(['', 'five']).toContain(turn.heardText);
    },
  );

  it('credits none of them either when the process stood still between the end of the block and the interruption', () => {
    const call = virtualCall();
    call.session.start();
    call.model({ kind: 'agentText', text: 'five six seven eight nine ten eleven twelve', stage: 'spoken' });
    call.model({ kind: 'audioStarted', blockId: 'b1' });
    call.speak('b1', 1000);
    call.line(600, true);
    call.returnMarks(3);
    call.model({ kind: 'audioEnded', blockId: 'b1', turnEnded: false });
    call.clock.advance(450);
    call.returnMarks();
    call.model({ kind: 'interrupted' });

    const turn = call.agentTurns().at(-1)!;
    expect(turn.interrupted).toBe(true);
    expect(['', 'five']).toContain(turn.heardText);
  });

  it('credits the words of a block that the model had ended before, as far as they were heard', () => {
    const call = virtualCall();
    call.session.start();
    call.say('b1', 'one two three four', 2000, false);
    call.line(1800, true);
    call.returnMarks(9);
    call.model({ kind: 'interrupted' });

    expect(call.agentTurns()).toMatchObject([{ heardText: 'one two three', interrupted: true }]);
  });

  it('ignores marks that come back because of the clear', () => {
    const call = interrupted();
    const stale = call.takeMarks();
    call.model({ kind: 'interrupted' });

    for (const name of stale) call.session.caller.event({ kind: 'markReturned', name });

    expect(call.agentTurns()).toMatchObject([{ heardMs: 0 }]);
  });

  it('drops and counts late audio of the cut turn', () => {
    const call = interrupted();
    call.model({ kind: 'interrupted' });
    const before = call.playedMs();

    call.speak('b1', 200);

    expect(call.playedMs()).toBe(before);
    expect(call.faults()).toContain('VOICE_AUDIO_LATE');
  });

  it('relays the next turn although the end of the cut one comes late', () => {
    const call = interrupted();
    call.model({ kind: 'interrupted' });
    call.clearMarks();
    const before = call.playedMs();

    call.model({ kind: 'audioStarted', blockId: 'b2' });
    call.speak('b2', 200);
    call.model({ kind: 'audioEnded', blockId: 'b1', turnEnded: true });
    call.speak('b2', 200);
    call.model({ kind: 'audioEnded', blockId: 'b2', turnEnded: true });
    call.clock.advance(500);
    call.returnMarks();

    expect(call.playedMs() - before).toBe(400);
    expect(call.agentTurns()).toMatchObject([{ interrupted: true }, { interrupted: false, heardMs: 400 }]);
  });

  it('clears what Twilio still plays after the model has said all', () => {
    const call = virtualCall();
    call.session.start();
    call.say('b1', 'a long reply', 8000);
    call.clock.advance(1000);
    call.returnMarks(5);

    call.model({ kind: 'interrupted' });

    expect(call.count('clear')).toBe(1);
    expect(call.agentTurns()).toMatchObject([{ interrupted: true, heardMs: 1000 }]);
  });

  it('sends no clear for a turn that was heard to its end', () => {
    const call = virtualCall();
    call.session.start();
    call.say('b1', 'short', 400);
    call.clock.advance(500);
    call.returnMarks();

    call.model({ kind: 'interrupted' });

    expect(call.count('clear')).toBe(0);
    expect(call.agentTurns()).toMatchObject([{ interrupted: false }]);
  });

  it('takes speech over the agent for an interruption where the model only gives a transcript', () => {
    const call = virtualCall();
    call.session.start();
    call.say('b1', 'a long reply', 8000);
    call.line(600);
    call.line(600, true);
    call.line(500);

    call.model({ kind: 'callerText', text: 'stop' });

    expect(call.count('clear')).toBe(1);
  });

  it("lets the model's own final text shorten what was heard, not lengthen it", () => {
    const call = interrupted();
    call.model({ kind: 'audioEnded', blockId: 'b1', turnEnded: true });
    call.clock.advance(2000);
    call.returnMarks(10);
    call.model({ kind: 'interrupted' });

    call.model({ kind: 'agentText', text: 'one two', stage: 'confirmed' });
    expect(call.agentTurns()).toMatchObject([{ heardText: 'one two' }]);

    const more = interrupted();
    more.model({ kind: 'interrupted' });
    more.model({ kind: 'agentText', text: 'one two', stage: 'confirmed' });
    expect(more.agentTurns()).toMatchObject([{ heardText: '' }]);
  });

  it('shows the same sentence once, though it comes as speculative and as final text', () => {
    const call = virtualCall();
    call.session.start();
    call.say('b1', 'Hello there', 400);
    call.clock.advance(500);
    call.returnMarks();
    call.model({ kind: 'agentText', text: 'Hello there', stage: 'confirmed' });

    expect(call.agentTurns()).toMatchObject([{ text: 'Hello there', heardText: 'Hello there' }]);
  });
});

describe('a model that does not keep to its own rules', () => {
  it('and never says that its turn is over does not leave the caller in silence', () => {
    const call = virtualCall({ silence: { promptAfterMs: 5000, hangUpAfter: 1 } });
    call.session.start();
    call.say('b1', 'Hello', 400, false);
    call.line(600);
    call.returnMarks();
    call.line(4000);
    expect(call.agentTurns()).toMatchObject([{ heardText: 'Hello', interrupted: false }]);

    call.line(6000);
    expect(call.told).toHaveLength(1);
  });

  it('and says nothing after a tool does not either', async () => {
    const call = virtualCall({ silence: { promptAfterMs: 5000, hangUpAfter: 1 } });
    call.session.start();
    call.say('b1', 'One moment', 400, false);
    call.model({ kind: 'toolCalled', callId: 't1', name: 'look_up', input: {} });
    call.line(600);
    call.returnMarks();
    call.line(6000);
    expect(call.told).toEqual([]);

    call.openTools[0]!.finish({ kind: 'answer', output: {} });
    await settle();
    call.line(9000);
    expect(call.told).toHaveLength(1);
  });

  it('and falls silent in the middle of a block is credited what was heard, without a mark too', () => {
    const call = virtualCall({ silence: { promptAfterMs: 5000, hangUpAfter: 1 } });
    call.session.start();
    call.model({ kind: 'agentText', text: 'one two three four', stage: 'spoken' });
    call.model({ kind: 'audioStarted', blockId: 'b1' });
    call.speak('b1', 1000);
    call.clearMarks();
    call.line(5000);
    expect(call.agentTurns()).toMatchObject([{ interrupted: false }]);
    call.line(12_000);

    expect(call.agentTurns()).toMatchObject([{ interrupted: true }]);
    expect(call.told).toHaveLength(1);
  });

  it('and pauses for seconds in the middle of a block is heard to its end', () => {
    const call = virtualCall();
    call.session.start();
    call.model({ kind: 'agentText', text: 'one two three four', stage: 'spoken' });
    call.model({ kind: 'audioStarted', blockId: 'b1' });
    call.speak('b1', 400);
    call.line(5000);
    call.returnMarks();
    call.speak('b1', 400);
    call.model({ kind: 'audioEnded', blockId: 'b1', turnEnded: true });
    call.line(600);
    call.returnMarks();

    expect(call.agentTurns()).toMatchObject([{ heardText: 'one two three four', heardMs: 800, interrupted: false }]);
    expect(call.faults()).toEqual([]);
  });

  it('and announces nothing has its final texts put to the right turns', () => {
    const call = virtualCall();
    call.session.start();
    for (const word of ['One', 'Two', 'Three']) {
      call.model({ kind: 'agentText', text: word, stage: 'confirmed' });
      call.model({ kind: 'audioStarted', blockId: word });
      call.speak(word, 400);
      call.model({ kind: 'audioEnded', blockId: word, turnEnded: true });
      call.clock.advance(500);
      call.returnMarks();
    }

    expect(call.agentTurns().map(({ heardText }) => heardText)).toEqual(['One', 'Two', 'Three']);
  });

  it('and announces words that it never speaks does not have them heard in the next turn', () => {
    const call = virtualCall();
    call.session.start();
    call.say('b1', 'First', 2000);
    call.model({ kind: 'agentText', text: 'Never spoken', stage: 'spoken' });
    call.model({ kind: 'interrupted' });
    call.clearMarks();
    call.say('b2', 'Second', 400);
    call.clock.advance(500);
    call.returnMarks();

    expect(call.agentTurns().at(-1)).toMatchObject({ text: 'Second', heardText: 'Second' });
  });
});

describe('tools', () => {
  it('run while audio and barge-in go on', async () => {
    const call = virtualCall();
    call.session.start();
    call.model({ kind: 'toolCalled', callId: 't1', name: 'look_up', input: { order: '1' } });
    call.line(400, true);
    expect(call.heardMs()).toBe(400);

    call.openTools[0]!.finish({ kind: 'answer', output: { status: 'shipped' } });
    await settle();

    expect(call.answers).toEqual([{ callId: 't1', output: { status: 'shipped' } }]);
    expect(call.facts.filter((fact) => fact.kind === 'toolChanged').map((fact) => fact.toolCall.outcome)).toEqual([
      'running',
      'answered',
    ]);
  });

  it('are aborted and not answered when the call is over', async () => {
    const call = virtualCall();
    call.session.start();
    call.model({ kind: 'toolCalled', callId: 't1', name: 'look_up', input: {} });
    const [tool] = call.openTools;

    call.session.caller.event({ kind: 'stopped' });
    expect(tool!.signal.aborted).toBe(true);
    tool!.finish({ kind: 'answer', output: {} });
    await settle();

    expect(call.answers).toEqual([]);
    expect(call.facts).toContainEqual({
      kind: 'toolChanged',
      toolCall: expect.objectContaining({ outcome: 'aborted' }),
    });
  });

  it('hang up only after the last words were heard', async () => {
    const call = virtualCall();
    call.session.start();
    call.model({ kind: 'toolCalled', callId: 't1', name: 'end_call', input: {} });
    call.openTools[0]!.finish({ kind: 'hang-up', output: {} });
    await settle();
    call.say('b1', 'Goodbye', 800);
    expect(call.count('close')).toBe(0);

    call.clock.advance(900);
    call.returnMarks();

    expect(call.outcome()).toEqual({ reason: 'agent-hung-up', next: { kind: 'hang-up' } });
    expect(call.agentTurns()).toMatchObject([{ heardText: 'Goodbye', interrupted: false }]);
  });
});

describe('secrets in what a tool is given and answers', () => {
  it('reach the model and are not written down', async () => {
    const call = virtualCall();
    call.session.start();
    call.model({ kind: 'toolCalled', callId: 't1', name: 'wifi', input: { room: '12', token: 'abcdefgh' } });
    call.openTools[0]!.finish({ kind: 'answer', output: { answer: 'The password: hunter22' } });
    await settle();

    expect(call.openTools[0]!.call.input).toEqual({ room: '12', token: 'abcdefgh' });
    expect(call.answers).toEqual([{ callId: 't1', output: { answer: 'The password: hunter22' } }]);
    expect(call.facts.findLast(({ kind }) => kind === 'toolChanged')).toMatchObject({
      toolCall: {
        input: { room: '12', token: '[redacted]' },
        output: { answer: 'The password: [redacted]' },
        outcome: 'answered',
      },
    });
  });
});

describe('a tool whose input is no JSON', () => {
  it('has on record what the model sent', async () => {
    const call = virtualCall();
    call.session.start();
    const rawInput = 'order one, token=abcdefgh1234';
    call.model({ kind: 'toolCalled', callId: 't1', name: 'wifi', input: undefined, rawInput });
    call.openTools[0]!.finish({ kind: 'answer', output: {} });
    await settle();

    expect(call.facts.findLast(({ kind }) => kind === 'toolChanged')).toMatchObject({
      toolCall: { input: { text: 'order one, token=[redacted]' } },
    });
  });
});

describe('why a tool failed', () => {
  const WHY = { reason: 'throttled', service: 'ThrottlingException: token=abcdefgh1234', problem: 'HTTP 429' };
  const failed = { kind: 'failed', code: 'TOOL_FAILED', output: { error: 'it is busy' }, why: WHY } as const;

  it('is on record, and the model does not hear of it', async () => {
    const call = virtualCall();
    call.session.start();
    call.model({ kind: 'toolCalled', callId: 't1', name: 'wifi', input: {} });
    call.openTools[0]!.finish(failed);
    await settle();

    expect(call.answers).toEqual([{ callId: 't1', output: { error: 'it is busy' } }]);
    expect(call.facts.findLast(({ kind }) => kind === 'toolChanged')).toMatchObject({
      toolCall: { outcome: 'failed', code: 'TOOL_FAILED', why: { reason: 'throttled', problem: 'HTTP 429' } },
    });
  });

  it('is not kept of what touches something secret', async () => {
    const card = { kind: 'sensitive', name: 'card', description: 'd', timeoutMs: 1000, limitMs: 60_000 } as const;
    const call = virtualCall({ tools: [card] });
    call.session.start();
    call.model({ kind: 'toolCalled', callId: 't1', name: 'card', input: { active: true } });
    call.openTools[0]!.finish({ kind: 'sensitive', active: true, limitMs: 60_000, output: {} });
    await settle();
    call.model({ kind: 'toolCalled', callId: 't2', name: 'pay', input: {} });
    call.openTools[1]!.finish(failed);
    await settle();
    const last = call.facts.findLast((fact) => fact.kind === 'toolChanged');

    expect(last).toMatchObject({ toolCall: { id: 't2', outcome: 'failed', output: {}, sensitive: true } });
    expect(last?.toolCall.why).toBeUndefined();
    call.session.hangUp();
  });
});

describe('last words', () => {
  it('that go on in the turn in which the tool was called are heard to their end, at any pace', async () => {
    const call = virtualCall();
    call.session.start();
    call.say('b1', 'Your order is on its way', 600, false);
    call.model({ kind: 'toolCalled', callId: 't1', name: 'end_call', input: {} });
    call.openTools[0]!.finish({ kind: 'hang-up', output: {} });
    await settle();
    call.line(1000);
    call.model({ kind: 'agentText', text: 'Goodbye and have a nice day', stage: 'spoken' });
    call.model({ kind: 'audioStarted', blockId: 'b2' });
    for (let ms = 0; ms < 4000; ms += 200) {
      call.speak('b2', 200);
      call.line(200);
      call.returnMarks();
    }
    expect(call.outcome()).toBeUndefined();
    call.model({ kind: 'audioEnded', blockId: 'b2', turnEnded: true });
    call.line(300);
    call.returnMarks();

    expect(call.outcome()?.reason).toBe('agent-hung-up');
    expect(call.agentTurns().at(-1)).toMatchObject({ interrupted: false });
  });

  it('of an endless call come although the model breaks off what it was saying', () => {
    const call = virtualCall({ maxCallMs: 8000 });
    call.session.start();
    call.model({ kind: 'agentText', text: 'a very long answer', stage: 'spoken' });
    call.model({ kind: 'audioStarted', blockId: 'b1' });
    call.speak('b1', 20_000);
    call.line(8100);
    expect(call.told).toHaveLength(1);
    call.model({ kind: 'interrupted' });
    call.clearMarks();
    call.say('b2', 'Goodbye', 400);
    call.line(500);
    expect(call.outcome()).toBeUndefined();
    call.returnMarks();

    expect(call.outcome()).toEqual({ reason: 'max-duration', next: { kind: 'hang-up' } });
    expect(call.agentTurns().at(-1)).toMatchObject({ heardText: 'Goodbye' });
  });
});

describe('keys', () => {
  it('reach the model as one text at the terminator or after a pause, and no fact tells the digits', () => {
    const call = virtualCall();
    call.session.start();
    const press = (digits: string) => {
      for (const digit of digits) call.session.caller.event({ kind: 'keyPressed', digit });
    };

    press('4711#');
    press('22');
    call.clock.advance(2100);

    expect(call.told).toHaveLength(2);
    expect(call.told[0]).toContain('4711');
    expect(call.told[1]).toContain('22');
    expect(JSON.stringify(call.facts)).not.toContain('4711');
  });
});

describe('silence', () => {
  it('is asked about, then bid goodbye, then the call ends', () => {
    const call = virtualCall({ silence: { promptAfterMs: 5000, hangUpAfter: 1 } });
    call.session.start();
    call.line(5100);
    expect(call.told).toHaveLength(1);
    call.line(5100);
    expect(call.told).toHaveLength(2);
    call.say('b1', 'Goodbye', 400);
    call.line(500);
    call.returnMarks();

    expect(call.outcome()?.reason).toBe('silence');
  });

  it('is not seen in a caller who is speaking', () => {
    const call = virtualCall({ silence: { promptAfterMs: 5000, hangUpAfter: 1 } });
    call.session.start();

    call.line(9000, true);

    expect(call.told).toEqual([]);
  });

  it('is measured afresh from the last word, however often the caller pauses', () => {
    const call = virtualCall({ silence: { promptAfterMs: 5000, hangUpAfter: 1 } });
    call.session.start();
    for (let i = 0; i < 4; i++) {
      call.line(600, true);
      call.line(4000);
    }
    expect(call.told).toEqual([]);

    call.line(1200);
    expect(call.told).toHaveLength(1);
  });

  it('longer than four seconds on both sides is dead air on the record', () => {
    const call = virtualCall({ silence: { promptAfterMs: 60_000, hangUpAfter: 1 } });
    call.session.start();
    call.line(6000);
    call.line(500, true);
    call.session.caller.event({ kind: 'stopped' });

    expect(call.audio().deadAirMs).toBeGreaterThan(5500);
    expect(call.audio().deadAirMs).toBeLessThan(6500);
  });

  it('is on record some seconds after it was broken, and once: no more of it is lost with this process', () => {
    const call = virtualCall({ silence: { promptAfterMs: 60_000, hangUpAfter: 1 } });
    call.session.start();
    call.line(6000);
    call.line(500, true);
    call.line(3000);
    call.line(500, true);
    call.line(2000);

    const soFar = call.audio();
    expect(soFar.deadAirMs).toBeGreaterThan(5500);
    expect(soFar.deadAirMs).toBeLessThan(6500);

    call.session.hangUp();
    expect(call.audio()).toEqual(soFar);
  });

  it('that was filled in for missing audio is on record while the call goes on', () => {
    const call = virtualCall();
    call.session.start();
    call.clock.advance(6000);

    expect(call.audio().filledMs).toBeGreaterThan(3000);
  });

  it('between two media streams of a call is dead air together with that at the beginning of the second', () => {
    const call = virtualCall({}, { earlier: { ...EARLIER, silentMs: 3000 } });
    call.session.start();
    call.line(1500);
    call.line(500, true);
    call.session.hangUp();

    expect(call.audio().deadAirMs).toBeGreaterThan(4200);
    expect(call.audio().deadAirMs).toBeLessThan(5000);
  });

  it('between two media streams of a call that was short, and soon broken, is none', () => {
    const call = virtualCall({}, { earlier: { ...EARLIER, silentMs: 3000 } });
    call.session.start();
    call.line(500, true);
    call.line(3000);
    call.session.hangUp();

    expect(call.audio().deadAirMs).toBe(0);
  });
});

describe('endings', () => {
  it('are three independent ones of the carrier, each enough and together one', () => {
    const endings = [
      (call: ReturnType<typeof virtualCall>) => call.session.caller.event({ kind: 'stopped' }),
      (call: ReturnType<typeof virtualCall>) => call.session.caller.event({ kind: 'closed' }),
      (call: ReturnType<typeof virtualCall>) => call.session.callFinished(),
    ];
    for (const first of endings) {
      const call = virtualCall();
      call.session.start();

      first(call);
      for (const ending of endings) ending(call);

      expect(call.outcome()).toEqual({ reason: 'caller-hung-up', next: undefined });
      expect(call.facts.filter((fact) => fact.kind === 'ended')).toHaveLength(1);
      expect(call.voiceClosed()).toBe(1);
    }
  });

  it('release every timer', () => {
    const call = virtualCall({ greeting: 'Greet' });
    call.session.start();
    call.session.caller.event({ kind: 'keyPressed', digit: '1' });
    call.line(1000);

    call.session.caller.event({ kind: 'stopped' });

    expect(call.clock.pendingTimers).toBe(0);
  });

  it('credit no last word that only the clock says was heard: the line may play late, and its mark comes before its end', () => {
    const call = virtualCall();
    call.session.start();
    call.say('b1', 'Thank you', 400);
    call.clock.advance(200);
    call.returnMarks(1);
    call.clock.advance(600);

    call.session.caller.event({ kind: 'stopped' });

    expect(call.agentTurns()).toMatchObject([{ interrupted: true, heardText: '' }]);
  });

  it('at another instance are told on from where they were cut: nothing sounds here that is not credited', () => {
    const call = virtualCall();
    call.session.start();
    call.say('b1', 'one two three four five six seven eight', 4000);
    call.clock.advance(2000);
    call.returnMarks(10);

    call.session.handOver('now');

    expect(call.count('clear')).toBe(1);
    expect(call.count('close')).toBe(0);
    expect(call.agentTurns()).toMatchObject([{ heardMs: 2000, interrupted: true, heardText: 'one two three' }]);
  });

  it('credit in a turn cut by hanging up only what was heard', () => {
    const call = virtualCall();
    call.session.start();
    call.say('b1', 'one two three four five six seven eight', 4000);
    call.clock.advance(1000);
    call.returnMarks(5);

    call.session.caller.event({ kind: 'stopped' });

    expect(call.agentTurns()).toMatchObject([{ interrupted: true, heardMs: 1000, heardText: 'one two' }]);
  });

  it('of the model let the caller hear what was said, then the apology', () => {
    const call = virtualCall();
    call.session.start();
    call.model({ kind: 'audioStarted', blockId: 'b1' });
    call.speak('b1', 1000);
    call.model({ kind: 'closed', asked: false, reason: 'ModelTimeoutException: timed out' });
    expect(call.count('close')).toBe(0);

    call.clock.advance(1100);
    call.returnMarks();

    expect(call.outcome()).toEqual({ reason: 'failed', next: { kind: 'fallback' } });
    expect(call.facts).toContainEqual(
      expect.objectContaining({
        kind: 'streamChanged',
        stream: expect.objectContaining({ closed: expect.stringContaining('ModelTimeout') }),
      }),
    );
  });

  it('over words that were not taken are told with the turns that hold them', () => {
    const call = virtualCall();
    call.session.start();
    call.model({ kind: 'callerText', text: 'Something bad.' });
    call.model({ kind: 'gone', reason: 'blocked', loss: 'filtered', offence: 'last' });

    expect(call.turns).toMatchObject([{ role: 'caller', text: 'Something bad.', filtered: true }]);
  });

  it('of a model stream are told with their class, in which they are counted, beside the words on record', () => {
    const call = virtualCall();
    call.session.start();
    call.model({ kind: 'gone', reason: 'ThrottlingException: Too many requests', loss: 'throttled' });
    call.model({ kind: 'replaced', modelId: 'nova-2', region: 'us-west-2', planned: false });
    call.session.hangUp();

    const closed = call.facts.filter((fact) => fact.kind === 'streamChanged' && fact.stream.closedMs !== null);
    expect(closed).toMatchObject([
      { index: 0, loss: 'throttled', stream: { closed: 'ThrottlingException: Too many requests' } },
      { index: 1, stream: { closed: 'ended' } },
    ]);
    expect(closed[1]).not.toHaveProperty('loss');
  });

  it('of a failing part of the bridge end this call with an apology', () => {
    const call = virtualCall();
    call.session.start();
    call.phone.play = () => {
      throw new Error('broken');
    };

    call.say('b1', 'Hello', 100);

    expect(call.outcome()).toEqual({ reason: 'failed', next: { kind: 'fallback' } });
    expect(call.clock.pendingTimers).toBe(0);
  });
});
