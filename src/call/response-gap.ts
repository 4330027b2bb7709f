import type { AgentTurn, ResponseGapParts } from './record.js';

/** The fields of an agent's turn that tell how long the caller waited for it. */
export type ResponseGap = Required<Pick<AgentTurn, 'responseGapMs' | 'responseGapFromTurnEndMs' | 'responseGapParts'>>;

/**
 * Follows one answer from the caller's last speech to the agent's first sample in the caller's ear.
 * All times are ms of the call. Steps that did not happen in order give no gap.
 */
export class ResponseGapMeter {
  #open:
    | { lastSpeechMs: number; turnEndMs: number; toolsMs: number; firstAudioMs?: number; sentMs?: number }
    | undefined;
  #busyTools = 0;
  #busySinceMs = 0;

  /** The model holds the caller's turn to be over. */
  turnEnded(lastSpeechMs: number, nowMs: number): void {
    this.#open = { lastSpeechMs, turnEndMs: nowMs, toolsMs: 0 };
    this.#busySinceMs = nowMs;
  }

  toolStarted(nowMs: number): void {
    if (this.#busyTools++ === 0) this.#busySinceMs = nowMs;
  }

  toolEnded(nowMs: number): void {
    if (--this.#busyTools === 0 && this.#open && this.#open.firstAudioMs === undefined) {
      this.#open.toolsMs += nowMs - this.#busySinceMs;
    }
  }

  /** The first audio of an answer has come from the model. */
  audioCame(nowMs: number): void {
    if (this.#open) this.#open.firstAudioMs ??= nowMs;
  }

  audioSent(nowMs: number): void {
    if (this.#open?.firstAudioMs !== undefined) this.#open.sentMs ??= nowMs;
  }

  /** The first sample was heard: the gap is known, and the next one is waited for. */
  heard(heardAtMs: number): ResponseGap | undefined {
    const open = this.#open;
    if (open?.firstAudioMs === undefined || open.sentMs === undefined) return undefined;
    this.#open = undefined;
    const { lastSpeechMs, turnEndMs, toolsMs, firstAudioMs, sentMs } = open;
    const parts: ResponseGapParts = {
      endpointing: Math.round(turnEndMs - lastSpeechMs),
      tools: Math.round(toolsMs),
      model: Math.round(firstAudioMs - turnEndMs - toolsMs),
      bridge: Math.round(sentMs - firstAudioMs),
      playout: Math.round(Math.max(0, heardAtMs - sentMs)),
    };
    const responseGapMs = Object.values(parts).reduce((sum, part) => sum + part, 0);
    return {
      responseGapMs,
      responseGapFromTurnEndMs: responseGapMs - parts.endpointing,
      responseGapParts: parts,
    };
  }
}
