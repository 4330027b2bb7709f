import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { BridgeError } from '../../errors.js';
import { convertRate } from './resample.js';
import { readRecording } from './wave-file.js';

/** A word and when it sounds, in ms from the beginning of its sentence or answer. */
export interface SpokenWord {
  text: string;
  startMs: number;
  endMs: number;
}

/** Words with their sound: one block of the model's answer. Mono, 16 bit, host order. */
export interface SpokenSentence {
  text: string;
  rateHz: number;
  samples: Int16Array;
  words: readonly SpokenWord[];
}

/** Silence between two clips of a sentence, and after a sentence, in ms. */
const CLIP_GAP_MS = 40;
const SENTENCE_GAP_MS = 250;
/** Silence that is left before and after the speech of a clip, in ms. */
const CLIP_MARGIN_MS = 20;
/** Samples below this are silence at the edges of a clip (about -46 dBFS). */
const SILENCE_LEVEL = 164;
const DIGITS = ['zero', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine'];

interface Clip {
  path: string;
  words: readonly string[];
}

interface Sound {
  samples: Int16Array;
  /** Where speech begins and ends in it, in samples. */
  from: number;
  to: number;
}

/** Human prompts, put together word by word into what the local model says. Reads and converts each clip once. */
export class Voice {
  readonly #dir: string;
  /** By first word, longest first: so "thank you for your patience" wins over "thank you". */
  readonly #clips = new Map<string, Clip[]>();
  readonly #texts = new Map<string, string>();
  readonly #sounds = new Map<string, Sound>();

  constructor(dir: string) {
    this.#dir = dir;
    const table = join(dir, 'clips.tsv');
    if (!existsSync(table)) throw new BridgeError('FIXTURE_INVALID', `no table of clips at ${table}`, { path: table });
    for (const line of readFileSync(table, 'utf8').split(/\r?\n/).slice(1)) {
      const [file, text] = line.split('\t');
      if (!file || !text) continue;
      this.#texts.set(file, text);
      // A text in brackets describes a long recording; it is played by its file name only.
      const words = text.startsWith('(') ? [] : normalWords(text);
      const first = words[0];
      if (first === undefined) continue;
      const clips = [...(this.#clips.get(first) ?? []), { path: join(dir, file), words }];
      this.#clips.set(
        first,
        clips.sort((a, b) => b.words.length - a.words.length),
      );
    }
  }

  /** Words of the text for which there is no clip: empty when it can be spoken. */
  missingWords(text: string): string[] {
    return this.#match(tokens(text)).missing;
  }

  /** The full path of a recording: beside the script, or among the clips; undefined when it is at neither. */
  find(file: string, besideDir?: string): string | undefined {
    const places = besideDir === undefined ? [this.#dir] : [besideDir, this.#dir];
    return places.map((dir) => resolve(dir, file)).find((path) => existsSync(path));
  }

  /** What is said in a clip, as far as the table knows. */
  textOf(file: string): string | undefined {
    return this.#texts.get(file);
  }

  /** The text as sentences with sound at `rateHz`. Throws `FIXTURE_INVALID` naming the words that have no clip. */
  speak(text: string, rateHz: number): SpokenSentence[] {
    return sentencesOf(text).map((sentence) => this.#speakSentence(sentence, rateHz));
  }

  /** A recording as one sentence with `text` for its words; their times are shares of its length by letters. */
  play(path: string, text: string, rateHz: number): SpokenSentence {
    const sound = this.#sound(path, rateHz);
    const words = shareOut(text.split(/\s+/).filter(Boolean), sound.from, sound.to, rateHz);
    return { text, rateHz, samples: sound.samples, words };
  }

  #speakSentence(text: string, rateHz: number): SpokenSentence {
    const spoken = tokens(text);
    const { clips, missing } = this.#match(spoken);
    if (missing.length > 0) {
      throw new BridgeError('FIXTURE_INVALID', `no clip for: ${missing.join(', ')}`, { missing });
    }
    const gap = samplesOf(CLIP_GAP_MS, rateHz);
    const margin = samplesOf(CLIP_MARGIN_MS, rateHz);
    const parts = clips.map((clip) => this.#sound(clip.path, rateHz));
    const bodies = parts.map((sound) =>
      sound.samples.subarray(Math.max(0, sound.from - margin), Math.min(sound.samples.length, sound.to + margin)),
    );
    const length = bodies.reduce((sum, body) => sum + body.length + gap, samplesOf(SENTENCE_GAP_MS, rateHz));
    const samples = new Int16Array(length);
    const times: SpokenWord[] = [];
    let at = 0;
    for (const [index, body] of bodies.entries()) {
      samples.set(body, at);
      const lead = Math.min(margin, parts[index]!.from);
      const speech = parts[index]!.to - parts[index]!.from;
      times.push(...shareOut(clips[index]!.words, at + lead, at + lead + speech, rateHz));
      at += body.length + gap;
    }
    return { text, rateHz, samples, words: joinTokens(spoken, times) };
  }

  #match(spoken: readonly Token[]): { clips: Clip[]; missing: string[] } {
    const words = spoken.flatMap((token) => token.words.map((word) => ({ word, text: token.text })));
    const clips: Clip[] = [];
    const missing: string[] = [];
    for (let at = 0; at < words.length; ) {
      const { word, text } = words[at]!;
      const clip = this.#clips.get(word)?.find((one) => one.words.every((part, i) => words[at + i]?.word === part));
      if (clip) clips.push(clip);
      else if (!missing.includes(text)) missing.push(text);
      at += clip ? clip.words.length : 1;
    }
    return { clips, missing };
  }

  #sound(path: string, rateHz: number): Sound {
    const key = `${rateHz} ${path}`;
    const known = this.#sounds.get(key);
    if (known) return known;
    const recording = readRecording(path);
    const samples = convertRate(recording.samples, recording.rateHz, rateHz);
    const isLoud = (sample: number) => Math.abs(sample) > SILENCE_LEVEL;
    const sound = { samples, from: Math.max(0, samples.findIndex(isLoud)), to: samples.findLastIndex(isLoud) + 1 };
    this.#sounds.set(key, sound);
    return sound;
  }
}

const voices = new Map<string, Voice>();

/** The voice of a folder of clips; the same object for the same folder. Without a folder: the project's `fixtures/voice`. */
export function loadVoice(dir: string = defaultVoiceDir()): Voice {
  const voice = voices.get(dir) ?? new Voice(dir);
  voices.set(dir, voice);
  return voice;
}

function defaultVoiceDir(): string {
  for (let dir = dirname(fileURLToPath(import.meta.url)); dir !== dirname(dir); dir = dirname(dir)) {
    const candidate = join(dir, 'fixtures', 'voice');
    if (existsSync(candidate)) return candidate;
  }
  throw new BridgeError('FIXTURE_INVALID', 'fixtures/voice was not found above the emulator');
}

/** Splits after full stops, question and exclamation marks. */
export function sentencesOf(text: string): string[] {
  return text
    .split(/(?<=[.!?])\s+/)
    .map((sentence) => sentence.trim())
    .filter((sentence) => tokens(sentence).length > 0);
}

interface Token {
  /** As written, with its punctuation. */
  text: string;
  /** As looked up: digits are words. */
  words: readonly string[];
}

function tokens(text: string): Token[] {
  return text
    .split(/\s+/)
    .map((part) => ({ text: part, words: normalWords(part) }))
    .filter((token) => token.words.length > 0);
}

function normalWords(text: string): string[] {
  const spelled = text.replace(/\d/g, (digit) => ` ${DIGITS[Number(digit)]} `).replace(/[’‘]/g, "'");
  return spelled.toLowerCase().match(/[\p{L}']*\p{L}[\p{L}']*/gu) ?? [];
}

/** Gives each written word the time from the first to the last of its looked-up words. */
function joinTokens(spoken: readonly Token[], times: readonly SpokenWord[]): SpokenWord[] {
  let at = 0;
  return spoken.map((token) => {
    const first = times[at]!;
    at += token.words.length;
    return { text: token.text, startMs: first.startMs, endMs: times[at - 1]!.endMs };
  });
}

function shareOut(words: readonly string[], from: number, to: number, rateHz: number): SpokenWord[] {
  const letters = words.reduce((sum, word) => sum + word.length, 0);
  let before = 0;
  return words.map((text) => {
    const startMs = ((from + ((to - from) * before) / letters) / rateHz) * 1000;
    before += text.length;
    return { text, startMs, endMs: ((from + ((to - from) * before) / letters) / rateHz) * 1000 };
  });
}

function samplesOf(durationMs: number, rateHz: number): number {
  return Math.round((durationMs * rateHz) / 1000);
}
