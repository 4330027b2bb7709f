import type { Clock } from '../../clock.js';
import type { Answer } from './model-session.js';
import type { Output } from './output.js';
import type { SpokenSentence, SpokenWord } from './voice.js';

/** An answer on its way through the caller's loudspeaker, as far as the model can guess. */
export interface SoundingAnswer {
  record: { text: string; words: SpokenWord[]; durationMs: number; cutAtMs?: number };
  isInterruptible: boolean;
  /** When it begins to sound, in ms of the clock: at its first output, or when the one before it ends. */
  startMs: number;
}

interface FinalText {
  text: string;
  stopReason: 'PARTIAL_TURN' | 'END_TURN';
  cancel(): void;
}

export interface SoundingOptions {
  clock: Clock;
  output: Output;
  /** From the end of a sentence's sound to its FINAL text, in ms. */
  finalTextDelayMs: number;
  onEnded(answer: Answer): void;
  /** After each FINAL text. */
  onFinal(): void;
}

/**
 * What of the answers has sounded. The service estimates it too: it sends faster than real time and hears no marks.
 * FINAL texts follow the sound, so a cut sentence gets only its spoken words.
 */
export class Sounding {
  readonly #options: SoundingOptions;
  readonly #finals: FinalText[] = [];
  #live: { answer: SoundingAnswer; sentences: readonly SpokenSentence[]; cancels: (() => void)[] }[] = [];

  constructor(options: SoundingOptions) {
    this.#options = options;
  }

  /** When the last answer will have sounded, in ms of the clock; the past when nothing sounds. */
  get untilMs(): number {
    const last = this.#live.at(-1)?.answer;
    return last ? last.startMs + last.record.durationMs : Number.NEGATIVE_INFINITY;
  }

  /** Whether something sounds now, and whether speech may cut it. */
  get isSounding(): boolean {
    return this.#live.length > 0;
  }

  get isInterruptible(): boolean {
    return this.#live.some(({ answer }) => answer.isInterruptible);
  }

  get hasFinals(): boolean {
    return this.#finals.length > 0;
  }

  /** An answer begins: it sounds now, or after the one that still does. */
  begin(sentences: readonly SpokenSentence[], isInterruptible: boolean, endsTurn: boolean): SoundingAnswer {
    const { clock } = this.#options;
    const record: SoundingAnswer['record'] = { text: '', words: [], durationMs: 0 };
    record.text = sentences.map((sentence) => sentence.text).join(' ');
    const answer: SoundingAnswer = { record, isInterruptible, startMs: Math.max(clock.now(), this.untilMs) };
    const cancels: (() => void)[] = [];
    for (const [index, sentence] of sentences.entries()) {
      record.words.push(...shifted(sentence.words, record.durationMs));
      record.durationMs += (sentence.samples.length / sentence.rateHz) * 1000;
      const stopReason = endsTurn && index === sentences.length - 1 ? 'END_TURN' : 'PARTIAL_TURN';
      const endsInMs = answer.startMs + record.durationMs - clock.now();
      cancels.push(clock.after(endsInMs, () => this.#scheduleFinal(sentence.text, stopReason)));
    }
    const entry = { answer, sentences, cancels };
    this.#live.push(entry);
    cancels.push(
      clock.after(answer.startMs + record.durationMs - clock.now(), () => {
        this.#live = this.#live.filter((one) => one !== entry);
        this.#options.onEnded(record);
      }),
    );
    return answer;
  }

  /** Cuts all that still sounds, here and now, but never beyond `emittedMs` of the last answer. Answers the spoken words. */
  cut(emittedMs: number): string {
    const { clock } = this.#options;
    const spoken: string[] = [];
    const entries = this.#live.splice(0);
    for (const [index, { answer, sentences, cancels }] of entries.entries()) {
      for (const cancel of cancels) cancel();
      const { record, startMs } = answer;
      const limitMs = index === entries.length - 1 ? Math.min(record.durationMs, emittedMs) : record.durationMs;
      const cutAtMs = Math.max(0, Math.min(limitMs, clock.now() - startMs));
      record.cutAtMs = cutAtMs;
      let offsetMs = 0;
      for (const sentence of sentences) {
        const durationMs = (sentence.samples.length / sentence.rateHz) * 1000;
        const words = shifted(sentence.words, offsetMs).filter((word) => word.endMs <= cutAtMs);
        const text = words.map((word) => word.text).join(' ');
        // A sentence that has sounded whole has its FINAL text on the way already.
        if (text !== '' && offsetMs + durationMs > cutAtMs) this.#scheduleFinal(text, 'PARTIAL_TURN');
        if (text !== '') spoken.push(text);
        offsetMs += durationMs;
      }
      this.#options.onEnded(record);
    }
    return spoken.join(' ');
  }

  /** Sends the FINAL texts that are due, without their delay. */
  flushFinals(): void {
    for (const final of this.#finals.splice(0)) {
      final.cancel();
      this.#sendFinal(final);
    }
  }

  /** Lets go of every timer. */
  stop(): void {
    for (const { cancels } of this.#live.splice(0)) for (const cancel of cancels) cancel();
    for (const final of this.#finals.splice(0)) final.cancel();
  }

  #scheduleFinal(text: string, stopReason: FinalText['stopReason']): void {
    const final: FinalText = { text, stopReason, cancel: () => undefined };
    this.#finals.push(final);
    final.cancel = this.#options.clock.after(this.#options.finalTextDelayMs, () => {
      this.#finals.splice(this.#finals.indexOf(final), 1);
      this.#sendFinal(final);
      this.#options.onFinal();
    });
  }

  #sendFinal(final: FinalText): void {
    this.#options.output.text('ASSISTANT', 'FINAL', final.text, final.stopReason);
  }
}

function shifted(words: readonly SpokenWord[], byMs: number): SpokenWord[] {
  return words.map((word) => ({ text: word.text, startMs: word.startMs + byMs, endMs: word.endMs + byMs }));
}
