import type { CallRecord } from '../../src/call/record.js';
import type { ModelSession } from '../../src/emulator/bedrock/model-session.js';
import { SPEECH_DIR } from './places.js';

export const GREETING = { greeting: 'Greet the caller with: Hello' };
/** A caller who does not stop for longer than a stream of so short a life has left. */
export const MONOLOGUE = `${SPEECH_DIR}/librivox-0870.wav`;

/** Streams of so short a life that a call of seconds has several: due at 6 s at the latest, forced at 7.04 s, overdue at 7.6 s. */
export const SHORT_LIVED = { NOVA_SESSION_LIMIT_MS: '8000' };

/** What was said and heard, turn by turn. */
export const words = ({ turns }: CallRecord) =>
  turns.map((turn) => (turn.role === 'agent' ? turn.heardText : turn.text));

/** The streams that a call has had, as they closed. */
export const closings = ({ streams }: CallRecord) => streams.map(({ closed }) => closed);

/**
 * How many samples the second stream was given that the first one had too. They are the first of the one and the last of the
 * other, in the same order: so nothing is missing between them, and nothing comes twice.
 */
export function overlap(first: ModelSession, second: ModelSession): number {
  const before = first.heard.samples;
  const after = second.heard.samples;
  const atOnce = 1600;
  for (let length = Math.min(before.length, after.length); length >= atOnce; length--) {
    const start = before.length - length;
    let same = 0;
    while (same < length && before[start + same] === after[same]) same++;
    if (same === length) return length;
  }
  return 0;
}
