import type { RecordedCall, Span } from './recorded-call.js';
import type { Redaction } from './redaction.js';
import { BYTES_PER_MS, placesIn, tone, type Utterance, utteranceIn, withTones } from './sound.js';

/** Words with a shorter pause between them are one utterance to the local model, in ms: it waits for 800 ms. */
const APART_MS = 900;
/** How long a tone is that stands for an utterance, in ms. */
const SHORTEST_TONE_MS = 600;
const LONGEST_TONE_MS = 5000;

type Exchange = RecordedCall['exchanges'][number];

/** One utterance of the caller, ready to be said again: its words and sound as they may be kept. */
export interface Said extends Utterance {
  text: string;
  /** The exchanges that it is the cause of: several where the service split what the local model hears as one. */
  exchanges: Exchange[];
}

/** What the caller said, cut into utterances such as the local model hears one each. */
export function utterancesOf(call: RecordedCall, redaction: Redaction): Said[] {
  const groups: { exchanges: Exchange[]; text: string; voice: Span | undefined; isSecret: boolean; atMs: number }[] =
    [];
  let isDone = true;
  for (const exchange of call.exchanges) {
    const { cause } = exchange;
    const last = groups.at(-1);
    if (cause.kind === 'words') {
      const isNear =
        cause.voice === undefined || (last?.voice && cause.voice.startMs - last.voice.endMs < APART_MS) === true;
      if (last && !isDone && isNear) {
        last.exchanges.push(exchange);
        last.text = `${last.text} ${cause.text}`.trim();
        last.voice = joined(last.voice, cause.voice);
        last.isSecret ||= cause.isSecret;
      } else {
        groups.push({ exchanges: [exchange], ...cause });
      }
      isDone = false;
    }
    isDone ||= exchange.tools.length > 0 || exchange.speech !== undefined || cause.kind === 'told';
  }
  let endMs = 0;
  return groups.map(({ exchanges, text, voice, isSecret, atMs }) => {
    const sound = voice && !isSecret ? utteranceIn(call.line, voice, endMs) : undefined;
    const utterance = sound && isAudible(sound) ? sound : inPlaceOf(voice, isSecret, atMs);
    const spans = redaction.spans(text, utterance.mulaw.length / BYTES_PER_MS, placesIn(utterance.mulaw));
    endMs = utterance.startMs + utterance.mulaw.length / BYTES_PER_MS;
    return { ...utterance, mulaw: withTones(utterance.mulaw, spans), text: redaction.text(text), exchanges };
  });
}

function inPlaceOf(voice: Span | undefined, isSecret: boolean, atMs: number): Utterance {
  const lengthMs = voice ? voice.endMs - voice.startMs : 0;
  const durationMs = Math.min(LONGEST_TONE_MS, Math.max(SHORTEST_TONE_MS, lengthMs));
  const why = isSecret ? 'it was not kept' : 'it was not found on the line';
  return {
    mulaw: tone(durationMs),
    startMs: voice?.startMs ?? Math.max(0, atMs - durationMs),
    changes: [`a tone in place of the voice: ${why}`],
  };
}

function isAudible({ mulaw }: Utterance): boolean {
  return mulaw.some((code) => (code & 0x7f) < 0x60);
}

function joined(a: Span | undefined, b: Span | undefined): Span | undefined {
  if (!a || !b) return a ?? b;
  return { startMs: Math.min(a.startMs, b.startMs), endMs: Math.max(a.endMs, b.endMs) };
}
