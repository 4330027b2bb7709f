import { describe, expect, it } from 'vitest';
import type { ToolOutcome } from '../../src/call/ports.js';
import { SOUND_AFTER_TOOLS_MS } from '../../src/call/waiting.js';
import { settle, virtualCall } from './virtual-call.js';

const LOOK_UP = {
  kind: 'scripted' as const,
  name: 'look_up',
  description: 'Looks something up.',
  timeoutMs: 8000,
  answers: [{ delayMs: 0 }],
  waitSound: { afterMs: 1200 },
};
const FOUND: ToolOutcome = { kind: 'answer', output: { found: 7 } };

function callWithTool(tool: Partial<typeof LOOK_UP> | { waitSound: false } = {}) {
  const call = virtualCall({ tools: [{ ...LOOK_UP, ...tool }] });
  call.session.start();
  return call;
}

type Call = ReturnType<typeof callWithTool>;

const ask = (call: Call, callId = 't1', name = 'look_up') =>
  call.model({ kind: 'toolCalled', callId, name, input: {} });

async function answer(call: Call, index: number, outcome = FOUND): Promise<void> {
  call.openTools[index]!.finish(outcome);
  await settle();
}

describe('a caller who waits for a tool', () => {
  it('hears nothing before the moment that the tool names, and the sound at it', () => {
    const call = callWithTool();
    ask(call);

    call.line(1180);
    expect(call.playedMs()).toBe(0);

    call.line(20);
    expect(call.playedMs()).toBeGreaterThan(0);
  });

  it('hears it go on in small pieces, never more than a moment ahead of the ear', () => {
    const call = callWithTool();
    ask(call);
    call.line(1200);
    for (let ms = 0; ms < 3000; ms += 100) {
      call.line(100);
      expect(call.playedMs() - ms - 100).toBeLessThanOrEqual(300);
      expect(call.playedMs() - ms - 100).toBeGreaterThanOrEqual(0);
    }
  });

  it('hears the agent at once: what is left of the sound is taken back before the first word', async () => {
    const call = callWithTool();
    ask(call);
    call.line(1500);
    await answer(call, 0);
    call.sent.length = 0;

    call.say('b1', 'Seven.', 200);

    expect(call.sent[0]).toBe('clear');
    expect(call.sent.filter((each) => each === 'clear')).toHaveLength(1);
    call.takeMarks();
    call.line(1000);
    expect(call.agentTurns()[0]).toMatchObject({ text: 'Seven.', interrupted: false });
    // The sound was no turn of the agent, and its end no interruption.
    expect(call.facts.some(({ kind }) => kind === 'interrupted')).toBe(false);
  });

  it('hears it until the agent speaks, also after the tool has answered, but not for ever', async () => {
    const call = callWithTool();
    ask(call);
    call.line(1500);
    await answer(call, 0);

    call.line(SOUND_AFTER_TOOLS_MS - 100);
    const soundingMs = call.playedMs();
    call.line(2000);

    expect(soundingMs).toBeGreaterThan(SOUND_AFTER_TOOLS_MS);
    expect(call.playedMs() - soundingMs).toBeLessThanOrEqual(300);
  });

  it('does not hear it while the agent speaks; after that it comes when the tool still works', () => {
    const call = callWithTool();
    call.say('b1', 'One moment.', 400, false);
    ask(call);
    call.line(1300);
    expect(call.playedMs()).toBe(400);

    call.model({ kind: 'audioEnded', blockId: 'b1', turnEnded: true });
    call.returnMarks();
    call.line(400);

    expect(call.playedMs()).toBeGreaterThan(400);
  });

  it('hears it also within a turn of the agent that goes on when the tool has answered', async () => {
    const call = callWithTool();
    call.say('b1', 'One moment.', 400, false);
    ask(call);
    call.line(400);
    call.returnMarks();
    call.line(900);
    expect(call.playedMs()).toBeGreaterThan(400);

    await answer(call, 0);
    call.sent.length = 0;
    call.say('b2', 'Seven.', 200);

    expect(call.sent[0]).toBe('clear');
    call.returnMarks();
    expect(call.agentTurns()).toMatchObject([{ heardText: 'One moment. Seven.', heardMs: 600, interrupted: false }]);
  });

  it('hears it once the last words have sounded, when the tool took too long before', () => {
    const call = callWithTool();
    call.model({ kind: 'agentText', text: 'One moment.', stage: 'spoken' });
    call.model({ kind: 'audioStarted', blockId: 'b1' });
    call.speak('b1', 400);
    ask(call);
    call.line(1300);
    call.returnMarks();
    // The block is still open: more of it may come.
    expect(call.playedMs()).toBe(400);

    call.model({ kind: 'audioEnded', blockId: 'b1', turnEnded: false });

    expect(call.playedMs()).toBeGreaterThan(400);
  });

  it('hears nothing when the tool answers in time, or wants no sound', async () => {
    const quick = callWithTool();
    ask(quick);
    quick.line(1000);
    await answer(quick, 0);
    quick.line(2000);
    const silent = callWithTool({ waitSound: false });
    ask(silent);
    silent.line(6000);

    expect([quick.playedMs(), silent.playedMs()]).toEqual([0, 0]);
  });

  it('is not in dead air while it sounds', () => {
    const call = callWithTool();
    ask(call);
    call.line(9000);
    call.session.hangUp();

    expect(call.facts).toContainEqual({
      kind: 'audioCounted',
      audio: expect.objectContaining({ deadAirMs: 0 }),
    });
  });

  it('leaves nothing behind by hanging up', () => {
    const call = callWithTool();
    ask(call);
    call.line(1500);

    call.session.caller.event({ kind: 'stopped' });

    expect(call.openTools[0]!.signal.aborted).toBe(true);
    expect(call.clock.pendingTimers).toBe(0);
    expect(call.facts).toContainEqual(
      expect.objectContaining({ kind: 'toolChanged', toolCall: expect.objectContaining({ outcome: 'aborted' }) }),
    );
  });
});

describe('a tool that is asked again', () => {
  it('in a newer turn of the caller makes what was asked before moot', async () => {
    const call = callWithTool();
    ask(call, 'first');
    call.model({ kind: 'callerText', text: 'no, the other one' });
    ask(call, 'second');
    await settle();

    expect(call.openTools.map(({ signal }) => signal.aborted)).toEqual([true, false]);
    expect(call.answers).toEqual([{ callId: 'first', output: expect.objectContaining({ status: 'superseded' }) }]);
    await answer(call, 0);
    await answer(call, 1);
    expect(call.answers.map(({ callId }) => callId)).toEqual(['first', 'second']);
  });

  it('has ended on record when the newer one begins, wherever between two milliseconds that is', async () => {
    const call = callWithTool();
    call.clock.advance(100.5);
    ask(call, 'first');
    call.clock.advance(50.5);
    call.model({ kind: 'callerText', text: 'no, the other one' });
    ask(call, 'second');
    await settle();

    const records = new Map(
      call.facts.flatMap((fact) => (fact.kind === 'toolChanged' ? [[fact.toolCall.id, fact.toolCall]] : [])),
    );
    const first = records.get('first')!;
    expect(first.startMs + first.durationMs).toBeLessThanOrEqual(records.get('second')!.startMs);
  });

  it('in the same turn runs beside the first', async () => {
    const call = callWithTool();
    ask(call, 'first');
    ask(call, 'second');
    await settle();

    expect(call.openTools.map(({ signal }) => signal.aborted)).toEqual([false, false]);
  });
});
