import type { CallFact } from './events.js';

/** Key tones and last syllables reach the bridge a little later than what announces them, in ms. */
const AFTERGLOW_MS = 300;

export interface DiscretionOptions {
  /** Where facts go that may be kept. */
  emit: (fact: CallFact) => void;
  callMs: () => number;
  after: (ms: number, action: () => void) => () => void;
}

/**
 * What must not be kept of a call: spans in which something secret is spoken or keyed in, for one reason or several.
 * Facts leave through here, so that recording, transcript, live views and logs never see what they must not keep.
 */
export class Discretion {
  readonly #options: DiscretionOptions;
  readonly #reasons = new Set<string>();
  readonly #spans: { fromMs: number; toMs: number }[] = [];
  /** Turns that have touched a span; where they lie is known more exactly later, and they stay secret. */
  readonly #secretTurns = new Set<number>();
  #cancelLimit = (): void => undefined;

  constructor(options: DiscretionOptions) {
    this.#options = options;
  }

  /** The agent says that a span begins, and for how long at most, or that it is over. */
  announced(active: boolean, limitMs: number): void {
    this.#cancelLimit();
    if (active) this.#cancelLimit = this.#options.after(limitMs, () => this.#set('announced', false));
    this.#set('announced', active);
  }

  /** The call came back while a span was open, which goes on for so many ms at most; 0: none was. */
  resumed(leftMs: number): void {
    if (leftMs > 0) this.announced(true, leftMs);
  }

  /** Secret keys are being pressed, or were. */
  keyed(isEntering: boolean): void {
    this.#set('keys', isEntering);
  }

  close(): void {
    this.#cancelLimit();
  }

  /** Passes a fact on without what must not be kept: words and tool data of anything that touches a span. */
  readonly emit = (fact: CallFact): void => {
    this.#options.emit(this.#spans.length === 0 ? fact : this.#blanked(fact));
  };

  #set(reason: string, active: boolean): void {
    const before = this.#reasons.size > 0;
    if (active) this.#reasons.add(reason);
    else this.#reasons.delete(reason);
    const isActive = this.#reasons.size > 0;
    if (before === isActive) return;
    const nowMs = this.#options.callMs();
    if (isActive) this.#spans.push({ fromMs: nowMs, toMs: Number.POSITIVE_INFINITY });
    else this.#spans.at(-1)!.toMs = nowMs + AFTERGLOW_MS;
    this.#options.emit({ kind: 'sensitiveChanged', active: isActive });
  }

  #blanked(fact: CallFact): CallFact {
    switch (fact.kind) {
      case 'turnChanged': {
        const { index, turn } = fact;
        if (this.#touches(turn.startMs, turn.endMs)) this.#secretTurns.add(index);
        if (!this.#secretTurns.has(index)) return fact;
        const blank =
          turn.role === 'caller' ? { ...turn, text: '' } : { ...turn, text: '', sentText: '', heardText: '' };
        return { ...fact, turn: { ...blank, sensitive: true } };
      }
      case 'toolChanged': {
        const { toolCall } = fact;
        const isAnnouncement = toolCall.kind === 'sensitive';
        if (isAnnouncement || !this.#touches(toolCall.startMs, toolCall.startMs + toolCall.durationMs)) return fact;
        const { why: _why, wanted: _wanted, ...rest } = toolCall;
        return { ...fact, toolCall: { ...rest, input: {}, output: {}, sensitive: true } };
      }
      default:
        return fact;
    }
  }

  #touches(fromMs: number, toMs: number): boolean {
    return this.#spans.some((span) => fromMs < span.toMs && toMs >= span.fromMs);
  }
}
