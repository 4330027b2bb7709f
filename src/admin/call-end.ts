import { isFinalStatus } from '../call/carrier.js';
import { waitedForMs } from '../call/complete.js';
import type { CallEvent } from '../call/events.js';
import type { CallRecord } from '../call/record.js';

/** Whether a call is really over, from what was on record of it and the facts since. */
export class CallEnd {
  #endedAtMs: number | undefined;
  #transferredTo: string | null;
  #isFinal: boolean;
  #isRecording: boolean;

  constructor(record: CallRecord) {
    this.#endedAtMs = record.endedAt === null ? undefined : Date.parse(record.endedAt);
    this.#transferredTo = record.transferredTo;
    this.#isFinal = record.test || isFinalStatus(record.carrierStatus ?? '');
    this.#isRecording = record.recording?.state === 'recording';
  }

  took(event: CallEvent, wallTimeMs: number): void {
    if (event.kind === 'answered') this.#endedAtMs = undefined;
    if (event.kind === 'ended') this.#endedAtMs = wallTimeMs;
    if (event.kind === 'transferred') this.#transferredTo = event.to;
    if (event.kind === 'dialEnded' && !event.wasAnswered) {
      this.#transferredTo = null;
      this.#endedAtMs &&= wallTimeMs;
    }
    if (event.kind === 'carrierReported') this.#isFinal ||= isFinalStatus(event.status);
    if (event.kind === 'recordingChanged') this.#isRecording = event.recording.state === 'recording';
  }

  isOver(nowMs: number): boolean {
    if (this.#endedAtMs === undefined) return false;
    if (nowMs - this.#endedAtMs >= waitedForMs({ transferredTo: this.#transferredTo })) return true;
    return this.#isFinal && !this.#isRecording;
  }
}
