import type { TelephonyLeg, TelephonyListener } from './ports.js';
import type { SessionEnd } from './state.js';

/** Lets people hear a media stream as it goes on: takes the caller's leg, and gives back one that does the same. */
export interface LiveTaps {
  tap(call: { callSid: string; startMs: number }, phone: TelephonyLeg): LiveTap;
}

export interface LiveTap {
  phone: TelephonyLeg;
  /** From now on the call can be listened to. */
  listen(listener: TelephonyListener): TelephonyListener;
  /** While it is blank nothing of either side leaves. */
  blank(isBlank: boolean): void;
  /** Everybody hears it to its end. May be called twice. */
  close(endReason: SessionEnd): void;
}

/** Where what is heard of a call goes: a WebSocket, or one in memory. Nothing of it throws. */
export interface ListenerSocket {
  /** What was sent and has not left, in bytes. */
  readonly bufferedAmount: number;
  send(message: string | Uint8Array): void;
  close(code: number, reason: string): void;
}

/** The live calls of this instance, to be listened to. */
export interface LiveListening {
  /**
   * Whether somebody may listen to the call now; answers its time, in ms. CALL_NOT_LIVE when it has no media stream,
   * TOO_MANY_REQUESTS when as many people listen as may.
   */
  check(callSid: string): number;
  /**
   * Sends what is heard of the call until its media stream ends, then closes the socket with 1000. One that does not read
   * is closed with 1013, as is one that comes too late. Answers what ends it before; may be called twice.
   */
  join(callSid: string, socket: ListenerSocket): () => void;
}
