import { encodeMulaw, MULAW_SILENCE } from '../audio/mulaw.js';

const RATE_HZ = 8000;
/** Two soft notes, then a pause: it says that work is going on and can be spoken over. */
const NOTES = [
  { atMs: 0, frequencyHz: 392 },
  { atMs: 220, frequencyHz: 523.25 },
] as const;
const NOTE_MS = 200;
const LOOP_MS = 2000;
/** Peak of a note; 10 dB or more below the speech around it. */
const PEAK_DBFS = -26;

/** One round of the waiting tone, mu-law at 8 kHz: two notes of 200 ms that swell and fade, and silence up to two seconds. */
export function waitingTone(): Uint8Array {
  const samples = new Int16Array((LOOP_MS * RATE_HZ) / 1000);
  const peak = 32_768 * 10 ** (PEAK_DBFS / 20);
  const noteLength = (NOTE_MS * RATE_HZ) / 1000;
  for (const { atMs, frequencyHz } of NOTES) {
    const start = (atMs * RATE_HZ) / 1000;
    for (let i = 0; i < noteLength; i++) {
      const swell = Math.sin((Math.PI * i) / noteLength) ** 2;
      samples[start + i] = Math.round(peak * swell * Math.sin((2 * Math.PI * frequencyHz * i) / RATE_HZ));
    }
  }
  const mulaw = new Uint8Array(samples.length).fill(MULAW_SILENCE);
  encodeMulaw(samples, mulaw);
  return mulaw;
}
