import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DIMENSIONS, embed } from '../../../src/emulator/models/embedding.js';
import { countTokens } from '../../../src/emulator/models/tokens.js';
import { connect, invalid } from './place.js';

const similarity = (a: number[], b: number[]) => a.reduce((sum, component, at) => sum + component * b[at]!, 0);

const PASSAGES = [
  'Orders can be returned within 30 days of delivery. The refund is paid within five working days.',
  'Our shops are open from Monday to Friday, nine to five, and on Saturdays until noon.',
  'Parcels are delivered within two working days. You get a tracking number by e-mail.',
  'To change your password, open your account and choose security.',
];

describe('an embedding', () => {
  it.each([
    ['How do I return an order and get a refund?', 0],
    ['When is the shop open on Saturday?', 1],
    ['Where is my parcel, is there a tracking number?', 2],
    ['I forgot my password', 3],
  ])('puts the passage that answers "%s" first, at every length', (question, best) => {
    for (const dimensions of DIMENSIONS) {
      const scores = PASSAGES.map((text) => similarity(embed(question, dimensions), embed(text, dimensions)));

      expect(scores.indexOf(Math.max(...scores))).toBe(best);
    }
  });

  it('depends on the text alone, has length one and is never zero', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1, unit: 'grapheme' }), fc.constantFrom(...DIMENSIONS), (text, dimensions) => {
        const vector = embed(text, dimensions);
        expect(vector).toHaveLength(dimensions);
        expect(vector).toEqual(embed(text, dimensions));
        expect(similarity(vector, vector)).toBeCloseTo(1, 5);
      }),
    );
  });

  it('does not mind case, accents and the order of words', () => {
    expect(similarity(embed('Café öffnet FRÜH'), embed('fruh offnet cafe'))).toBeCloseTo(1, 6);
  });

  it('counts tokens as documented for English, about 4.7 characters each', () => {
    const text = PASSAGES.join(' ');

    expect(text.length / countTokens(text)).toBeGreaterThan(4.2);
    expect(text.length / countTokens(text)).toBeLessThan(5.2);
  });
});

describe('the embedding model', () => {
  it('answers with 1,024 normalized numbers unless told otherwise', async () => {
    const { invoke } = await connect();

    const { embedding, embeddingsByType, inputTextTokenCount } = await invoke({ inputText: 'Where is my order?' });

    expect(embedding).toEqual(embed('Where is my order?', 1024));
    expect(embeddingsByType).toEqual({ float: embedding });
    expect(inputTextTokenCount).toBe(5);
  });

  it('answers with as many numbers and of the types that were asked for', async () => {
    const { invoke } = await connect();
    const inputText = 'Where is my order?';

    const long = await invoke({ inputText, dimensions: 256, normalize: false, embeddingTypes: ['binary', 'float'] });
    const short = await invoke({ inputText, dimensions: 512, embeddingTypes: ['binary'] });

    expect(similarity(long.embedding, long.embedding)).toBeGreaterThan(1.5);
    expect(long.embeddingsByType.binary).toEqual(long.embedding.map((component) => (component > 0 ? 1 : 0)));
    expect(short.embedding).toBeUndefined();
    expect(short.embeddingsByType.binary).toHaveLength(512);
  });

  it('is found by its ARN, too', async () => {
    const { invoke } = await connect();
    const arn = 'arn:aws:bedrock:us-east-1::foundation-model/amazon.titan-embed-text-v2:0';

    expect((await invoke({ inputText: 'hello', dimensions: 256 }, arn)).embedding).toHaveLength(256);
  });

  it.each([
    [{}, '#: required key [inputText] not found'],
    [{ inputText: '' }, '#/inputText: expected minLength: 1, actual: 0'],
    [{ inputText: 7 }, '#/inputText: expected type: String, found: Integer'],
    [{ inputText: ['a'] }, '#/inputText: expected type: String, found: JSONArray'],
    [{ inputText: 'a', dimensions: 384 }, '#/dimensions: 384 is not a valid enum value'],
    [{ inputText: 'a', normalize: 'yes' }, '#/normalize: expected type: Boolean, found: String'],
    [{ inputText: 'a', embeddingTypes: ['int8'] }, '#/embeddingTypes/0: int8 is not a valid enum value'],
    [{ inputText: 'a', texts: [] }, '#: extraneous key [texts] is not permitted'],
    [{ inputText: '', dimensions: 1 }, '2 schema violations found'],
    [{ inputText: 'a'.repeat(50_001) }, 'expected maxLength: 50000, actual: 50001'],
  ])('refuses a malformed request: %j', async (body, problem) => {
    const { invoke } = await connect();

    await expect(invoke(body)).rejects.toMatchObject(
      invalid(`Malformed input request: ${problem}, please reformat your input and try again.`),
    );
  });

  it('refuses what is no JSON, too long for it, or meant for another model', async () => {
    const { invoke } = await connect();

    await expect(invoke('{')).rejects.toMatchObject(
      invalid('Malformed input request, please reformat your input and try again.'),
    );
    await expect(invoke({ inputText: 'a '.repeat(8193) })).rejects.toMatchObject(
      invalid('400 Bad Request: Too many input tokens. Max input tokens: 8192, request input token count: 8193 '),
    );
    await expect(invoke({ inputText: 'a' }, 'amazon.titan-embed-text-v9')).rejects.toMatchObject(
      invalid('The provided model identifier is invalid.'),
    );
  });

  it('can be throttled on demand', async () => {
    const { invoke, server } = await connect();
    server.failNext({ kind: 'http', status: 429, type: 'ThrottlingException', message: 'Too many requests' });

    await expect(invoke({ inputText: 'a' })).rejects.toMatchObject({ name: 'ThrottlingException' });
    expect(server.requests).toMatchObject([{ operation: 'InvokeModel', status: 429 }]);
  });
});
