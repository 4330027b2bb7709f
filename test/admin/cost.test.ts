import { describe, expect, it } from 'vitest';
import { costOf } from '../../src/admin/cost.js';

const usage = { input: { speechTokens: 1000, textTokens: 200 }, output: { speechTokens: 500, textTokens: 100 } };
const streamOf = (modelId: string) => ({ modelId, region: 'us-east-1', openedMs: 0, closedMs: null, closed: null });
const prices = {
  currency: 'USD',
  perMillionTokens: {
    first: { inputSpeech: 3, inputText: 0.06, outputSpeech: 12, outputText: 0.24 },
    second: { inputSpeech: 1, inputText: 1, outputSpeech: 1, outputText: 1 },
  },
};

describe('the cost of a call', () => {
  it('is its tokens at the prices of its model, to a millionth', () => {
    // 1000 * 3 + 200 * 0.06 + 500 * 12 + 100 * 0.24 = 9036 millionths
    expect(costOf({ usage, streams: [streamOf('first'), streamOf('first')] }, prices)).toEqual({
      currency: 'USD',
      amount: 0.009036,
    });
  });

  it.each([
    ['without prices', [streamOf('first')], undefined],
    ['for a model without a price', [streamOf('third')], prices],
    ['for names that objects have by themselves', [streamOf('constructor')], prices],
    ['when models of different prices served it', [streamOf('first'), streamOf('second')], prices],
    ['when nobody knows which model served it', [], prices],
  ])('is not known %s', (_what, streams, known) => {
    expect(costOf({ usage, streams }, known)).toBeNull();
  });

  it('is nothing when nothing was used', () => {
    const none = { input: { speechTokens: 0, textTokens: 0 }, output: { speechTokens: 0, textTokens: 0 } };

    expect(costOf({ usage: none, streams: [] }, prices)).toEqual({ currency: 'USD', amount: 0 });
  });
});
