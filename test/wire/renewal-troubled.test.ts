import { describe, expect, it } from 'vitest';
import { parseModelScript } from '../../src/emulator/bedrock/script.js';
import { SPEECH_DIR } from './places.js';
import { closings, GREETING, MONOLOGUE, overlap, SHORT_LIVED, words } from './short-lived.js';
import { SPEECH, startStack } from './stack.js';

type Stack = Awaited<ReturnType<typeof startStack>>;

const whenGone = (stack: Stack, callSid: string) =>
  stack.bridge.when(() =>
    stack.bridge.events.find(
      (event) => event.callSid === callSid && event.kind === 'streamChanged' && event.stream.closedMs !== null,
    ),
  );

describe.concurrent('a model stream that is to be replaced where the quota leaves no room for two', () => {
  it('is closed before the next is open, in the middle of a sentence of which nothing is lost', async () => {
    const stack = await startStack(
      `
turns:
  - text: greet
    say: Hello
  - hear: and so on
    say: Thank you
`,
      { agent: GREETING, environment: SHORT_LIVED, bedrock: { endpointingMs: 1500, quota: 1 } },
    );
    const phoneCall = await stack.call();
    await stack.turnOver(phoneCall.callSid, 1);
    await stack.wait(3000);
    await phoneCall.say(MONOLOGUE);
    await stack.heard(phoneCall.callSid, 'Thank you');
    await phoneCall.hangUp();
    const record = await stack.record(phoneCall.callSid);
    await stack.allStreamsClosed();

    expect(stack.losses()).toContain('"loss":"throttled"');
    expect(record.faults).toEqual({});
    expect(words(record)).toEqual(['Hello', 'and so on', 'Thank you']);
    expect(closings(record)[0]).toBe('renewed');
    const [first, second] = stack.bedrock.sessions;
    expect(first).toMatchObject({ endedBy: 'sessionEnd', violations: [] });
    expect(second).toMatchObject({ violations: [], interactiveTexts: [] });
    expect(second!.utterances).toHaveLength(1);
    // What the second was given first is what the first had last: nothing is missing between them.
    expect(overlap(first!, second!)).toBeGreaterThanOrEqual(8000);
    await stack.close();
  });

  it('leaves a caller who waits for the next one not in silence, and answers what was said meanwhile', async () => {
    const stack = await startStack(
      `
turns:
  - text: greet
    say: Hello
  - hear: go forward ten meters
    say: Thank you
`,
      { agent: GREETING, environment: SHORT_LIVED, speed: 2 },
    );
    const phoneCall = await stack.call();
    await stack.turnOver(phoneCall.callSid, 1);
    // For the next seconds others have the place of the one that is given up.
    stack.bedrock.setQuota(0);
    const gone = await whenGone(stack, phoneCall.callSid);
    const saidMs = phoneCall.playedMs;
    await phoneCall.say(SPEECH.goForward);
    expect(phoneCall.playedMs).toBe(saidMs);
    await phoneCall.whenHeard(saidMs + 200);
    stack.bedrock.setQuota(1);
    await stack.heard(phoneCall.callSid, 'Thank you');
    await phoneCall.hangUp();
    const record = await stack.record(phoneCall.callSid);
    await stack.allStreamsClosed();

    expect(gone).toMatchObject({ stream: { closed: 'renewed' } });
    expect(record).toMatchObject({ endReason: 'caller-hung-up', faults: {} });
    expect(words(record)).toEqual(['Hello', 'go forward ten meters', 'Thank you']);
    expect(closings(record).slice(0, 2)).toEqual(['renewed', 'ended']);
    expect(stack.bedrock.sessions.every(({ violations }) => violations.length === 0)).toBe(true);
    await stack.close();
  });
});

describe.concurrent('a model stream', () => {
  it('that is opened and never answered is replaced though nobody has said a word', async () => {
    const stack = await startStack(
      `
turns:
  - hear: go forward ten meters
    say: Thank you
`,
    );
    stack.bedrock.failNext({ kind: 'hang' });
    const phoneCall = await stack.call();
    const gone = await whenGone(stack, phoneCall.callSid);
    await phoneCall.say(SPEECH.goForward);
    await stack.heard(phoneCall.callSid, 'Thank you');
    await phoneCall.hangUp();
    const record = await stack.record(phoneCall.callSid);
    await stack.allStreamsClosed();

    expect(gone).toMatchObject({ stream: { closed: 'no answer in 4000 ms' } });
    expect(record).toMatchObject({ endReason: 'caller-hung-up', faults: { VOICE_STREAM_LOST: 1 } });
    expect(words(record)).toEqual(['go forward ten meters', 'Thank you']);
    await stack.close();
  });

  it('that is lost to the content filter is not followed by others to which the words are given again', async () => {
    const stack = await startStack(
      `
turns:
  - text: greet
    say: Hello
  - hear: go forward ten meters
    fail:
      kind: exception
      type: validationException
      message: This request has been blocked by our content filters.
`,
      { agent: GREETING },
    );
    const phoneCall = await stack.call();
    await stack.turnOver(phoneCall.callSid, 1);
    const afterwards = `
turns:
  - text: could not be processed
    say: I'm sorry
  - hear: go somewhere and do something
    say: Thank you
`;
    stack.bedrock.use(parseModelScript(afterwards, { dir: SPEECH_DIR }));
    await phoneCall.say(SPEECH.goForward);
    await stack.heard(phoneCall.callSid, "I'm sorry");
    await phoneCall.say(SPEECH.something);
    await stack.heard(phoneCall.callSid, 'Thank you');
    await phoneCall.hangUp();
    const record = await stack.record(phoneCall.callSid);
    await stack.allStreamsClosed();

    expect(phoneCall.spoken).toEqual([]);
    expect(record, stack.losses()).toMatchObject({ endReason: 'caller-hung-up', faults: { VOICE_STREAM_LOST: 1 } });
    expect(words(record)).toEqual([
      'Hello',
      'go forward ten meters',
      "I'm sorry",
      'go somewhere and do something',
      'Thank you',
    ]);
    expect(stack.bedrock.sessions).toHaveLength(2);
    expect(stack.bedrock.sessions[1]).toMatchObject({ violations: [], history: [] });
    expect(stack.bedrock.sessions[1]!.utterances.map(({ text }) => text)).toEqual(['go somewhere and do something']);
    await stack.close();
  });
});
