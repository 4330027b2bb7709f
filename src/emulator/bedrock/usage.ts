/** Tokens by direction and kind, as `usageEvent` gives them. */
export interface Usage {
  input: { speechTokens: number; textTokens: number };
  output: { speechTokens: number; textTokens: number };
}

/** An invented but steady price: the service does not publish how seconds become tokens. Silence costs nothing. */
const SPEECH_TOKENS_PER_SECOND = 25;
const BYTES_PER_TEXT_TOKEN = 4;

export function speechTokens(durationMs: number): number {
  return Math.ceil((durationMs * SPEECH_TOKENS_PER_SECOND) / 1000);
}

export function textTokens(text: string): number {
  return Math.ceil(Buffer.byteLength(text) / BYTES_PER_TEXT_TOKEN);
}

/** Counts a session's tokens: what each report adds, and the sum, which only grows. */
export class UsageMeter {
  readonly total: Usage = { input: { speechTokens: 0, textTokens: 0 }, output: { speechTokens: 0, textTokens: 0 } };

  /** The body of a usage event for what was used since the last one. */
  add(used: { input?: Partial<Usage['input']>; output?: Partial<Usage['output']> }): Record<string, unknown> {
    const delta: Usage = {
      input: { speechTokens: 0, textTokens: 0, ...used.input },
      output: { speechTokens: 0, textTokens: 0, ...used.output },
    };
    for (const side of ['input', 'output'] as const) {
      this.total[side].speechTokens += delta[side].speechTokens;
      this.total[side].textTokens += delta[side].textTokens;
    }
    const totalInputTokens = this.total.input.speechTokens + this.total.input.textTokens;
    const totalOutputTokens = this.total.output.speechTokens + this.total.output.textTokens;
    return {
      details: { delta, total: structuredClone(this.total) },
      totalInputTokens,
      totalOutputTokens,
      totalTokens: totalInputTokens + totalOutputTokens,
    };
  }
}
