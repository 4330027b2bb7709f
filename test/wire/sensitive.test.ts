import { expect, it, onTestFinished } from 'vitest';
import WaveFile from 'wavefile';
import { SPEECH, startStack } from './stack.js';

const SCRIPT = `
turns:
  - hear: go forward ten meters
    call: { card_data: { active: true } }
    say: Thank you.
  - hear: thirty three four or six ninety two
    call: { card_data: { active: false } }
    say: Hello.
  - hear: go somewhere and do something
    say: Goodbye.
`;

const CARD_DATA = { kind: 'sensitive', name: 'card_data', description: 'Before and after a card number is spoken.' };

it('a number that the agent declares secret is nowhere: not in the recording, the record, the live events or the log', async () => {
  const { bridge, call, record, turnOver, logLines, bedrock, close } = await startStack(SCRIPT, {
    agent: { tools: [CARD_DATA] },
    number: { recording: true },
  });
  onTestFinished(close);
  const live = await call();
  await live.say(SPEECH.goForward);
  await turnOver(live.callSid, 1);
  await live.say(SPEECH.numbers);
  await turnOver(live.callSid, 2);
  await live.say(SPEECH.something);
  await turnOver(live.callSid, 3);
  await live.hangUp();
  const { turns } = await record(live.callSid);
  await bridge.when(() =>
    bridge.events.find((event) => event.kind === 'recordingChanged' && event.recording.state === 'ready'),
  );

  expect(turns.map((turn) => [turn.role, turn.text, turn.sensitive ?? false])).toEqual([
    ['caller', 'go forward ten meters', false],
    ['agent', '', true],
    ['caller', '', true],
    ['agent', 'Hello.', false],
    ['caller', 'go somewhere and do something', false],
    ['agent', 'Goodbye.', false],
  ]);
  // The model itself has to hear it.
  expect(bedrock.sessions[0]?.utterances.map(({ text }) => text)).toContain('thirty three four or six ninety two');
  const bounds = bridge.events.filter((event) => event.kind === 'sensitiveChanged').map(({ atMs }) => atMs);
  const [start = Number.NaN, end = Number.NaN] = bounds;
  const [left, right] = await samplesOf(bridge, live.callSid);
  const loudest = (samples: Int16Array, fromMs: number, toMs: number) =>
    samples.subarray(fromMs * 8, toMs * 8).reduce((most, sample) => Math.max(most, Math.abs(sample)), 0);
  expect(end - start).toBeGreaterThan(2000);
  expect(Math.max(loudest(left, start, end), loudest(right, start, end))).toBeLessThan(10);
  expect(loudest(left, 0, start)).toBeGreaterThan(3000);
  expect(loudest(left, end, Number.POSITIVE_INFINITY)).toBeGreaterThan(3000);
  const told = JSON.stringify([bridge.events, logLines, (await bridge.api('GET', `/calls/${live.callSid}`)).body]);
  expect(told).not.toContain('thirty three');
});

it('keys that the agent holds to be secret are nowhere either: the tones are blank, only the model has the digits', async () => {
  const { bridge, call, record, turnOver, logLines, bedrock, close } = await startStack(
    `
turns:
  - hear: go forward ten meters
    say: Thank you.
  - hear: thirty three four or six ninety two
    say: Hello.
  - text: keys
    say: Goodbye.
`,
    { agent: { dtmf: { terminator: '#', pauseMs: 30_000, sensitive: true } }, number: { recording: true } },
  );
  onTestFinished(close);
  const live = await call();
  await live.say(SPEECH.goForward);
  await turnOver(live.callSid, 1);
  // In the middle of it the card is read out as well. (So many digits that no time and no random identifier holds them.)
  await live.press('49293004');
  await live.say(SPEECH.numbers);
  await turnOver(live.callSid, 2);
  await live.press('777#');
  await turnOver(live.callSid, 3);
  await live.hangUp();
  const { turns } = await record(live.callSid);
  await bridge.when(() =>
    bridge.events.find((event) => event.kind === 'recordingChanged' && event.recording.state === 'ready'),
  );

  expect(live.pressed.map(({ digit }) => digit).join('')).toBe('49293004777#');
  expect(bedrock.sessions[0]?.interactiveTexts.join()).toContain('49293004777');
  const [start = Number.NaN, end = Number.NaN] = bridge.events
    .filter((event) => event.kind === 'sensitiveChanged')
    .map(({ atMs }) => atMs);
  const [left, right] = await samplesOf(bridge, live.callSid);
  const loudest = (samples: Int16Array, fromMs: number, toMs: number) =>
    samples.subarray(fromMs * 8, toMs * 8).reduce((most, sample) => Math.max(most, Math.abs(sample)), 0);
  expect(end - start).toBeGreaterThan(1000);
  expect(Math.max(loudest(left, start, end), loudest(right, start, end))).toBeLessThan(10);
  expect(loudest(left, 0, start)).toBeGreaterThan(3000);
  expect(turns.filter(({ role }) => role === 'caller')[0]).toMatchObject({ text: 'go forward ten meters' });
  const told = JSON.stringify([
    bridge.events,
    logLines,
    turns,
    (await bridge.api('GET', `/calls/${live.callSid}`)).body,
  ]);
  expect(told).not.toMatch(/49293004|thirty three/);
  expect(told).toContain('"keysEntered","count":11');
});

async function samplesOf(bridge: Awaited<ReturnType<typeof startStack>>['bridge'], callSid: string) {
  const response = await fetch(`${bridge.base}/api/calls/${callSid}/audio.wav`, {
    headers: { Authorization: `Bearer ${bridge.adminToken}` },
  });
  const wav = new WaveFile.WaveFile(new Uint8Array(await response.arrayBuffer()));
  return wav.getSamples(false, Int16Array) as unknown as [Int16Array, Int16Array];
}
