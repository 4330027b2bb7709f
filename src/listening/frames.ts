import { MULAW_SILENCE } from '../audio/mulaw.js';
import type { SessionEnd } from '../call/state.js';

/** The side that is heard in a binary message, as its first byte says. */
export const SIDES = ['caller', 'agent'] as const;
export type Side = (typeof SIDES)[number];

const HEADER_BYTES = 5;

/** First of all: what is sent, and the ms of the call at which it begins. */
export function startMessage(callSid: string, atMs: number, sensitive: boolean): string {
  const sound = { encoding: 'audio/x-mulaw', sampleRate: 8000, channels: SIDES };
  return JSON.stringify({ event: 'start', callSid, ...sound, atMs, sensitive });
}

/** Sound of one side: its number (0 caller, 1 agent), the ms of the call at which it sounded (u32, big-endian), mu-law. */
export function soundMessage(side: Side, atMs: number, mulaw: Uint8Array): Uint8Array {
  const message = Buffer.allocUnsafe(HEADER_BYTES + mulaw.length);
  message.writeUInt8(SIDES.indexOf(side), 0);
  message.writeUInt32BE(atMs, 1);
  message.set(mulaw, HEADER_BYTES);
  return message;
}

/** What the agent still had to say was thrown away at `atMs`. */
export function clearMessage(atMs: number): string {
  return JSON.stringify({ event: 'clear', atMs });
}

/** From `atMs` on nothing of either side is sent, or both are again. */
export function sensitiveMessage(active: boolean, atMs: number): string {
  return JSON.stringify({ event: 'sensitive', active, atMs });
}

/** Last of all. */
export function endMessage(atMs: number, endReason: SessionEnd): string {
  return JSON.stringify({ event: 'end', atMs, endReason });
}

export function isSilent(mulaw: Uint8Array): boolean {
  for (const code of mulaw) if (code !== MULAW_SILENCE) return false;
  return true;
}
