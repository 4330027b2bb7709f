import { decodeMulaw } from '../audio/mulaw.js';

const RATE_HZ = 8000;
/** The first note of the bridge's waiting tone. */
const NOTE_HZ = 392;
/** Least share of the energy that is in the note; a voice, which is many tones and noise, stays far below. */
const LEAST_SHARE = 0.5;
/** Shorter than this, a tone cannot be told from others near it. */
const LEAST_MS = 60;

/** Whether a piece of mu-law is the beginning of the bridge's waiting tone: one soft note and nothing else. */
export function isWaitingTone(mulaw: Uint8Array): boolean {
  if (mulaw.length < (LEAST_MS * RATE_HZ) / 1000) return false;
  const samples = new Int16Array(mulaw.length);
  decodeMulaw(mulaw, samples);
  let inPhase = 0;
  let acrossPhase = 0;
  let energy = 0;
  for (const [index, sample] of samples.entries()) {
    const angle = (2 * Math.PI * NOTE_HZ * index) / RATE_HZ;
    inPhase += sample * Math.cos(angle);
    acrossPhase += sample * Math.sin(angle);
    energy += sample * sample;
  }
  if (energy === 0) return false;
  return (2 * (inPhase ** 2 + acrossPhase ** 2)) / (samples.length * energy) >= LEAST_SHARE;
}
