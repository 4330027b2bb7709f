import type { Uplink } from '../media/uplink.js';

/**
 * How much speech over the agent’s own voice makes a caller’s utterance an interruption that the model did not report, in ms.
 * Less is a word of assent, or a noise.
 */
const OVER_AGENT_SPEECH_MS = 200;

/** What the caller's voice means for who has the floor. */
export class CallerFloor {
  readonly #uplink: Uplink;
  /** Caller speech heard when the agent's turn began: more than that was spoken over the agent. */
  #speechMsAtTurn = 0;

  constructor(uplink: Uplink) {
    this.#uplink = uplink;
  }

  /** The agent begins to speak, or was told to. */
  agentBegins(): void {
    this.#speechMsAtTurn = this.#uplink.speech.speechMs;
  }

  /** Whether the caller was heard speaking since the agent began, or since the model was told to speak. */
  get isOverAgent(): boolean {
    return this.#uplink.speech.speechMs - this.#speechMsAtTurn >= OVER_AGENT_SPEECH_MS;
  }

  get isSpeaking(): boolean {
    return this.#uplink.speech.speaking;
  }

  /** How long the caller has said nothing, in ms; endless when nothing was ever heard. */
  get quietMs(): number {
    const { speaking, lastSpeechEndMs } = this.#uplink.speech;
    if (speaking) return 0;
    return lastSpeechEndMs === undefined ? Number.POSITIVE_INFINITY : this.#uplink.audioMs - lastSpeechEndMs;
  }

  /** Where the caller's last utterance lies, on the call's time line; `callMs` when none was heard. */
  takeUtterance(callMs: number): { startMs: number; endMs: number } {
    const bounds = this.#uplink.takeUtterance();
    if (!bounds) return { startMs: callMs, endMs: callMs };
    const behindMs = callMs - this.#uplink.audioMs;
    return { startMs: bounds.startMs + behindMs, endMs: bounds.endMs + behindMs };
  }
}
