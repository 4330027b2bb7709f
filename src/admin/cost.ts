import type { CallRecord } from '../call/record.js';

/** What the operator pays for a million tokens, by model. */
export interface Prices {
  currency: string;
  perMillionTokens: Readonly<
    Record<string, { inputSpeech: number; inputText: number; outputSpeech: number; outputText: number }>
  >;
}

export interface Cost {
  currency: string;
  amount: number;
}

/** A call as the API shows it. */
export function shownCall(record: CallRecord, prices?: Prices): CallRecord & { cost: Cost | null } {
  return { ...record, cost: costOf(record, prices) };
}

/**
 * What the voice model cost for a call, to a millionth. Null without prices, for a model without one, and when streams
 * of differently priced models served the call: usage is counted for the call as a whole.
 */
export function costOf({ usage, streams }: Pick<CallRecord, 'usage' | 'streams'>, prices?: Prices): Cost | null {
  if (!prices) return null;
  const { currency, perMillionTokens } = prices;
  const { input, output } = usage;
  const tokenCount = input.speechTokens + input.textTokens + output.speechTokens + output.textTokens;
  if (tokenCount === 0) return { currency, amount: 0 };
  const modelIds = [...new Set(streams.map(({ modelId }) => modelId))];
  const amounts = modelIds.map((modelId) => {
    const price = Object.hasOwn(perMillionTokens, modelId) ? perMillionTokens[modelId] : undefined;
    if (!price) return undefined;
    return (
      input.speechTokens * price.inputSpeech +
      input.textTokens * price.inputText +
      output.speechTokens * price.outputSpeech +
      output.textTokens * price.outputText
    );
  });
  const [amount] = amounts;
  if (amount === undefined || amounts.some((other) => other !== amount)) return null;
  // Prices are for a million tokens: this is the amount in millionths, rounded to whole ones.
  return { currency, amount: Math.round(amount) / 1_000_000 };
}
