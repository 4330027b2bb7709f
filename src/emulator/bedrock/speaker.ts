import type { Clock } from '../../clock.js';
import type { Output } from './output.js';
import type { SpokenSentence } from './voice.js';

/** How audio is put on the wire. */
export interface Delivery {
  /** Multiple of real time; 0 is all at once. */
  burst: number;
  chunkMs: number;
  odd: boolean | 'bytes';
}

export interface SpeakerOptions {
  clock: Clock;
  output: Output;
  delivery: Delivery;
  sentences: readonly SpokenSentence[];
  /** Whether the last audio block ends the turn, or a tool call or another answer follows. */
  endsTurn: boolean;
  onSent(): void;
  /** After each sentence. */
  onSentence(sentence: SpokenSentence): void;
}

/** Byte lengths of irregular audio events, in turn; the second list also splits samples. */
const ODD_BYTES = [74, 2, 3838, 320, 1282, 14, 4802, 642];
const SPLITTING_BYTES = [75, 1, 3839, 321, 1283, 13, 4801, 643];

/** Puts one answer on the wire: per sentence its speculative text, then its audio at the wanted speed. */
export class Speaker {
  readonly #options: SpeakerOptions;
  #sentenceIndex = 0;
  #byteOffset = 0;
  #emittedBytes = 0;
  #chunkCount = 0;
  #contentId: string | undefined;
  #startMs = 0;
  #isStopped = false;
  #cancelTimer: () => void = () => undefined;

  constructor(options: SpeakerOptions) {
    this.#options = options;
  }

  start(): void {
    this.#startMs = this.#options.clock.now();
    this.#run();
  }

  /** Audio put on the wire so far, in ms of its own length. */
  get emittedMs(): number {
    const rateHz = this.#options.sentences[0]?.rateHz ?? 1;
    return (this.#emittedBytes / 2 / rateHz) * 1000;
  }

  /**
   * Stops for good. An open audio block is ended with `stopReason`, or left open when that is undefined.
   * Answers the block that was cut and up to `lateMs` of audio not sent (of the last sentence, when all was sent).
   */
  stop(stopReason: 'PARTIAL_TURN' | 'INTERRUPTED' | undefined, lateMs: number): CutAudio {
    this.#cancelTimer();
    this.#isStopped = true;
    const { sentences, output } = this.#options;
    const sentence = sentences[Math.min(this.#sentenceIndex, sentences.length - 1)];
    const isOpen = this.#contentId !== undefined && this.#sentenceIndex < sentences.length;
    const contentId = this.#contentId;
    if (isOpen && contentId !== undefined && stopReason !== undefined) output.endAudio(contentId, stopReason);
    const lateBytes = sentence ? Math.round((lateMs * sentence.rateHz) / 1000) * 2 : 0;
    const bytes = sentence ? bytesOf(sentence) : new Uint8Array();
    const evenOffset = this.#byteOffset - (this.#byteOffset % 2);
    const late = isOpen
      ? bytes.subarray(evenOffset, evenOffset + lateBytes)
      : bytes.subarray(-lateBytes || bytes.length);
    return { contentId, isOpen: isOpen && stopReason === undefined, late };
  }

  #run(): void {
    const { clock, sentences, output, delivery } = this.#options;
    while (!this.#isStopped) {
      const sentence = sentences[this.#sentenceIndex];
      if (!sentence) {
        this.#options.onSent();
        return;
      }
      const waitMs = delivery.burst === 0 ? 0 : this.#startMs + this.emittedMs / delivery.burst - clock.now();
      if (waitMs > 0) {
        this.#cancelTimer = clock.after(waitMs, () => this.#run());
        return;
      }
      if (this.#byteOffset === 0) {
        output.text('ASSISTANT', 'SPECULATIVE', sentence.text, 'PARTIAL_TURN');
        this.#contentId = output.startAudio();
      }
      this.#emitChunk(sentence, this.#contentId ?? '');
    }
  }

  #emitChunk(sentence: SpokenSentence, contentId: string): void {
    const { output, sentences, endsTurn } = this.#options;
    const bytes = bytesOf(sentence);
    const chunk = bytes.subarray(this.#byteOffset, this.#byteOffset + this.#nextByteLength(sentence.rateHz));
    output.audio(contentId, chunk);
    this.#byteOffset += chunk.length;
    this.#emittedBytes += chunk.length;
    if (this.#byteOffset < bytes.length) return;
    this.#byteOffset = 0;
    this.#sentenceIndex++;
    output.endAudio(contentId, endsTurn && this.#sentenceIndex === sentences.length ? 'END_TURN' : 'PARTIAL_TURN');
    this.#options.onSentence(sentence);
  }

  #nextByteLength(rateHz: number): number {
    const { odd, chunkMs } = this.#options.delivery;
    if (odd === false) return Math.max(1, Math.round((chunkMs * rateHz) / 1000)) * 2;
    const lengths = odd === 'bytes' ? SPLITTING_BYTES : ODD_BYTES;
    return lengths[this.#chunkCount++ % lengths.length]!;
  }
}

export interface CutAudio {
  contentId: string | undefined;
  /** Whether its block still has to be ended. */
  isOpen: boolean;
  late: Uint8Array;
}

/** The samples as bytes, sharing their memory; this machine's order is the wire's (little-endian). */
function bytesOf(sentence: SpokenSentence): Uint8Array {
  const { buffer, byteOffset, byteLength } = sentence.samples;
  return new Uint8Array(buffer, byteOffset, byteLength);
}
