import { MULAW_SILENCE } from '../audio/mulaw.js';
import type { ToolOutcome, VoiceEvent } from '../call/ports.js';
import type { CallOutput } from '../call/tape.js';
import type { KeptInput, Tick } from './box.js';

/** What announces a span reaches the bridge a little later than its first sound, and before its last one, in ms. */
export const HELD_BACK_MS = 300;
const AFTERGLOW_MS = 300;

interface Span {
  fromMs: number;
  toMs: number;
}

/**
 * Leaves out of a box what must not be kept of a call: the sound of both sides in sensitive spans, keys, and the words and
 * tool data of what touches them. The call itself says when a span begins and ends, and which turns touch one.
 */
export class Secrecy {
  /** Keys that mean something else than a part of the entry. */
  readonly #otherKeys: ReadonlySet<string>;
  readonly #standIn: string;
  readonly #spans: Span[] = [];
  /** Whether the agent's newest turn touches a span, and whether it is still being spoken. */
  #isAgentSecret = false;
  #isAgentSpeaking = false;

  /** `otherKeys`: what ends an entry, and what asks for a person. */
  constructor(otherKeys: readonly (string | undefined)[]) {
    this.#otherKeys = new Set(otherKeys.filter((key) => key !== undefined));
    this.#standIn = ['0', '1', '2'].find((key) => !this.#otherKeys.has(key))!;
  }

  /** Whether a span has begun in this call. Until then everything may be kept, if what came a little before can be changed. */
  get isNeeded(): boolean {
    return this.#spans.length > 0;
  }

  /** Everything that the call does, as it happens. */
  follow(output: CallOutput, atMs: number): void {
    if (output.kind === 'decided') {
      const { phase } = output;
      this.#isAgentSpeaking = phase.at === 'speaking' || (phase.at === 'closing' && phase.words !== 'awaited');
    } else if (output.kind === 'fact') {
      const { fact } = output;
      if (fact.kind === 'turnChanged' && fact.turn.role === 'agent') this.#isAgentSecret = fact.turn.sensitive === true;
      else if (fact.kind === 'sensitiveChanged') this.#changed(fact.active, atMs);
    }
  }

  /** The newest tick, which was followed to its end, as it may be kept. */
  blanked(tick: Tick): Tick {
    const isSecret = this.#touches(tick.atMs, 0) || tick.outputs.some(isSensitive);
    const isSpoken = this.#isAgentSecret && this.#isAgentSpeaking;
    const isConfirmed = this.#isAgentSecret && tick.input.kind === 'voice' && isConfirmation(tick.input.event);
    return isSecret || isSpoken || isConfirmed ? this.#without(tick, true) : tick;
  }

  /** A tick before the span that has just begun, as it may be kept: without sound and keys when it came right before. */
  mutedBefore(tick: Tick): Tick {
    return this.#touches(tick.atMs, HELD_BACK_MS) ? this.#without(tick, false) : tick;
  }

  #changed(active: boolean, atMs: number): void {
    if (active) this.#spans.push({ fromMs: atMs, toMs: Number.POSITIVE_INFINITY });
    else this.#spans.at(-1)!.toMs = atMs + AFTERGLOW_MS;
  }

  #touches(atMs: number, earlierMs: number): boolean {
    return this.#spans.some(({ fromMs, toMs }) => atMs >= fromMs - earlierMs && atMs < toMs);
  }

  #without(tick: Tick, isWordless: boolean): Tick {
    const input = this.#input(tick.input, isWordless);
    const outputs = tick.outputs.map((output) => this.#output(output, isWordless));
    return { ...tick, input, outputs, isBlanked: true };
  }

  #input(input: KeptInput, isWordless: boolean): KeptInput {
    switch (input.kind) {
      case 'callerAudio':
        return { ...input, mulaw: silenceOf(input.mulaw) };
      case 'phone':
        return input.event.kind === 'keyPressed'
          ? { ...input, event: { ...input.event, digit: this.#key(input.event.digit) } }
          : input;
      case 'voice':
        return isWordless ? { ...input, event: wordless(input.event) } : input;
      case 'toolSettled':
        return isWordless ? { ...input, outcome: withoutData(input.outcome) } : input;
      default:
        return input;
    }
  }

  #output(output: CallOutput, isWordless: boolean): CallOutput {
    if (output.kind === 'play') return { ...output, mulaw: silenceOf(output.mulaw) };
    if (!isWordless) return output;
    switch (output.kind) {
      case 'tell':
        return { ...output, text: '' };
      case 'answerTool':
        return { ...output, output: {} };
      case 'decided': {
        const { signal } = output;
        return {
          ...output,
          signal:
            signal.kind === 'keysEntered' ? { ...signal, digits: this.#standIn.repeat(signal.digits.length) } : signal,
          effects: output.effects.map((effect) => (effect.do === 'tell' ? { ...effect, text: '' } : effect)),
        };
      }
      default:
        return output;
    }
  }

  #key(digit: string): string {
    return this.#otherKeys.has(digit) ? digit : this.#standIn;
  }
}

function isSensitive(output: CallOutput): boolean {
  if (output.kind !== 'fact') return false;
  const { fact } = output;
  if (fact.kind === 'toolChanged') return fact.toolCall.sensitive === true;
  return fact.kind === 'turnChanged' && fact.turn.role === 'caller' && fact.turn.sensitive === true;
}

function isConfirmation(event: VoiceEvent): boolean {
  return event.kind === 'agentText' && event.stage === 'confirmed';
}

function withoutData(outcome: ToolOutcome): ToolOutcome {
  if (outcome.kind !== 'answer' && outcome.kind !== 'failed') return { ...outcome, output: {} };
  const { wanted: _wanted, ...rest } = outcome;
  if (rest.kind === 'answer') return { ...rest, output: {} };
  const { why: _why, ...failed } = rest;
  return { ...failed, output: {} };
}

function wordless(event: VoiceEvent): VoiceEvent {
  switch (event.kind) {
    case 'callerText':
    case 'agentText':
      return { ...event, text: '' };
    case 'toolCalled':
      return { ...event, input: event.input && {}, ...(event.rawInput !== undefined && { rawInput: '' }) };
    default:
      return event;
  }
}

function silenceOf(mulaw: Uint8Array): Uint8Array {
  return new Uint8Array(mulaw.length).fill(MULAW_SILENCE);
}
