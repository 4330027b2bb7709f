import type { LegRecorder } from '../call/leg-recorder.js';
import type { TelephonyLeg, TelephonyListener } from '../call/ports.js';
import type { Clock } from '../clock.js';
import type { CallRecorder } from './recorder.js';
import { AFTERGLOW_MS, HELD_BACK_MS } from './timeline.js';

/** The caller's leg, with what is sent to it recorded as the carrier plays it. Closing it ends the recording. */
export function recordedLeg(phone: TelephonyLeg, recorder: CallRecorder, now: () => number): TelephonyLeg {
  return {
    play(mulaw) {
      phone.play(mulaw);
      recorder.agent(mulaw, now());
    },
    mark: (name) => phone.mark(name),
    clear() {
      phone.clear();
      recorder.cleared(now());
    },
    close() {
      phone.close();
      recorder.close();
    },
  };
}

/** Who listens to the caller's leg, with what comes from it recorded. The end of the stream ends the recording. */
export function recordedCaller(
  listener: TelephonyListener,
  recorder: CallRecorder,
  now: () => number,
): TelephonyListener {
  return {
    hear(mulaw, timestampMs) {
      listener.hear(mulaw, timestampMs);
      recorder.caller(mulaw, timestampMs, now());
    },
    event(event) {
      if (event.kind === 'stopped' || event.kind === 'closed') recorder.close();
      listener.event(event);
    },
  };
}

/** Records the media streams of calls: what the reception asks for. */
export function legRecorder(
  recordings: { start(callSid: string, options: { startMs: number }): CallRecorder },
  clock: Clock,
): LegRecorder {
  const now = () => clock.now();
  return {
    record({ callSid, startMs }, phone) {
      const recorder = recordings.start(callSid, { startMs });
      return {
        phone: recordedLeg(phone, recorder, now),
        listen: (listener) => recordedCaller(listener, recorder, now),
        blank: (isBlank) => recorder.blank(isBlank, isBlank ? now() - HELD_BACK_MS : now() + AFTERGLOW_MS),
        close: () => recorder.close(),
      };
    },
  };
}
