import { loadVoice, type SpokenWord } from '../emulator/bedrock/voice.js';
import { decodeMulaw, encodeMulaw, MULAW_BYTES_PER_MS } from '../emulator/phone/mulaw.js';
import { type Random, shuffled } from '../emulator/phone/random.js';
import { sharedRecording, VOICE_DIR } from '../replay/fixture/fixture.js';

/** What callers say: recordings of people, and what is said in them. None is a part of another. */
export const UTTERANCES = {
  goforward: 'go forward ten meters',
  numbers: 'thirty three four or six ninety two',
  something: 'go somewhere and do something',
  'librivox-0880': 'he was not an ill disposed young man',
  'librivox-0890': 'unless to be rather cold hearted and rather selfish is to be ill disposed',
  'librivox-0870':
    'and mister john dashwood had then leisure to consider how much there might be prudently in his power to do for them',
} as const;
export type UtteranceName = keyof typeof UTTERANCES;

/** Every answer of a call is made of words that no other answer of that call has: whoever hears a word knows what it answers. */
const ANSWER_WORDS = [
  ...['one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine', 'ten', 'eleven', 'twelve', 'twenty'],
  ...['thirty', 'forty', 'fifty', 'hundred', 'thousand', 'dollars', 'today', 'tomorrow', 'location', 'extension'],
  ...['minutes', 'seconds', 'hours', 'cancelled', 'activated', 'enabled', 'disabled', 'added', 'removed'],
];

/** Words of the model that answer nothing in particular. */
export const ASK_AGAIN = "I'm sorry. Please try again.";
export const HELLO = 'Hello.';
export const ONE_MOMENT = 'One moment please.';

/** Words with their sound at 8 kHz, as the model speaks them and as they reach an ear when nothing is amiss. */
export interface SpokenLine {
  readonly text: string;
  readonly words: readonly SpokenWord[];
  readonly mulaw: Buffer;
}

/** Answers of so many words each; all words of a call are different. */
export function answersOf(lengths: readonly number[], random: Random): SpokenLine[] {
  const words = shuffled(ANSWER_WORDS, random);
  return lengths.map((length) => spokenLine(`${words.splice(0, length).join(' ')}.`));
}

export function spokenLine(text: string): SpokenLine {
  const sentences = loadVoice(VOICE_DIR).speak(text, 8000);
  const words: SpokenWord[] = [];
  const parts: Uint8Array[] = [];
  let atMs = 0;
  for (const sentence of sentences) {
    words.push(...sentence.words.map((word) => ({ ...word, startMs: word.startMs + atMs, endMs: word.endMs + atMs })));
    parts.push(encodeMulaw(sentence.samples));
    atMs += sentence.samples.length / MULAW_BYTES_PER_MS;
  }
  return { text, words, mulaw: Buffer.concat(parts) };
}

const SHORT_PAUSE = new Int16Array(150 * MULAW_BYTES_PER_MS);

/** Recordings one after the other, as samples at 8 kHz: with pauses in between that end no turn. */
export function speechOf(names: readonly UtteranceName[]): Int16Array {
  const parts = names.flatMap((name) => {
    const samples = decodeMulaw(sharedRecording(`${name}.wav`));
    const { from, to } = soundIn(samples);
    return [samples.subarray(from, to), SHORT_PAUSE];
  });
  const joined = new Int16Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}

/** What is said in recordings. */
export function transcriptOf(names: readonly UtteranceName[]): string {
  return names.map((name) => UTTERANCES[name]).join(' ');
}

const WINDOW_SAMPLES = 20 * MULAW_BYTES_PER_MS;
const LOUD_DBFS = -38;

/** Bounds of what is loud, in samples, by windows of 20 ms. */
export function soundIn(speech: Int16Array): { from: number; to: number } {
  const loud: number[] = [];
  for (let at = 0; at + WINDOW_SAMPLES <= speech.length; at += WINDOW_SAMPLES) {
    let power = 0;
    for (let index = at; index < at + WINDOW_SAMPLES; index++) power += speech[index]! ** 2;
    if (10 * Math.log10(Math.max(1, power / WINDOW_SAMPLES) / 32_768 ** 2) > LOUD_DBFS) loud.push(at);
  }
  return { from: loud[0] ?? 0, to: (loud.at(-1) ?? speech.length - WINDOW_SAMPLES) + WINDOW_SAMPLES };
}

/** Words to compare: lower case, without punctuation. */
export function wordsOf(text: string): string[] {
  return text
    .toLowerCase()
    .split(/[^a-z']+/)
    .filter(Boolean);
}
