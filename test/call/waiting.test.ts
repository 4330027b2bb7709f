import { describe, expect, it } from 'vitest';
import type { KnownTool, ToolOutcome } from '../../src/call/ports.js';
import { LATE_SOUND_MS, SOUND_AFTER_TOOLS_MS } from '../../src/call/waiting.js';
import { settle, virtualCall } from './virtual-call.js';

const LOOK_UP = {
  kind: 'scripted' as const,
  name: 'look_up',
  description: 'Looks something up.',
  timeoutMs: 8000,
  answers: [{ delayMs: 0 }],
  waitSound: { afterMs: 1200 },
};
/** Does something for the caller, as far as anybody knows. */
const ACTING = {
  kind: 'agentcore' as const,
  name: 'book',
  description: 'Books.',
  agentRuntimeArn: 'arn:aws:bedrock-agentcore:us-east-1:123456789012:runtime/orders-AbCdEf1234',
  qualifier: 'DEFAULT',
  auth: { kind: 'sigv4' as const },
  timeoutMs: 8000,
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

    expect(call.audio().deadAirMs).toBe(0);
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

  it('runs on beside the newer one when it acts, and both answers reach the model', async () => {
    const call = virtualCall({ tools: [ACTING] });
    call.session.start();
    call.model({ kind: 'toolCalled', callId: 'table', name: 'book', input: { what: 'a table' } });
    call.model({ kind: 'callerText', text: 'and a taxi, too' });
    call.model({ kind: 'toolCalled', callId: 'taxi', name: 'book', input: { what: 'a taxi' } });
    await settle();

    expect(call.openTools.map(({ signal }) => signal.aborted)).toEqual([false, false]);
    await answer(call, 1);
    await answer(call, 0);
    expect(call.answers).toEqual([
      { callId: 'taxi', output: FOUND.output },
      { callId: 'table', output: FOUND.output },
    ]);
    call.session.hangUp();
  });

  it('is not done twice when it acts and the very same is wanted: the newer call joins the run', async () => {
    const call = virtualCall({ tools: [ACTING] });
    call.session.start();
    call.model({ kind: 'toolCalled', callId: 'first', name: 'book', input: { what: 'a table' } });
    call.model({ kind: 'callerText', text: 'are you still there?' });
    call.model({ kind: 'toolCalled', callId: 'second', name: 'book', input: { what: 'a table' } });
    await settle();

    expect(call.openTools.map((tool) => [tool.call.callId, tool.signal.aborted])).toEqual([
      ['first', false],
      ['first', false],
    ]);
    expect(call.answers).toEqual([{ callId: 'first', output: expect.objectContaining({ status: 'superseded' }) }]);
    await answer(call, 0);
    await answer(call, 1);
    expect(call.answers.at(-1)).toEqual({ callId: 'second', output: FOUND.output });
    expect(call.answers).toHaveLength(2);
    call.session.hangUp();
  });

  it('is aborted with the call also when it was joined', async () => {
    const call = virtualCall({ tools: [ACTING] });
    call.session.start();
    for (const callId of ['first', 'second']) {
      call.model({ kind: 'callerText', text: 'a table, please' });
      call.model({ kind: 'toolCalled', callId, name: 'book', input: {} });
    }
    call.session.caller.event({ kind: 'stopped' });

    expect(call.openTools.map(({ signal }) => signal.aborted)).toEqual([true, true]);
    expect(call.clock.pendingTimers).toBe(0);
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

describe('a tool whose name only a server knows', () => {
  const server = (url: string, waitSound: { afterMs: number } | false) => ({
    kind: 'mcp' as const,
    url,
    allow: [],
    auth: { kind: 'none' as const },
    timeoutMs: 8000,
    waitSound,
  });
  const servers = [
    server('https://one.example.com/mcp', { afterMs: 500 }),
    server('https://two.example.com/mcp', false),
  ];
  /** The first server has `count`, the second `sell`. */
  const about = (name: string): KnownTool | undefined => {
    if (name === 'count') return { kind: 'mcp', waitSound: { afterMs: 500 }, isReadOnly: true };
    return name === 'sell' ? { kind: 'mcp', waitSound: false, isReadOnly: false } : undefined;
  };
  const kindsOf = (call: Call) =>
    call.facts.flatMap((fact) => (fact.kind === 'toolChanged' ? [fact.toolCall.kind] : []));

  it.each([
    ['count', 'mcp', 500],
    ['sell', 'mcp', 0],
    ['other', 'unknown', 0],
  ])('is on record as what it is, and has the sound of its own server: %s', (name, kind, fromMs) => {
    const call = virtualCall({ tools: servers }, { about });
    call.session.start();
    ask(call, 't1', name);
    call.line(480);
    expect(call.playedMs()).toBe(0);
    call.line(100);

    expect(call.playedMs() > 0).toBe(fromMs > 0);
    expect(kindsOf(call)).toEqual([kind]);
    call.session.hangUp();
  });
});

describe('a caller who waits for an answer', () => {
  /** Until just before, and just after, silence has lasted for so long that something should be heard. */
  const NOT_YET_MS = 3200;
  const DEAD_AIR_MS = 4000;

  it('that takes too long hears the sound before the silence is dead air', () => {
    const call = virtualCall();
    call.session.start();
    call.line(1000, true);
    call.line(NOT_YET_MS);
    expect(call.playedMs()).toBe(0);
    call.line(DEAD_AIR_MS - NOT_YET_MS);
    expect(call.playedMs()).toBeGreaterThan(0);

    call.session.hangUp();
    expect(call.audio().deadAirMs).toBe(0);
  });

  it('hears the goodbye that does not come in the same way, until it is said for the model', () => {
    const call = virtualCall({ maxCallMs: 4000, silence: { promptAfterMs: 60_000, hangUpAfter: 1 } });
    call.session.start();
    call.line(3500);
    call.line(500, true);
    call.line(4000);
    expect(call.playedMs()).toBeGreaterThan(0);
    expect(call.outcome()).toBeUndefined();
    call.line(2200);

    expect(call.outcome()).toMatchObject({ reason: 'max-duration', next: { kind: 'say-and-hang-up' } });
    expect(call.audio().deadAirMs).toBe(0);
  });

  it('hears the greeting that does not come in the same way', () => {
    const call = virtualCall({ greeting: 'Greet the caller.' });
    call.session.start();
    call.line(DEAD_AIR_MS);

    expect(call.playedMs()).toBeGreaterThan(0);
  });

  it('hears the sound stop as soon as the agent speaks', () => {
    const call = virtualCall();
    call.session.start();
    call.line(1000, true);
    call.line(DEAD_AIR_MS);
    call.sent.length = 0;
    call.say('b1', 'Here I am.', 200);

    expect(call.sent[0]).toBe('clear');
    const soundedMs = call.playedMs();
    call.line(1000);
    expect(call.playedMs()).toBe(soundedMs);
  });

  it('hears it for some seconds, and again after a pause, never for ever at once', () => {
    const call = virtualCall({ greeting: 'Greet the caller.', silence: { promptAfterMs: 600_000, hangUpAfter: 2 } });
    call.session.start();
    call.line(DEAD_AIR_MS + LATE_SOUND_MS);
    const soundedMs = call.playedMs();
    call.line(2000);
    expect(call.playedMs()).toBe(soundedMs);
    call.line(2000);
    expect(call.playedMs()).toBeGreaterThan(soundedMs);
  });

  it.each([
    ['says nothing', 0, 6000],
    ['only made a noise', 300, 6000],
    ['goes on speaking', 20_000, 0],
  ])('is nobody who %s', (_, spokenMs, quietMs) => {
    const call = virtualCall({ silence: { promptAfterMs: 600_000, hangUpAfter: 2 } });
    call.session.start();
    call.line(spokenMs, true);
    call.line(quietMs);

    expect(call.playedMs()).toBe(0);
  });

  it('hears the sound of a tool earlier when it was silent for long before the tool was asked', () => {
    const call = callWithTool({ waitSound: { afterMs: 3000 } });
    call.line(1000, true);
    call.line(2000);
    call.model({ kind: 'callerText', text: 'what is it?' });
    ask(call);
    call.line(DEAD_AIR_MS - 2000);

    expect(call.playedMs()).toBeGreaterThan(0);
  });

  it('hears nothing of a tool that works in silence, unless nobody listens to its answer', () => {
    const call = callWithTool({ waitSound: false });
    ask(call);
    call.line(6000);
    expect(call.playedMs()).toBe(0);

    call.model({ kind: 'gone', reason: 'broken', loss: 'faulted' });
    call.line(400);
    expect(call.playedMs()).toBeGreaterThan(0);
  });
});

describe('a call whose model stream is gone', () => {
  const gone = (call: Call) => call.model({ kind: 'gone', reason: 'broken', loss: 'faulted' });
  const replaced = (call: Call) =>
    call.model({ kind: 'replaced', modelId: 'nova-2', region: 'us-west-2', planned: false });

  function speakingCall(): Call {
    const call = callWithTool();
    call.model({ kind: 'agentText', text: 'one two three four', stage: 'spoken' });
    call.model({ kind: 'audioStarted', blockId: 'b1' });
    call.speak('b1', 3000);
    return call;
  }

  it.each([
    ['before another one serves', gone],
    [
      'when another one serves',
      (call: Call) => {
        gone(call);
        replaced(call);
      },
    ],
  ])('lets the caller speak over the rest of its words %s', (_, come) => {
    const call = speakingCall();
    come(call);
    call.line(1000);
    expect(call.count('clear')).toBe(0);
    call.line(600, true);

    expect(call.count('clear')).toBe(1);
    call.line(2000);
    expect(call.count('clear')).toBe(1);
  });

  it('waits for the rest of the words of the agent: the caller hears that', () => {
    const call = speakingCall();
    gone(call);
    call.line(3000);
    call.returnMarks();
    const saidMs = call.playedMs();
    call.line(4000);

    expect(call.playedMs()).toBeGreaterThan(saidMs);
  });

  it('because words were not taken waits for an answer to them all the same', () => {
    const call = virtualCall();
    call.session.start();
    call.line(1000, true);
    call.model({ kind: 'gone', reason: 'blocked', loss: 'filtered' });
    call.line(4000);

    expect(call.playedMs()).toBeGreaterThan(0);
    call.session.hangUp();
    expect(call.audio().deadAirMs).toBe(0);
  });

  it('takes nobody for silent to whom nobody could listen', () => {
    const call = virtualCall({ silence: { promptAfterMs: 5000, hangUpAfter: 2 } });
    call.session.start();
    call.line(4000);
    gone(call);
    call.line(20_000);
    expect(call.told).toEqual([]);

    replaced(call);
    call.line(4800);
    expect(call.told).toEqual([]);
    call.line(400);
    expect(call.told).toEqual([expect.stringContaining('silent')]);
  });

  it('asks a caller who is silent after a noise over the last words of the stream that is gone', () => {
    const call = speakingCall();
    gone(call);
    replaced(call);
    call.line(600, true);
    call.line(11_000);

    expect(call.told).toEqual([expect.stringContaining('silent')]);
  });
});
