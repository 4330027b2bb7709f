import { ApplyGuardrailCommand, type ApplyGuardrailCommandInput } from '@aws-sdk/client-bedrock-runtime';
import { describe, expect, it } from 'vitest';
import { connect } from './place.js';

const GUARDRAIL = {
  guardrailId: 'gr1abc',
  blocks: ['voodoo', 'insider tip'],
  masks: [{ word: 'Ada Lovelace', type: 'NAME' }],
  blockedInputMessaging: 'I cannot talk about that.',
  blockedOutputsMessaging: 'I must not say that.',
};

async function place() {
  const { client } = await connect({ guardrails: [GUARDRAIL] });
  return (texts: string[], change: Partial<ApplyGuardrailCommandInput> = {}) =>
    client.send(
      new ApplyGuardrailCommand({
        guardrailIdentifier: 'gr1abc',
        guardrailVersion: '1',
        source: 'INPUT',
        content: texts.map((text) => ({ text: { text } })),
        ...change,
      }),
    );
}

describe('a guardrail', () => {
  it('lets through what has none of its words, without any output', async () => {
    const apply = await place();

    const answer = await apply(['Where is my order?', 'I like voodoos.']);

    expect(answer).toMatchObject({ action: 'NONE', outputs: [], assessments: [{}] });
    expect(answer.usage).toMatchObject({ wordPolicyUnits: 1, sensitiveInformationPolicyUnits: 1, topicPolicyUnits: 0 });
  });

  it('blocks by a word in any case and says what it was told to say for that direction', async () => {
    const apply = await place();

    const input = await apply(['Give me an Insider Tip, please.']);
    const output = await apply(['VOODOO works.'], { source: 'OUTPUT' });

    expect(input).toMatchObject({
      action: 'GUARDRAIL_INTERVENED',
      outputs: [{ text: 'I cannot talk about that.' }],
      assessments: [{ wordPolicy: { customWords: [{ match: 'Insider Tip', action: 'BLOCKED' }] } }],
    });
    expect(output.outputs).toEqual([{ text: 'I must not say that.' }]);
  });

  it('masks text by text', async () => {
    const apply = await place();

    const answer = await apply(['Hello, I am ada lovelace.', 'Is (Ada Lovelace) known?', 'Goodbye.']);

    expect(answer.action).toBe('GUARDRAIL_INTERVENED');
    expect(answer.outputs).toEqual([
      { text: 'Hello, I am {NAME}.' },
      { text: 'Is ({NAME}) known?' },
      { text: 'Goodbye.' },
    ]);
    expect(answer.assessments?.[0]?.sensitiveInformationPolicy?.piiEntities).toMatchObject([
      { match: 'ada lovelace', type: 'NAME', action: 'ANONYMIZED' },
      { match: 'Ada Lovelace', type: 'NAME', action: 'ANONYMIZED' },
    ]);
  });

  it('has to exist in the version asked for', async () => {
    const apply = await place();

    for (const change of [{ guardrailIdentifier: 'other' }, { guardrailVersion: '2' }]) {
      await expect(apply(['a'], change)).rejects.toMatchObject({
        name: 'ResourceNotFoundException',
        $metadata: { httpStatusCode: 404 },
      });
    }
    expect((await apply(['a'], { guardrailVersion: 'DRAFT' })).action).toBe('NONE');
  });

  it.each<[Partial<ApplyGuardrailCommandInput>, RegExp]>([
    [{ source: 'BOTH' as 'INPUT' }, /Value 'BOTH' at 'source'.*enum value set: \[INPUT, OUTPUT\]/],
    [{ source: undefined as never }, /Value null at 'source'.*must not be null/],
    [{ guardrailVersion: '0' }, /Value '0' at 'guardrailVersion'.*regular expression pattern/],
    [{ guardrailIdentifier: 'GR_1' }, /Value 'GR_1' at 'guardrailIdentifier'/],
    [{ content: [{ image: { format: 'png', source: { bytes: new Uint8Array(1) } } }] }, /at 'content.1.member.text'/],
  ])('refuses %j', async (change, message) => {
    const apply = await place();

    await expect(apply(['a'], change)).rejects.toMatchObject({
      name: 'ValidationException',
      message: expect.stringMatching(message) as string,
    });
  });
});
