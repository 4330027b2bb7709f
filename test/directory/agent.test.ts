import { describe, expect, it } from 'vitest';
import { agentInputSchema, agentVersion } from '../../src/directory/agent.js';
import { beyondTheModel } from '../../src/directory/agent-rules.js';
import { numberInputSchema } from '../../src/directory/number.js';
import { fillPrompt, unknownVariables } from '../../src/directory/prompt.js';

const NOVA_2 = 'amazon.nova-2-sonic-v1:0';
const NOVA_1 = 'amazon.nova-sonic-v1:0';
const AGENT = { name: 'Orders', systemPrompt: 'You help.' };
const problemsOf = (input: object) => {
  const result = agentInputSchema.safeParse({ ...AGENT, ...input });
  return result.success ? [] : result.error.issues.map((issue) => issue.path.join('.'));
};

describe('an agent', () => {
  it('gets the documented defaults', () => {
    const version = agentVersion(agentInputSchema.parse(AGENT), {
      id: 'a',
      version: 1,
      createdAt: '',
      defaultModelId: NOVA_2,
    });

    expect(version).toMatchObject({
      voiceId: 'matthew',
      modelId: NOVA_2,
      inference: { maxTokens: 1024, topP: 0.9, temperature: 0.7 },
      audio: { inputRateHz: 16000, outputRateHz: 24000 },
      silence: { promptAfterMs: 10_000, hangUpAfter: 2 },
      maxCallMs: 1_800_000,
      dtmf: { terminator: '#', pauseMs: 2000 },
      tools: [],
    });
  });

  it.each([
    ['systemPrompt', { systemPrompt: 'Hello {{name}}' }],
    ['greeting', { greeting: 'Greet {{ customer }}' }],
    ['audio.inputRateHz', { audio: { inputRateHz: 44_100 } }],
    ['inference.topP', { inference: { topP: 2 } }],
    ['tools.0.name', { tools: [{ kind: 'hang-up', name: 'end call', description: 'x' }] }],
    [
      'tools.1.name',
      {
        tools: [
          { kind: 'hang-up', name: 'end', description: 'x' },
          { kind: 'hang-up', name: 'END', description: 'x' },
        ],
      },
    ],
    ['dtmf.terminator', { dtmf: { terminator: '##' } }],
    ['', { colour: 'blue' }],
  ])('with a bad %s is refused', (field, input) => {
    expect(problemsOf(input)).toEqual([field]);
  });

  it('of the first generation is refused what that generation cannot do', () => {
    const input = agentInputSchema.parse({
      ...AGENT,
      modelId: NOVA_1,
      voiceId: 'tina',
      endpointing: 'HIGH',
      dtmf: {},
      silence: {},
    });

    expect(beyondTheModel(input, NOVA_2).map(({ path }) => path[0])).toEqual([
      'voiceId',
      'endpointing',
      'dtmf',
      'silence',
    ]);
    expect(beyondTheModel(agentInputSchema.parse({ ...AGENT, greeting: 'Hello', modelId: NOVA_1 }), NOVA_2)).toEqual(
      [],
    );
  });

  it('has only the voices of its model', () => {
    expect(beyondTheModel(agentInputSchema.parse({ ...AGENT, voiceId: 'greta' }), NOVA_2)).toHaveLength(1);
    expect(beyondTheModel(agentInputSchema.parse({ ...AGENT, voiceId: 'tina' }), NOVA_2)).toEqual([]);
  });
});

describe('prompt variables', () => {
  it('are filled from the call', () => {
    const text = fillPrompt('{{caller}} calls {{ called }} on {{now}} about {{variables.topic}}{{variables.none}}', {
      caller: '+14155550100',
      called: '+14155550199',
      nowMs: Date.UTC(2026, 10, 22, 9, 5),
      timeZone: 'Europe/Berlin',
      variables: { topic: 'shoes' },
    });

    expect(text).toMatch(/^\+14155550100 calls \+14155550199 on Sunday, November 22, 2026 at 10:05.AM about shoes$/);
  });

  it('do not reach into the prototype of the variables', () => {
    const values = { caller: '', called: '', nowMs: 0, timeZone: 'UTC', variables: {} };

    expect(fillPrompt('{{variables.constructor}}', values)).toBe('');
  });

  it('that no call can fill are named once', () => {
    expect(unknownVariables('{{a}} {{caller}} {{a}} {{variables.x}} {{variables.}}')).toEqual(['a', 'variables.']);
  });
});

describe('a number', () => {
  it.each([
    [{ agentId: 'a', fallback: { dial: '+14155550100' } }, true],
    [{ agentId: 'a', fallback: { dial: '0800 1234' } }, false],
    [{ agentId: 'a', fallback: { dial: '+14155550100', say: 'x' } }, false],
    [{ agentId: 'a', timeZone: 'Europe/Berlin' }, true],
    [{ agentId: 'a', timeZone: 'Mars/Olympus' }, false],
    [{ agentId: 'a', recording: true }, true],
    [{}, false],
  ])('%j is accepted: %s', (input, accepted) => {
    expect(numberInputSchema.safeParse(input).success).toBe(accepted);
  });
});
