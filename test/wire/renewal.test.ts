import { describe, expect, it } from 'vitest';
import { closings, GREETING, MONOLOGUE, overlap, SHORT_LIVED, words } from './short-lived.js';
import { SPEECH, startStack } from './stack.js';

describe.concurrent('a model stream whose time is nearly up', () => {
  it('is replaced while nobody speaks: the agent knows what was said, and the caller notices nothing', async () => {
    const stack = await startStack(
      `
turns:
  - text: greet
    say: Hello
  - hear: go forward ten meters
    say: Thank you
  - hear: go somewhere and do something
    say: Goodbye
`,
      { agent: GREETING, environment: SHORT_LIVED },
    );
    const phoneCall = await stack.call();
    await stack.turnOver(phoneCall.callSid, 1);
    await phoneCall.say(SPEECH.goForward);
    await stack.heard(phoneCall.callSid, 'Thank you');
    await stack.bridge.when(() => stack.bedrock.sessions[0]?.endedBy);
    await phoneCall.say(SPEECH.something);
    await stack.heard(phoneCall.callSid, 'Goodbye');
    await phoneCall.hangUp();
    const record = await stack.record(phoneCall.callSid);
    await stack.allStreamsClosed();

    expect(record.faults).toEqual({});
    expect(words(record)).toEqual([
      'Hello',
      'go forward ten meters',
      'Thank you',
      'go somewhere and do something',
      'Goodbye',
    ]);
    const closed = closings(record);
    expect(closed).toEqual([...closed.slice(1).map(() => 'renewed'), 'ended']);
    const [first, second] = stack.bedrock.sessions;
    expect(first).toMatchObject({ endedBy: 'sessionEnd', violations: [] });
    expect(second).toMatchObject({ endedBy: 'sessionEnd', violations: [], interactiveTexts: [] });
    expect(second!.history).toEqual([
      { role: 'USER', text: 'go forward ten meters' },
      { role: 'ASSISTANT', text: 'Thank you' },
    ]);
    expect(overlap(first!, second!)).toBeGreaterThan(0);
    await stack.close();
  });

  it('is replaced in the middle of a sentence of the caller: the next one hears all of it, once', async () => {
    const stack = await startStack(
      `
turns:
  - text: greet
    say: Hello
  - hear: and so on
    say: Thank you
`,
      { agent: GREETING, environment: SHORT_LIVED, bedrock: { endpointingMs: 1500 } },
    );
    const phoneCall = await stack.call();
    await stack.turnOver(phoneCall.callSid, 1);
    await stack.wait(3000);
    await phoneCall.say(MONOLOGUE);
    await stack.heard(phoneCall.callSid, 'Thank you');
    await phoneCall.hangUp();
    const record = await stack.record(phoneCall.callSid);
    await stack.allStreamsClosed();

    expect(record.faults).toEqual({});
    expect(words(record)).toEqual(['Hello', 'and so on', 'Thank you']);
    expect(record.streams[0]!.closed).toBe('renewed');
    const [first, second] = stack.bedrock.sessions;
    expect(first!.answers).toHaveLength(1);
    expect(second!.utterances).toHaveLength(1);
    expect(second).toMatchObject({ violations: [], interactiveTexts: [] });
    expect(overlap(first!, second!) / 16).toBeGreaterThan(1000);
    await stack.close();
  });

  it('is replaced while a tool works: its result reaches the next one as text', async () => {
    const stack = await startStack(
      `
turns:
  - text: greet
    say: Hello
  - hear: go forward ten meters
    call: { look_up: { meters: 10 } }
    say: I'm sorry
  - text: the result of look_up
    say: Thank you
`,
      {
        agent: {
          ...GREETING,
          tools: [
            {
              kind: 'scripted',
              name: 'look_up',
              description: 'Looks something up.',
              answers: [{ output: { found: 7 }, delayMs: 6500 }],
            },
          ],
        },
        environment: SHORT_LIVED,
      },
    );
    const phoneCall = await stack.call();
    await stack.turnOver(phoneCall.callSid, 1);
    await phoneCall.say(SPEECH.goForward);
    await stack.heard(phoneCall.callSid, 'Thank you');
    await phoneCall.hangUp();
    const record = await stack.record(phoneCall.callSid);
    await stack.allStreamsClosed();

    expect(record.faults).toEqual({});
    expect(words(record)).toEqual(['Hello', 'go forward ten meters', 'Thank you']);
    expect(record.toolCalls).toMatchObject([{ outcome: 'answered', output: { found: 7 } }]);
    expect(stack.bedrock.sessions[1]!.interactiveTexts).toEqual([
      'The result of look_up, which you had asked for, has come: {"found":7}',
    ]);
    await stack.close();
  });
});
