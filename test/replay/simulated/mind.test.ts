import { describe, expect, it, onTestFinished } from 'vitest';
import type { ConverseScript } from '../../../src/emulator/models/converse.js';
import { startModels } from '../../../src/emulator/models/server.js';
import { ruleMind } from '../../../src/replay/simulated/mind.js';
import { modelMinds } from '../../../src/replay/simulated/model-mind.js';
import { caller } from './callers.js';

const heard = (words: string) => ({ words, before: [] });

describe('a caller by rules', () => {
  it.each([
    ['the first answer that fits', 'who are you and your number', { kind: 'say', fact: 'name' }],
    ['nothing when no answer fits', 'one moment', { kind: 'wait' }],
    ['nothing when an answer is ruled out', 'the wrong number', { kind: 'wait' }],
    ['goodbye before everything else', 'it is done, who are you', { kind: 'goodbye' }],
  ])('says %s', async (_what, words, decision) => {
    expect(await ruleMind(caller()).decide(heard(words))).toEqual(decision);
  });

  it('gives an answer marked once only once, and others again', async () => {
    const mind = ruleMind(caller());

    expect(await mind.decide(heard('your number'))).toEqual({ kind: 'say', fact: 'pin' });
    expect(await mind.decide(heard('your number'))).toEqual({ kind: 'wait' });
    expect(await mind.decide(heard('who'))).toEqual({ kind: 'say', fact: 'name' });
    expect(await mind.decide(heard('who'))).toEqual({ kind: 'say', fact: 'name' });
  });
});

describe('a caller by a model', () => {
  async function mindOn(script: ConverseScript) {
    const models = await startModels({ converse: () => script });
    const { url: endpoint, region, credentials } = models;
    const minds = modelMinds({ modelId: 'us.amazon.nova-pro-v1:0', place: { endpoint, region, credentials } });
    onTestFinished(async () => {
      minds.close();
      await models.close();
    });
    return { models, mind: minds.mindOf(caller()) };
  }
  const choice = (input: object): ConverseScript => ({ toolUses: [{ name: 'next', input }] });

  it.each<[string, ConverseScript, object]>([
    ['a phrase', choice({ choice: 'pin' }), { kind: 'say', fact: 'pin' }],
    ['goodbye', choice({ choice: 'goodbye' }), { kind: 'goodbye' }],
    ['waiting', choice({ choice: 'wait' }), { kind: 'wait' }],
    ['a phrase that is none', choice({ choice: 'toString' }), { kind: 'wait' }],
    ['nothing', { text: 'Hm.', stopReason: 'end_turn' }, { kind: 'wait' }],
  ])('does what the model chooses: %s', async (_what, script, decision) => {
    const { mind } = await mindOn(script);

    expect(await mind.decide(heard('Who are you?'))).toEqual(decision);
  });

  it('is shown the goal, the phrases and what was said, and has to choose', async () => {
    const { mind, models } = await mindOn(choice({ choice: 'wait' }));

    await mind.decide({ words: 'Your number?', before: [{ who: 'caller', words: 'one two' }] });

    const [request] = models.conversations;
    expect(request?.forcedTool).toBe('next');
    expect(JSON.parse(String(request?.messages[0]?.content[0]?.text))).toEqual({
      goal: 'have it done',
      phrases: { name: 'one two', pin: '(keys 12#)', thanks: 'Thank you.' },
      said: [
        { who: 'caller', words: 'one two' },
        { who: 'agent', words: 'Your number?' },
      ],
    });
  });
});
