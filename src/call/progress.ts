import type { Situation, VoiceEvent } from './ports.js';

/** Something is owed and nothing came of it for this long, in ms: the stream is stuck. */
export const STALLED_MS = 6000;
/** The same in the middle of a block of words, of which all that came has sounded: the caller hears nothing. In ms. */
const STUCK_IN_WORDS_MS = 2500;
/** Less speech than this may be a noise, of which the model makes nothing, in ms. */
const SPEECH_MS = 400;
/** Time between two looks, in ms; of more the rest does not count: what the model has said meanwhile may not have been read yet. */
const LONGEST_LOOK_MS = 1500;

/** Whether a model stream still does what it is for: audio that goes in is no proof of it. */
export class Progress {
  readonly #now: () => number;
  #lastMs: number;
  #owedSinceMs: number | undefined;
  #lookedMs: number;
  #isInBlock = false;
  /** Speech for which a stream was given up already: if the next makes nothing of it either, it was none. */
  #givenUpSpeechMs: number | undefined;

  constructor(now: () => number) {
    this.#now = now;
    this.#lastMs = now();
    this.#lookedMs = now();
  }

  /** Another stream serves. */
  began(): void {
    this.#lastMs = this.#now();
    this.#lookedMs = this.#now();
    this.#owedSinceMs = undefined;
    this.#isInBlock = false;
  }

  /** The stream has said something. */
  came(kind: VoiceEvent['kind'] | 'audio'): void {
    this.#lastMs = this.#now();
    if (kind === 'audioStarted') this.#isInBlock = true;
    else if (kind === 'audioEnded' || kind === 'interrupted') this.#isInBlock = false;
  }

  /** To be asked once in a while; `isTold`: the model was told something that it has to speak to. */
  isStalled(situation: Situation, isTold: boolean): boolean {
    const stoodStillMs = this.#stoodStillMs();
    this.#lastMs = Math.min(this.#now(), this.#lastMs + stoodStillMs);
    if (this.#owedSinceMs !== undefined) this.#owedSinceMs = Math.min(this.#now(), this.#owedSinceMs + stoodStillMs);
    const { agent, agentQuietMs, isAnswerOwed, openSpeechFromMs } = situation;
    // A tool at work is no reason to stop within a block: it is asked for between two of them.
    const isSilent = agent === 'speaking' && this.#isInBlock && agentQuietMs >= STUCK_IN_WORDS_MS;
    if (isSilent && stoodStillMs === 0) return true;
    if (!this.#isOwed(situation, isTold)) {
      this.#owedSinceMs = undefined;
      return false;
    }
    this.#owedSinceMs ??= this.#now();
    const isStalled = this.#now() - Math.max(this.#owedSinceMs, this.#lastMs) >= STALLED_MS;
    if (isStalled && !isAnswerOwed && !isTold) this.#givenUpSpeechMs = openSpeechFromMs;
    return isStalled;
  }

  /** For how long nobody looked because this process, or all audio, stood still: no model is to blame for it. */
  #stoodStillMs(): number {
    const nowMs = this.#now();
    const sinceMs = nowMs - this.#lookedMs;
    this.#lookedMs = nowMs;
    return sinceMs > LONGEST_LOOK_MS ? sinceMs : 0;
  }

  #isOwed(situation: Situation, isTold: boolean): boolean {
    const { isAnswerOwed, isCallerSpeaking, openSpeechFromMs, openSpeechMs, openTools } = situation;
    // The model listens for as long as the caller speaks.
    if (isCallerSpeaking || openTools > 0) return false;
    return isAnswerOwed || isTold || (openSpeechMs >= SPEECH_MS && openSpeechFromMs !== this.#givenUpSpeechMs);
  }
}
