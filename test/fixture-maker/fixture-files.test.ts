import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { agentInputSchema, agentVersion } from '../../src/directory/agent.js';
import { readCallerWav } from '../../src/emulator/phone/wav.js';
import { fixtureFiles } from '../../src/fixture-maker/fixture-files.js';
import type { Exchange, RecordedCall, Speech } from '../../src/fixture-maker/recorded-call.js';
import { tone } from '../../src/fixture-maker/sound.js';

const AGENT = agentVersion(
  agentInputSchema.parse({
    name: 'Desk',
    systemPrompt: 'Help.',
    greeting: 'Greet {{caller}} with: Hello, you have reached the desk.',
    memory: { memoryId: 'Regulars-Mn90Op12Qr' },
    tools: [
      {
        kind: 'agentcore',
        name: 'orders',
        description: 'Orders.',
        agentRuntimeArn: 'arn:aws:bedrock-agentcore:us-east-1:123456789012:runtime/orders-a1b2c3d4e5',
        auth: { kind: 'oauth', tokenUrl: 'https://id.example.com/t', clientId: 'c', clientSecret: '********' },
      },
      { kind: 'handoff', name: 'person', description: 'A person.', to: '+14155550177' },
    ],
  }),
  { id: 'agent_1', version: 3, createdAt: '', defaultModelId: 'amazon.nova-2-sonic-v1:0' },
);

const voice = (durationMs: number) =>
  Buffer.from(Uint8Array.from({ length: durationMs * 8 }, (_, i) => (i % 16 < 8 ? 0x10 : 0x90)));

function speech(text: string, startMs: number, endMs: number, changes: Partial<Speech> = {}): Speech {
  return {
    text,
    startMs,
    endMs,
    sentMs: startMs,
    mulaw: voice(endMs - startMs),
    isCut: false,
    isSecret: false,
    ...changes,
  };
}

function exchange(cause: Exchange['cause'], changes: Partial<Exchange> = {}): Exchange {
  return {
    cause,
    before: undefined,
    tools: [],
    speech: undefined,
    delayMs: undefined,
    isDuringTool: false,
    ...changes,
  };
}

/** The caller is greeted, says their name and an order number, and hangs up into the answer. */
function aCall(changes: Partial<RecordedCall> = {}): RecordedCall {
  const words = 'My name is Ann Baker and I wait for order seventy';
  const line = Buffer.alloc(20_000 * 8, 0xff);
  line.set(voice(4000), 6000 * 8);
  return {
    callSid: 'CA1',
    startedAt: '2026-11-27T10:00:00.000Z',
    durationMs: 20_000,
    agent: AGENT,
    caller: '+14155550123',
    line,
    exchanges: [
      exchange(
        { kind: 'told', text: 'Greet +14155550123 with: Hello, you have reached the desk.', atMs: 0 },
        { speech: speech('Hello, you have reached the desk.', 500, 3000), delayMs: 500 },
      ),
      exchange(
        { kind: 'words', text: words, voice: { startMs: 6000, endMs: 10_000 }, isSecret: false, atMs: 11_500 },
        {
          tools: [
            {
              id: 't1',
              name: 'orders',
              kind: 'agentcore',
              input: { name: 'Ann Baker', order: 70 },
              output: { answer: 'Ann Baker: shipped', phone: '4155550123' },
              startMs: 11_600,
              durationMs: 800,
              outcome: 'answered',
            },
          ],
          speech: speech('It is shipped, Ann Baker.', 13_000, 15_000, { isCut: true }),
          delayMs: 604,
        },
      ),
    ],
    keys: [],
    waits: [],
    hungUpMs: 15_000,
    turns: [
      {
        role: 'agent',
        text: 'Hello, you have reached the desk.',
        heardText: 'Hello, you have reached the desk.',
        interrupted: false,
        startMs: 500,
        endMs: 3000,
        heardMs: 2500,
      },
      { role: 'caller', text: words, startMs: 6000, endMs: 10_000 },
      {
        role: 'agent',
        text: 'It is shipped, Ann Baker.',
        heardText: 'It is',
        interrupted: true,
        startMs: 13_000,
        endMs: 15_000,
        heardMs: 2000,
        responseGapMs: 3000,
      },
    ],
    endReason: 'caller-hung-up',
    clears: 0,
    ...changes,
  };
}

function made(call: RecordedCall, redact: string[] = []) {
  const files = fixtureFiles(call, { redact, canSay: () => false });
  const yaml = (name: string) => parse(files.get(name) as string);
  const sound = (name: string) => readCallerWav(files.get(name) as Uint8Array, name);
  const remarks = [...(files.get('call.yaml') as string).matchAll(/^# ((?:Redacted|Note): .*)$/gm)].map(
    ([, each]) => each,
  );
  return { files, remarks, call: yaml('call.yaml'), model: yaml('model.yaml'), yaml, sound };
}

describe('the fixture of a recorded call', () => {
  it('has the steps of the caller after the turns that they followed', () => {
    const { call } = made(aCall());

    expect(call.caller).toEqual([
      {
        say: 'caller-1.wav',
        text: 'My name is Ann Baker and I wait for order seventy',
        after: 'agent-turn 1 ended + 2800ms',
      },
      { 'hang-up': true, after: 'agent-turn 2 ended + 0ms' },
    ]);
  });

  it('has the lines of the model with their causes, tools and sound', () => {
    const { model, sound } = made(aCall());

    expect(model.turns).toEqual([
      {
        text: 'with: Hello, you have reached the desk.',
        say: 'Hello, you have reached the desk.',
        audio: 'agent-1.wav',
        answerAfterMs: 500,
      },
      {
        hear: 'My name is Ann Baker and I wait for order seventy',
        call: { orders: { name: 'Ann Baker', order: 70 } },
        say: 'It is shipped, Ann Baker.',
        audio: 'agent-2.wav',
        answerAfterMs: 600,
      },
    ]);
    expect(sound('agent-1.wav')).toEqual(Uint8Array.from(voice(2500)));
    // A line that was cut goes on, so that it can be cut again.
    expect(sound('agent-2.wav').length / 8).toBeGreaterThan(5000);
  });

  it('expects what happened, with room in the limits', () => {
    const { call } = made(aCall());

    expect(call.expect).toEqual({
      turns: [
        { role: 'agent', heardText: 'Hello, you have reached the desk.', interrupted: false },
        { role: 'caller', text: 'My name is Ann Baker and I wait for order seventy' },
        { role: 'agent', interrupted: true },
      ],
      turnCount: 3,
      toolCalls: [{ name: 'orders', input: { name: 'Ann Baker', order: 70 }, outcome: 'answered' }],
      heard: { atLeast: '2400ms' },
      limits: { responseGap: '4000ms', deadAir: '6000ms' },
      endReason: 'caller-hung-up',
      clears: 0,
    });
  });

  it('has an agent that needs no service, and nobody’s number', () => {
    const { yaml, call } = made(aCall());
    const agent = yaml('agent.yaml');

    expect(agent.tools).toMatchObject([
      { kind: 'scripted', name: 'orders', answers: [{ output: { answer: 'Ann Baker: shipped' }, delayMs: 800 }] },
      { kind: 'handoff', to: '+14155550190' },
    ]);
    expect(agent).not.toHaveProperty('memory');
    expect(call).toMatchObject({ from: '+14155550100', to: '+14155550110', agent: 'agent' });
  });

  it('holds nothing of a name, nor of the caller’s number, in any of its texts', () => {
    const { files, remarks } = made(aCall(), ['Ann Baker']);

    const texts = [...files.values()].filter((file) => typeof file === 'string').join('\n');
    expect(texts).not.toMatch(/ann|baker|5550123/i);
    expect(remarks[0]).toMatch(/^Redacted: \d+ places\.$/);
  });

  it('has a tone where the name was said, by either side', () => {
    const { sound } = made(aCall(), ['Ann Baker']);
    const isVoice = (wav: Uint8Array, atMs: number) =>
      Buffer.from(wav.subarray(atMs * 8, (atMs + 20) * 8)).equals(voice(20));

    // 200 ms of silence, then the words; the name is from a quarter of them on.
    const caller = sound('caller-1.wav');
    expect([300, 1300, 1600, 3500].map((atMs) => isVoice(caller, atMs))).toEqual([true, false, false, true]);
    const agent = sound('agent-2.wav');
    expect([100, 1500, 1900].map((atMs) => isVoice(agent, atMs))).toEqual([true, false, false]);
  });

  it('has zeros for keys, and nothing that is said of them', () => {
    const keyed = exchange(
      { kind: 'told', text: 'The caller pressed these keys on the telephone: 7359', atMs: 16_000 },
      { speech: speech('You entered seven three five nine.', 16_500, 18_000), delayMs: 500 },
    );
    const call = aCall();
    const { call: script, model } = made({
      ...call,
      exchanges: [...call.exchanges, keyed],
      keys: [{ digits: '7359#', atMs: 15_900, pressedMs: [15_900, 16_100, 16_300, 16_500, 16_700] }],
      hungUpMs: 19_000,
    });

    expect(script.caller[1]).toEqual({ press: '0000#', after: 'agent-turn 2 ended + 900ms' });
    expect(model.turns[2]).toMatchObject({ text: 'keys on the telephone: 0000', say: 'You entered [redacted].' });
  });

  it('has no tones of secret keys on the line, but what was said around them', () => {
    const call = aCall();
    const pressedMs = [7000, 7200, 7400, 7600];
    const { sound } = made({ ...call, keys: [{ digits: '7359', atMs: 7000, pressedMs }] });
    const menu = made({ ...call, keys: [{ digits: '2', atMs: 7000, pressedMs: [7000] }] });
    // The utterance begins 200 ms before its voice, at 5800 ms.
    const codesAt = (wav: Uint8Array, lineMs: number) =>
      new Set(wav.subarray((lineMs - 5800) * 8, (lineMs - 5780) * 8));

    expect([...codesAt(sound('caller-1.wav'), 6320)]).toEqual([0xff]);
    expect(sound('caller-1.wav').filter((code) => code !== 0xff)).toHaveLength((4000 - 1600) * 8);
    expect(codesAt(sound('caller-1.wav'), 6200)).toEqual(new Set([0x10, 0x90]));
    expect(codesAt(menu.sound('caller-1.wav'), 7000)).toEqual(new Set([0x10, 0x90]));
  });

  it('has a tone to the end of a line that was cut, as its words may be later than their share of it', () => {
    const { sound } = made(aCall(), ['shipped']);
    const line = sound('agent-2.wav');

    expect(line.subarray(1990 * 8, 2000 * 8)).not.toEqual(Uint8Array.from(voice(10)));
    expect(line.subarray(0, 100)).toEqual(Uint8Array.from(voice(2000).subarray(0, 100)));
  });

  it('finds the line of a greeting again without the names in it', () => {
    const call = aCall();
    const agent = { ...call.agent, greeting: 'Say: Welcome to Baker and Sons.' };
    const told = { kind: 'told', text: 'Say: Welcome to Baker and Sons.', atMs: 0 } as const;
    const { model, yaml } = made({ ...call, agent, exchanges: [{ ...call.exchanges[0]!, cause: told }] }, ['Baker']);

    expect(model.turns[0].text).toBe('Say: Welcome to [redacted] and Sons.');
    expect(yaml('agent.yaml').greeting).toBe('Say: Welcome to [redacted] and Sons.');
  });

  it.each([
    ['sip:ann.baker@example.com', 'I am ann.baker, at example.com', 'I am [redacted], at example.com'],
    ['anonymous', 'I stay anonymous', 'I stay anonymous'],
  ])('names the caller %s nowhere who has no number', (caller, words, kept) => {
    const call = aCall();
    const cause = { ...call.exchanges[1]!.cause, text: words } as Exchange['cause'];
    const { model } = made({ ...call, caller, exchanges: [call.exchanges[0]!, { ...call.exchanges[1]!, cause }] });

    expect(model.turns[1].hear).toBe(kept);
  });

  it('has a tone for what was not kept', () => {
    const call = aCall();
    const secret = exchange(
      { kind: 'words', text: '', voice: { startMs: 6000, endMs: 8000 }, isSecret: true, atMs: 9500 },
      { speech: speech('', 10_000, 11_000, { isSecret: true }), delayMs: 500 },
    );
    const { call: script, model, sound, remarks } = made({ ...call, exchanges: [call.exchanges[0]!, secret] });

    expect(script.caller[0]).toEqual({ say: 'caller-1.wav', after: 'agent-turn 1 ended + 3000ms' });
    expect(sound('caller-1.wav')).toEqual(tone(2000));
    expect(model.turns[1]).toMatchObject({ hear: '(inaudible)', say: '(a recording)' });
    expect(sound('agent-2.wav')).toEqual(tone(1000));
    expect(remarks.slice(1)).toEqual(['Note: caller-1.wav: a tone in place of the voice: it was not kept.']);
  });

  it('joins words that the local model hears as one utterance', () => {
    const call = aCall();
    const words = (text: string, startMs: number, endMs: number) =>
      exchange({ kind: 'words', text, voice: { startMs, endMs }, isSecret: false, atMs: endMs + 100 });
    const { call: script, model } = made({
      ...call,
      hungUpMs: 19_000,
      exchanges: [words('First', 6000, 7500), words('and second.', 7900, 9000), words('Third.', 16_000, 17_000)],
      turns: [
        { role: 'caller', text: 'First', startMs: 6000, endMs: 7500 },
        { role: 'caller', text: 'and second.', startMs: 7900, endMs: 9000 },
        { role: 'caller', text: 'Third.', startMs: 16_000, endMs: 17_000 },
      ],
    });

    expect(model.turns).toEqual([{ hear: 'First and second.' }, { hear: 'Third.' }]);
    expect(script.caller.slice(0, 2)).toMatchObject([{ at: '5800ms' }, { at: '16000ms' }]);
    expect(script.expect.turnCount).toBe(2);
  });
});
