import type { TelephonyLeg, TelephonyListener } from './ports.js';

/** Keeps what is said: takes what the caller's leg plays and hears, and gives back legs that do the same. */
export interface LegRecorder {
  record(
    call: { callSid: string; startMs: number },
    phone: TelephonyLeg,
  ): {
    phone: TelephonyLeg;
    listen(listener: TelephonyListener): TelephonyListener;
    /** While it is blank nothing of either side is kept. */
    blank(isBlank: boolean): void;
    close(): void;
  };
}
