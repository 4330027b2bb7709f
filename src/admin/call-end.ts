import { isFinalStatus } from '../call/carrier.js';
import { COMES_BACK_WITHIN_MS } from '../call/complete.js';
import type { CallEvent } from '../call/events.js';
import type { CallRecord } from '../call/record.js';

/** Whether a call is really over, from what was on record of it and the facts since. */
export class CallEnd {
  #endedAtMs: number | undefined;
  #isFinal: boolean;
  #isRecording: boolean;

  constructor(record: CallRecord) {
    this.#endedAtMs = record.endedAt === null ? undefined : Date.parse(record.endedAt);
    this.#isFinal = record.test || isFinalStatus(record.carrierStatus ?? '');
    this.#isRecording = record.recording?.state === 'recording';
  }

  took(event: CallEvent, wallTimeMs: number): void {
    if (event.kind === 'answered') this.#endedAtMs = undefined;
    if (event.kind === 'ended') this.#endedAtMs = wallTimeMs;
    if (event.kind === 'carrierReported') this.#isFinal ||= isFinalStatus(event.status);
    if (event.kind === 'recordingChanged') this.#isRecording = event.recording.state === 'recording';
  }

  isOver(nowMs: number): boolean {
    if (this.#endedAtMs === undefined) return false;
    if (nowMs - this.#endedAtMs >= COMES_BACK_WITHIN_MS) return true;
    return this.#isFinal && !this.#isRecording;
  }
}
