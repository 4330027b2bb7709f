import { describe, expect, it, onTestFinished } from 'vitest';
import { startS3 } from '../../src/emulator/s3/server.js';
import { behindBalancer, words } from './balancer.js';
import { isLoud } from './loud.js';
import { NUMBER } from './places.js';
import { SPEECH } from './stack.js';

const GREETING = { greeting: 'Greet the caller with: Hello' };
const LOOK_UP = {
  kind: 'scripted',
  name: 'look_up',
  description: 'Looks something up.',
  answers: [{ output: { found: 7 }, delayMs: 1500 }],
};
const SCRIPT = `
turns:
  - text: greet the caller with
    say: Hello
  - text: answer now
    say: Thank you ten minutes
  - hear: go forward ten meters
    say: Thank you
  - hear: go somewhere and do something
    say: I'm sorry
`;

/** Nobody listens there. */
const NOBODY = 'http://127.0.0.1:9';

type Balanced = Awaited<ReturnType<typeof behindBalancer>>;

/** The first instance is told to stop, and the load balancer sends nothing to it any more. */
function stop(stack: Balanced): Promise<void> {
  stack.sendTo(stack.other);
  return stack.one.app.drain();
}

/** The call is at the other instance, as one call. */
async function expectMoved(stack: Balanced, callSid: string) {
  const record = await stack.stored(stack.other, callSid, ({ state }) => state === 'ended');
  expect(record).toMatchObject({ endReason: 'caller-hung-up', faults: {} });
  expect(record.reconnections.map(({ why }) => why)).toEqual(['handed-over']);
  expect(record.streams.map(({ closed }) => closed)).toEqual(['handed-over', 'ended']);
  expect(stack.one.events.filter(({ kind }) => kind === 'ended')).toEqual([]);
  for (const session of stack.bedrock.sessions) expect(session.violations).toEqual([]);
  return record;
}

describe('a live call of an instance that is being stopped', () => {
  it('goes on at another one without a word when it was silent', async () => {
    const stack = await behindBalancer(SCRIPT, { agent: GREETING });
    const call = await stack.call();
    await stack.heard(stack.one, 'Hello');

    await stop(stack);
    await stack.other.fact(call.callSid, 'answered');
    expect((await fetch(`${stack.one.base}/readyz`)).status).toBe(503);
    await call.say(SPEECH.goForward);
    await stack.heard(stack.other, 'Thank you');
    await call.hangUp();

    const record = await expectMoved(stack, call.callSid);
    expect(words(record)).toEqual(['Hello', 'go forward ten meters', 'Thank you']);
    expect(stack.bedrock.sessions.at(-1)!.interactiveTexts).toEqual([]);
    expect(call.warnings).toEqual([]);
  });

  it('goes on when its caller has spoken to the end, and is answered there', async () => {
    const stack = await behindBalancer(SCRIPT, { agent: GREETING });
    const call = await stack.call();
    await stack.heard(stack.one, 'Hello');
    const said = call.say(SPEECH.goForward);
    await stack.wait(300);

    const stopped = stop(stack);
    await said;
    await stack.heard(stack.other, 'Thank you ten minutes');
    await call.hangUp();
    await stopped;

    const record = await expectMoved(stack, call.callSid);
    expect(words(record)).toEqual(['Hello', 'go forward ten meters', 'Thank you ten minutes']);
    const { history } = stack.bedrock.sessions.at(-1)!;
    expect(history).toEqual([{ role: 'USER', text: 'go forward ten meters' }]);
  });

  it('goes on when its agent was heard to the end', async () => {
    const stack = await behindBalancer(SCRIPT, { agent: GREETING });
    const call = await stack.call();
    await stack.heard(stack.one, 'Hello');
    await call.say(SPEECH.goForward);
    await call.whenHeard(call.playedMs + 100);

    await stop(stack);
    await stack.other.fact(call.callSid, 'answered');
    await stack.wait(500);
    await call.hangUp();

    const record = await expectMoved(stack, call.callSid);
    expect(words(record)).toEqual(['Hello', 'go forward ten meters', 'Thank you']);
    expect(record.turns.at(-1)).toMatchObject({ role: 'agent', interrupted: false });
    expect(stack.bedrock.sessions.at(-1)!.history).toEqual([
      { role: 'USER', text: 'go forward ten meters' },
      { role: 'ASSISTANT', text: 'Thank you' },
    ]);
  });

  it('goes on when its tool has answered and the answer was heard', async () => {
    const script = `
turns:
  - text: greet the caller with
    say: Hello
  - hear: go forward ten meters
    call: { look_up: { meters: 10 } }
    say: Thank you ten minutes
`;
    const stack = await behindBalancer(script, { agent: { ...GREETING, tools: [LOOK_UP] } });
    const call = await stack.call();
    await stack.heard(stack.one, 'Hello');
    await call.say(SPEECH.goForward);
    await stack.one.fact(call.callSid, 'toolChanged');

    await stop(stack);
    await stack.other.fact(call.callSid, 'answered');
    await stack.wait(500);
    await call.hangUp();

    const record = await expectMoved(stack, call.callSid);
    expect(words(record)).toEqual(['Hello', 'go forward ten meters', 'Thank you ten minutes']);
    expect(record.toolCalls).toMatchObject([{ name: 'look_up', outcome: 'answered', output: { found: 7 } }]);
  });

  it('goes on at once, whatever goes on in it, when the time is over', async () => {
    const script = `
turns:
  - text: greet the caller with
    say: Hello
  - text: you were in the middle
    say: I'm sorry
  - hear: go forward ten meters
    call: { look_up: { meters: 10 } }
    say: Thank you
`;
    const slow = { ...LOOK_UP, answers: [{ output: { found: 7 }, delayMs: 8000 }] };
    const stack = await behindBalancer(script, {
      agent: { ...GREETING, tools: [slow] },
      environment: { DRAIN_LIMIT_MS: '2000' },
    });
    const call = await stack.call();
    await stack.heard(stack.one, 'Hello');
    await call.say(SPEECH.goForward);
    await stack.one.fact(call.callSid, 'toolChanged');

    await stop(stack);
    await stack.other.fact(call.callSid, 'answered');
    await stack.wait(500);
    await call.hangUp();

    const record = await expectMoved(stack, call.callSid);
    expect(record.toolCalls).toMatchObject([{ name: 'look_up', outcome: 'aborted' }]);
    expect(stack.bedrock.sessions.at(-1)!.interactiveTexts.join()).toMatch(/Answer now|in the middle/);
  });
});

it('a call that two instances have recorded is one recording, each part where it was heard', async () => {
  const s3 = await startS3({ buckets: ['calls'] });
  onTestFinished(() => s3.close());
  const stack = await behindBalancer(SCRIPT, {
    agent: GREETING,
    number: { recording: true },
    environment: { RECORDINGS_URL: 's3://calls/all' },
    s3: { endpoint: s3.url, region: s3.region, credentials: s3.credentials },
  });
  const call = await stack.call();
  await stack.heard(stack.one, 'Hello');
  await stop(stack);
  await stack.one.app.close();
  await stack.other.fact(call.callSid, 'answered');
  await call.say(SPEECH.goForward);
  await stack.heard(stack.other, 'Thank you');
  await call.hangUp();

  const record = await stack.stored(stack.other, call.callSid, ({ recording }) => recording?.state === 'ready');
  const response = await fetch(`${stack.other.base}/api/calls/${call.callSid}/audio.wav`, {
    headers: { Authorization: `Bearer ${stack.other.adminToken}` },
  });
  const wav = Buffer.from(await response.arrayBuffer());
  const [hello, asked, thanks] = record.turns;
  expect(record.recording).toMatchObject({ byteLength: wav.length });
  expect(isLoud(wav, 'agent', hello!)).toBe(true);
  expect(isLoud(wav, 'caller', hello!)).toBe(false);
  expect(isLoud(wav, 'caller', asked!)).toBe(true);
  expect(isLoud(wav, 'agent', asked!)).toBe(false);
  expect(isLoud(wav, 'agent', thanks!)).toBe(true);
});

it('a call that was given away, and whose socket opens nowhere, gets the fallback after three attempts', async () => {
  const stack = await behindBalancer(SCRIPT, {
    agent: GREETING,
    number: { fallback: { say: 'All our agents are at lunch.' } },
  });
  const call = await stack.call();
  await stack.heard(stack.one, 'Hello');

  stack.sendMediaTo(NOBODY);
  const stopped = stop(stack);
  const end = await call.ended;
  await stopped;

  expect(end).toMatchObject({ by: 'bridge', lastVerb: 'Hangup' });
  expect(call.spoken.map(({ text }) => text)).toEqual(['All our agents are at lunch.']);
  const record = await stack.stored(stack.other, call.callSid, ({ state }) => state === 'ended');
  expect(record.endReason).toBe('fallback');
  expect(record.reconnections.map(({ why }) => why)).toEqual(['handed-over', ...Array(3).fill('line-interrupted')]);
});

describe('an instance that is being stopped', () => {
  it('answers itself for the calls that it gave away, and takes them back when nobody else is asked', async () => {
    const stack = await behindBalancer(SCRIPT, { agent: GREETING });
    const call = await stack.call();
    await stack.heard(stack.one, 'Hello');

    // The load balancer has noticed nothing.
    void stack.one.app.drain();
    await stack.one.when(() => stack.one.events.filter(({ kind }) => kind === 'answered')[1]);
    await call.say(SPEECH.goForward);
    stack.sendTo(stack.other);
    await stack.other.fact(call.callSid, 'answered');
    await stack.wait(500);
    await call.hangUp();

    const record = await stack.stored(stack.other, call.callSid, ({ state }) => state === 'ended');
    expect(record.reconnections.map(({ why }) => why)).toEqual(['handed-over', 'handed-over']);
    expect(call.warnings).toEqual([]);
  });

  it('keeps its calls to their end where there is no other', async () => {
    const stack = await behindBalancer(SCRIPT, { agent: GREETING });
    await stack.other.app.close();
    const call = await stack.call();
    await stack.heard(stack.one, 'Hello');
    let isDrained = false;

    const drained = stack.one.app.drain().then(() => {
      isDrained = true;
    });
    await call.say(SPEECH.goForward);
    await stack.heard(stack.one, 'Thank you');
    await stack.wait(4000);
    expect(isDrained).toBe(false);
    await call.hangUp();
    await drained;

    const record = await stack.one.record(call.callSid);
    expect(record).toMatchObject({ endReason: 'caller-hung-up', reconnections: [] });
  });

  it.each([
    ['the fallback of the number', { fallback: { say: 'All our agents are at lunch.' } }, /at lunch/, 'fallback'],
    ['an apology', {}, /^We are sorry.*Please call again/, 'failed'],
  ])(
    'gives the callers that nobody takes %s when its time is up, before it closes',
    async (_, number, said, reason) => {
      const stack = await behindBalancer(SCRIPT, {
        agent: GREETING,
        number,
        environment: { DRAIN_LIMIT_MS: '2000' },
      });
      await stack.other.app.close();
      const call = await stack.call();
      await stack.heard(stack.one, 'Hello');

      await stack.one.app.drain();
      const record = await stack.one.record(call.callSid);
      await stack.one.app.close();

      expect(record).toMatchObject({ state: 'ended', endReason: reason, reconnections: [] });
      expect(await call.ended).toMatchObject({ by: 'bridge', lastVerb: 'Hangup' });
      expect(call.spoken.map(({ text }) => text)).toEqual([expect.stringMatching(said)]);
      expect(call.warnings).toEqual([]);
    },
  );

  it('puts a caller through whom nobody takes when its time is up, after an apology', async () => {
    const stack = await behindBalancer(SCRIPT, {
      agent: GREETING,
      number: { fallback: { dial: '+14155550142', sayFirst: 'Einen Moment bitte.' } },
      environment: { DRAIN_LIMIT_MS: '2000' },
    });
    await stack.other.app.close();
    const call = await stack.call();
    await stack.heard(stack.one, 'Hello');
    const dialled = call.next('dialled');

    await stack.one.app.drain();
    const record = await stack.one.record(call.callSid);
    await stack.one.app.close();
    await dialled;
    await call.hangUp();

    expect(record).toMatchObject({ endReason: 'fallback', transferredTo: '+14155550142' });
    expect(call.spoken.map(({ text }) => text)).toEqual(['Einen Moment bitte.']);
    expect(call.dialled).toMatchObject([{ targets: [{ to: '+14155550142' }], callerId: NUMBER }]);
  });
});
