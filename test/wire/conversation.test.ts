import { describe, expect, it } from 'vitest';
import { agentTurns, SPEECH, startStack } from './stack.js';

const GREETING = { greeting: 'Greet the caller with: Hello' };
const LOOK_UP = {
  kind: 'scripted',
  name: 'look_up',
  description: 'Looks something up.',
  answers: [{ output: { found: 7 }, delayMs: 400 }],
};
const END_CALL = { kind: 'hang-up', name: 'end_call', description: 'Ends the call.' };

describe.concurrent.each(['lean', 'standard'])('over the %s transport', (transport) => {
  const environment = { NOVA_TRANSPORT: transport };

  it('a caller is greeted, answered with the help of a tool, and bid goodbye before the agent hangs up', async () => {
    const stack = await startStack(
      `
turns:
  - text: greet
    say: Hello
  - hear: go forward ten meters
    call: { look_up: { meters: 10 } }
    say: Thank you ten minutes
  - hear: go somewhere and do something
    sayFirst: Goodbye
    call: { end_call: {} }
`,
      {
        agent: { ...GREETING, systemPrompt: 'You talk to {{caller}} on {{called}}.', tools: [LOOK_UP, END_CALL] },
        environment,
      },
    );
    let sessionsAtTwiml = 0;
    const phoneCall = await stack.call({
      listen: (event) => {
        if (event.kind === 'twiml') sessionsAtTwiml = stack.bedrock.sessions.length;
      },
    });
    await stack.turnOver(phoneCall.callSid, 1);
    await phoneCall.say(SPEECH.goForward);
    await stack.turnOver(phoneCall.callSid, 2);
    await phoneCall.say(SPEECH.something);
    const end = await phoneCall.ended;
    const record = await stack.record(phoneCall.callSid);
    await stack.allStreamsClosed();

    expect(end).toMatchObject({ by: 'bridge', lastVerb: 'Hangup' });
    expect(record).toMatchObject({ state: 'ended', endReason: 'agent-hung-up', faults: {} });
    expect(record.turns.map((turn) => (turn.role === 'agent' ? turn.heardText : turn.text))).toEqual([
      'Hello',
      'go forward ten meters',
      'Thank you ten minutes',
      'go somewhere and do something',
      'Goodbye',
    ]);
    expect(record.toolCalls).toMatchObject([
      { name: 'look_up', input: { meters: 10 }, output: { found: 7 }, outcome: 'answered' },
      { name: 'end_call', kind: 'hang-up', outcome: 'answered' },
    ]);
    expect(agentTurns(record)[1]!.responseGapParts!.tools).toBeGreaterThanOrEqual(350);
    expect(record.usage.output.speechTokens).toBeGreaterThan(0);
    expect(phoneCall.warnings).toEqual([]);
    expect(sessionsAtTwiml).toBe(1);
    expect(stack.bedrock.sessions).toHaveLength(1);
    expect(stack.bedrock.sessions[0]).toMatchObject({
      violations: [],
      endedBy: 'sessionEnd',
      systemPrompt: 'You talk to +14155550100 on +14155550199.',
    });
    const spokenMs = stack.bedrock.sessions[0]!.answers.reduce((sum, answer) => sum + answer.durationMs, 0);
    expect(phoneCall.playedMs).toBeGreaterThanOrEqual(spokenMs);
    expect(phoneCall.playedMs).toBeLessThan(spokenMs + 150);
    await stack.close();
  });

  it('a caller interrupts: one clear, the agent is silent at once, late audio of the cut turn is dropped', async () => {
    const stack = await startStack(
      `
turns:
  - text: greet
    say: Thank you for your patience your call is now first in line and will be answered by the next available representative
    audio: ../voice/queue-youarenext.wav
    burst: 10
    lateAudioMs: 400
    audioEndInterrupted: true
  - hear: go somewhere and do something
    say: I'm sorry
`,
      { agent: GREETING, environment, speed: 1 },
    );
    const phoneCall = await stack.call();
    await phoneCall.whenHeard(1200);
    void phoneCall.say(SPEECH.something);
    await phoneCall.next('clear');
    const clearedAtMs = phoneCall.nowMs;
    await stack.turnOver(phoneCall.callSid, 2);
    await phoneCall.hangUp();
    const record = await stack.record(phoneCall.callSid);
    await stack.allStreamsClosed();

    expect(phoneCall.clears).toHaveLength(1);
    expect(phoneCall.clears[0]!.queuedMs).toBeGreaterThan(500);
    const [cut, answer] = agentTurns(record);
    expect(cut).toMatchObject({ interrupted: true });
    expect(cut!.text.startsWith(cut!.heardText)).toBe(true);
    expect(cut!.heardText.length).toBeGreaterThan(0);
    expect(cut!.heardText.length).toBeLessThan(cut!.sentText!.length);
    expect(cut!.text.startsWith(cut!.sentText!)).toBe(true);
    expect(cut!.heardMs).toBeLessThanOrEqual(clearedAtMs);
    expect(answer).toMatchObject({ heardText: "I'm sorry", interrupted: false });
    expect(record.audio.clears).toBe(1);
    expect(record.faults).toMatchObject({ VOICE_AUDIO_LATE: expect.any(Number) });
    expect(phoneCall.warnings).toEqual([]);
    await stack.close();
  });
});

describe.concurrent('audio', () => {
  it('of a reply of half a minute in one burst arrives whole', async () => {
    const stack = await startStack(
      `
turns:
  - text: greet
    say: Congratulations
    audio: ../voice/demo-congrats.wav
    burst: 0
    oddChunks: bytes
`,
      // Nothing in it depends on when something happens, and it is the longest of all.
      { agent: GREETING, speed: 8 },
    );
    const phoneCall = await stack.call();
    await stack.turnOver(phoneCall.callSid, 1);
    await phoneCall.hangUp();
    const record = await stack.record(phoneCall.callSid);

    const { durationMs } = stack.bedrock.sessions[0]!.answers[0]!;
    expect(durationMs).toBeGreaterThan(25_000);
    expect(phoneCall.playedMs).toBeGreaterThanOrEqual(durationMs);
    expect(phoneCall.playedMs).toBeLessThan(durationMs + 50);
    expect(agentTurns(record)).toMatchObject([{ heardText: 'Congratulations', interrupted: false }]);
    await stack.close();
  });

  it('of an agent with 8 kHz on both sides is not touched: the model hears what the caller said, sample by sample', async () => {
    const audio = { inputRateHz: 8000, outputRateHz: 8000 };
    const stack = await startStack('turns:\n  - hear: go forward ten meters\n    say: Hello\n', { agent: { audio } });
    const phoneCall = await stack.call();
    await phoneCall.say(SPEECH.goForward);
    await stack.turnOver(phoneCall.callSid, 1);
    await phoneCall.hangUp();
    await stack.record(phoneCall.callSid);

    const [session] = stack.bedrock.sessions;
    expect(session!.heard.rateHz).toBe(8000);
    const said = phoneCall.saidMulaw();
    const count = Math.min(said.length, session!.heard.samples.length);
    expect(count).toBeGreaterThan(20_000);
    expect(Array.from(session!.heard.samples.subarray(0, count))).toEqual(Array.from(said.subarray(0, count), pcmOf));
    await stack.close();
  });

  it('lost on the way is filled with silence, so that time goes on for the model', async () => {
    const stack = await startStack('turns:\n  - hear: go forward ten meters\n    say: Hello\n', { speed: 1 });
    const phoneCall = await stack.call({
      network: {
        jitterMs: 15,
        gaps: [
          { atMs: 400, forMs: 600, kind: 'lost' },
          { atMs: 1600, forMs: 300, kind: 'late' },
        ],
      },
    });
    await stack.wait(2200);
    await phoneCall.say(SPEECH.goForward);
    await stack.turnOver(phoneCall.callSid, 1);
    await phoneCall.hangUp();
    const record = await stack.record(phoneCall.callSid);

    expect(record.audio.filledMs).toBeGreaterThanOrEqual(560);
    expect(record.audio.droppedMs).toBe(0);
    expect(record.turns).toMatchObject([{ role: 'caller' }, { role: 'agent', heardText: 'Hello' }]);
    await stack.close();
  });
});

describe.concurrent('keys', () => {
  it('reach the model as one text and never the log', async () => {
    const stack = await startStack('turns:\n  - text: keys\n    say: Thank you\n');
    const phoneCall = await stack.call();
    // So many digits that no time and no random identifier holds them.
    await phoneCall.press('9021049293#');
    await stack.turnOver(phoneCall.callSid, 1);
    await phoneCall.hangUp();
    const record = await stack.record(phoneCall.callSid);

    const texts = stack.bedrock.sessions[0]!.interactiveTexts;
    expect(texts).toHaveLength(1);
    expect(texts[0]).toContain('9021049293');
    expect(stack.logLines.join('\n')).not.toContain('9021049293');
    expect(JSON.stringify(record)).not.toContain('9021049293');
    await stack.close();
  });
});

describe.concurrent('the first generation of the model', () => {
  it('is greeted for by the carrier, and is sent no text during the call', async () => {
    const stack = await startStack('turns:\n  - hear: go forward ten meters\n    say: Thank you\n', {
      agent: { ...GREETING, modelId: 'amazon.nova-sonic-v1:0' },
      number: { notice: 'This call may be recorded.' },
    });
    const phoneCall = await stack.call({ sayMsPerCharacter: 5 });
    await phoneCall.say(SPEECH.goForward);
    await stack.turnOver(phoneCall.callSid, 1);
    await phoneCall.press('5#');
    await phoneCall.hangUp();
    await stack.record(phoneCall.callSid);

    expect(phoneCall.spoken.map(({ text }) => text)).toEqual(['This call may be recorded.', 'Hello']);
    expect(stack.bedrock.sessions[0]).toMatchObject({ violations: [], interactiveTexts: [] });
    expect(stack.bedrock.sessions[0]!.systemPrompt).toContain('Hello');
    await stack.close();
  });
});

describe.concurrent('a model that fails', () => {
  it.each([
    'modelTimeoutException',
    'validationException',
    'modelStreamErrorException',
    'INTERNAL_ERROR',
    'CANCEL',
    'end',
    'tcpReset',
    'truncatedFrame',
    'badCrc',
    'errorFrame',
  ])('by %s is replaced: the caller is answered as if nothing had been', async (fault) => {
    const stack = await startStack(
      `
turns:
  - text: greet
    say: Hello
  - hear: go forward ten meters
    fail: ${fault}
  - text: go forward ten meters
    say: Thank you
`,
      { agent: GREETING },
    );
    const phoneCall = await stack.call({ sayMsPerCharacter: 5 });
    await stack.turnOver(phoneCall.callSid, 1);
    await phoneCall.say(SPEECH.goForward);
    await stack.heard(phoneCall.callSid, 'Thank you');
    await phoneCall.hangUp();
    const record = await stack.record(phoneCall.callSid);
    await stack.allStreamsClosed();

    expect(phoneCall.spoken).toEqual([]);
    expect(record, stack.losses()).toMatchObject({ endReason: 'caller-hung-up', faults: { VOICE_STREAM_LOST: 1 } });
    expect(record.turns.map((turn) => (turn.role === 'agent' ? turn.heardText : turn.text))).toEqual([
      'Hello',
      'go forward ten meters',
      'Thank you',
    ]);
    expect(record.streams.map(({ closed }) => closed === 'ended')).toEqual([false, true]);
    expect(stack.bedrock.sessions[1]).toMatchObject({
      violations: [],
      history: [],
      interactiveTexts: ['go forward ten meters'],
    });
    await stack.close();
  });

  it('whenever it is asked leaves no silence: apology and an orderly end, everything closed', async () => {
    const stack = await startStack(
      `
turns:
  - text: greet
    say: Hello
  - hear: go forward ten meters
    fail: modelStreamErrorException
`,
      { agent: GREETING },
    );
    const phoneCall = await stack.call({ sayMsPerCharacter: 5 });
    await stack.turnOver(phoneCall.callSid, 1);
    await phoneCall.say(SPEECH.goForward);
    const end = await phoneCall.ended;
    const record = await stack.record(phoneCall.callSid);
    await stack.allStreamsClosed();

    expect(end).toMatchObject({ by: 'bridge', lastVerb: 'Hangup' });
    expect(phoneCall.spoken.at(-1)!.text).toMatch(/sorry/);
    expect(record, stack.losses()).toMatchObject({
      endReason: 'failed',
      faults: { VOICE_STREAM_LOST: 8 },
      audio: { deadAirMs: 0 },
    });
    await stack.close();
  });

  it.each([429, 403, 503])('with HTTP %i before it begins is opened again', async (status) => {
    const stack = await startStack('turns:\n  - text: greet\n    say: Hello\n', { agent: GREETING });
    stack.bedrock.failNext({ kind: 'http', status });
    const phoneCall = await stack.call();
    await stack.heard(phoneCall.callSid, 'Hello');
    await phoneCall.hangUp();
    const record = await stack.record(phoneCall.callSid);

    expect(record.faults, stack.losses()).toEqual({ VOICE_STREAM_LOST: 1 });
    await stack.close();
  });

  it('that cannot be opened at all leaves no silence either', async () => {
    const stack = await startStack('turns: []\n', { number: { fallback: { dial: '+14155550142' } } });
    for (let i = 0; i < 12; i++) stack.bedrock.failNext({ kind: 'http', status: 503 });
    const phoneCall = await stack.call({ sayMsPerCharacter: 5 });
    await phoneCall.ended;
    const record = await stack.record(phoneCall.callSid);

    expect(phoneCall.dialled).toMatchObject([{ targets: [{ to: '+14155550142' }] }]);
    expect(record.endReason).toBe('fallback');
    await stack.close();
  });

  it.each(['malformedEvent', 'unknownEvent', 'oversizedEvent'])(
    'by one %s only is counted, and goes on',
    async (fault) => {
      const stack = await startStack(
        `
turns:
  - hear: go forward ten meters
    say: Thank you
    fail: ${fault}
  - hear: go somewhere and do something
    say: Goodbye
`,
      );
      const phoneCall = await stack.call();
      await phoneCall.say(SPEECH.goForward);
      await stack.wait(2500);
      await phoneCall.say(SPEECH.something);
      await stack.heard(phoneCall.callSid, 'Goodbye');
      await phoneCall.hangUp();
      const record = await stack.record(phoneCall.callSid);

      expect(Object.keys(record.faults)).toContainEqual(
        expect.stringMatching(/^VOICE_EVENT_(INVALID|UNKNOWN|OVERSIZED)$/),
      );
      expect(agentTurns(record).at(-1)).toMatchObject({ heardText: 'Goodbye' });
      await stack.close();
    },
  );
});

describe.concurrent('a line that breaks', () => {
  it('is connected again: the call goes on in one record, and the model knows what was said', async () => {
    const stack = await startStack(
      `
turns:
  - text: greet
    say: Hello
  - hear: go forward ten meters
    say: Thank you
  - text: interrupted
    say: One moment please
`,
      { agent: GREETING },
    );
    const phoneCall = await stack.call({ network: { tcpCutAtMs: 9000 } });
    await stack.turnOver(phoneCall.callSid, 1);
    await phoneCall.say(SPEECH.goForward);
    await stack.turnOver(phoneCall.callSid, 2);
    await phoneCall.next('stream-started');
    await stack.turnOver(phoneCall.callSid, 3);
    await phoneCall.hangUp();
    await stack.allStreamsClosed();
    const record = await stack.bridge.record(phoneCall.callSid);

    expect(record.turns.map((turn) => (turn.role === 'agent' ? turn.heardText : turn.text))).toEqual([
      'Hello',
      'go forward ten meters',
      'Thank you',
      'One moment please',
    ]);
    expect(record.streams).toHaveLength(2);
    const [, second] = stack.bedrock.sessions;
    expect(second!.violations).toEqual([]);
    expect(second!.history.map(({ text }) => text)).toEqual(['go forward ten meters', 'Thank you']);
    await stack.close();
  });
});

describe.concurrent('a silent caller', () => {
  it('is asked, bid goodbye, and the call ends with the goodbye heard', async () => {
    const stack = await startStack(
      `
turns:
  - text: still there
    say: Hello
  - text: goodbye
    say: Goodbye
`,
      { agent: { silence: { promptAfterMs: 2000, hangUpAfter: 1 } } },
    );
    const phoneCall = await stack.call();
    const end = await phoneCall.ended;
    const record = await stack.record(phoneCall.callSid);

    expect(end).toMatchObject({ by: 'bridge', lastVerb: 'Hangup' });
    expect(record.endReason).toBe('silence');
    expect(agentTurns(record).map((turn) => turn.heardText)).toEqual(['Hello', 'Goodbye']);
    await stack.close();
  });
});

describe.concurrent('an endless call', () => {
  it('is warned, then ended with a goodbye', async () => {
    const stack = await startStack(
      `
turns:
  - text: end soon
    say: One moment please
  - text: time for this call is over
    say: Goodbye
`,
      { agent: { maxCallMs: 8000 } },
    );
    const phoneCall = await stack.call();
    await phoneCall.ended;
    const record = await stack.record(phoneCall.callSid);

    expect(record.endReason).toBe('max-duration');
    expect(agentTurns(record).map((turn) => turn.heardText)).toEqual(['One moment please', 'Goodbye']);
    await stack.close();
  });
});

describe.concurrent('a caller who hangs up', () => {
  it.each([
    ['with stop', { stop: true }],
    ['by closing the socket only', { stop: false }],
    ['by a connection that just breaks', { stop: false, closeCode: 1006 as const }],
  ])('%s leaves nothing open', async (_how, how) => {
    const stack = await startStack('turns:\n  - text: greet\n    say: Thank you for your patience\n', {
      agent: GREETING,
    });
    const phoneCall = await stack.call();
    await phoneCall.whenHeard(300);
    await phoneCall.hangUp(how);
    const record = await stack.record(phoneCall.callSid);
    await stack.allStreamsClosed();

    expect(record.endReason).toBe('caller-hung-up');
    expect(agentTurns(record)).toMatchObject([{ interrupted: true }]);
    expect(stack.bedrock.sessions.every((session) => session.endedBy === 'sessionEnd')).toBe(true);
    expect(stack.bridge.app.registry.liveCount).toBe(0);
    await stack.close();
  });
});

/** ITU-T G.711 mu-law, written out here: nothing of the bridge is used to check it. */
function pcmOf(code: number): number {
  const bits = ~code & 0xff;
  const magnitude = (((bits & 0x0f) << 3) + 0x84) << ((bits & 0x70) >> 4);
  return bits & 0x80 ? 0x84 - magnitude : magnitude - 0x84;
}
