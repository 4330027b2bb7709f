import { readFileSync } from 'node:fs';
import { readWav } from '../audio/wav.js';
import { AgentSpeech } from '../call/agent-speech.js';
import type { AgentTurn } from '../call/record.js';
import { ResponseGapMeter } from '../call/response-gap.js';
import { Transcript } from '../call/transcript.js';
import { FakeClock } from '../clock.js';
import { seededRandom } from './reference.js';
import { PlayoutQueue } from './schedule.js';
import { percentile } from './statistics.js';

/** How well the words of a cut turn are known, over many cuts. Counts are words of one turn. */
export interface HeardTextError {
  /** How fast the model delivered its audio, against real time. */
  speed: number;
  cuts: number;
  /** Turns credited with words that had not sounded to their end. */
  overCredited: number;
  overMost: number;
  underMean: number;
  underP99: number;
  underMost: number;
}

/** A spoken word, from its first to its last audible sample. */
export interface Word {
  text: string;
  soundMs: number;
}

/** A sentence as it is spoken: its words, and when each has sounded to its end. */
export interface SpokenLine {
  text: string;
  durationMs: number;
  wordEndsMs: readonly number[];
}

const VOICE = new URL('../../fixtures/voice/', import.meta.url);
const AUDIBLE = 32_768 * 10 ** (-45 / 20);
const WORD_PAUSE_MS = 40;
const SENTENCE_WORDS = { least: 3, most: 12 };
const MOST_SENTENCES = 3;
const BURST_SPEEDS = [2, 4, 10];
/** How long a message travels to the carrier, and back. */
const NETWORK_MS = [2, 40, 120];
const CHUNK_MS = 80;
const STEP_MS = 2;
const BYTES_PER_MS = 16;

/** The clips of one word each. */
export function readWords(): Word[] {
  const rows = readFileSync(new URL('clips.tsv', VOICE), 'utf8').trim().split('\n').slice(1);
  return rows
    .map((row) => row.split('\t') as [string, string])
    .filter(([, text]) => /^\S+$/.test(text))
    .map(([file, text]) => {
      const { rateHz, samples } = readWav(readFileSync(new URL(file, VOICE)));
      let start = 0;
      let end = samples.length;
      while (start < end && Math.abs(samples[start]!) < AUDIBLE) start++;
      while (end > start && Math.abs(samples[end - 1]!) < AUDIBLE) end--;
      return { text, soundMs: ((end - start) / rateHz) * 1000 };
    });
}

/** Words one after another with a short pause between. */
export function lineOf(words: readonly Word[]): SpokenLine {
  const wordEndsMs: number[] = [];
  let atMs = 0;
  for (const word of words) {
    wordEndsMs.push(atMs + word.soundMs);
    atMs += word.soundMs + WORD_PAUSE_MS;
  }
  return { text: words.map(({ text }) => text).join(' '), durationMs: atMs, wordEndsMs };
}

/** Cuts turns of random sentences at random points and compares the words credited with those that sounded. */
export function measureHeardText(cutsPerSpeed: number, seed: number): HeardTextError[] {
  const words = readWords();
  return BURST_SPEEDS.map((speed) => {
    const random = seededRandom(seed);
    const pick = <Item>(items: readonly Item[]) => items[Math.floor(random() * items.length)]!;
    const over: number[] = [];
    const under: number[] = [];
    for (let cut = 0; cut < cutsPerSpeed; cut++) {
      const lines = Array.from({ length: 1 + Math.floor(random() * MOST_SENTENCES) }, () => {
        const count = SENTENCE_WORDS.least + Math.floor(random() * (SENTENCE_WORDS.most - SENTENCE_WORDS.least + 1));
        return lineOf(Array.from({ length: count }, () => pick(words)));
      });
      const totalMs = lines.reduce((sum, line) => sum + line.durationMs, 0);
      const plan = { cutAfterMs: random() * totalMs, speed, networkMs: pick(NETWORK_MS) };
      const { credited, sounded } = cutTurn(lines, plan);
      over.push(Math.max(0, credited - sounded));
      under.push(Math.max(0, sounded - credited));
    }
    return {
      speed,
      cuts: cutsPerSpeed,
      overCredited: over.filter((count) => count > 0).length,
      overMost: Math.max(...over),
      underMean: under.reduce((sum, count) => sum + count, 0) / cutsPerSpeed,
      underP99: percentile(under, 0.99),
      underMost: Math.max(...under),
    };
  });
}

/** One turn on a virtual clock, through the call's own code, with a carrier that plays in real time. */
export function cutTurn(
  lines: readonly SpokenLine[],
  plan: { cutAfterMs: number; speed: number; networkMs: number },
): { credited: number; sounded: number } {
  const { networkMs, speed } = plan;
  const clock = new FakeClock(0);
  const queue = new PlayoutQueue();
  let turn: AgentTurn | undefined;
  let playedFromMs: number | undefined;
  let arrivedMs = 0;
  const transcript = new Transcript((_, changed) => {
    if (changed.role === 'agent') turn = changed;
  });
  const arrive = (action: (nowMs: number) => void) => clock.after(networkMs, () => action(clock.now()));
  const returnMarks = (speech: AgentSpeech) => {
    for (let name = queue.nextDue(clock.now()); name !== undefined; name = queue.nextDue(clock.now())) {
      const returned = name;
      clock.after(networkMs, () => speech.markReturned(returned));
    }
  };
  const speech: AgentSpeech = new AgentSpeech({
    phone: {
      play: ({ length }) => {
        const durationMs = length / 8;
        arrive((nowMs) => {
          playedFromMs ??= nowMs;
          arrivedMs += durationMs;
          queue.play(durationMs, nowMs);
        });
      },
      mark: (name) => arrive((nowMs) => queue.mark(name, nowMs)),
      clear: () => undefined,
      close: () => undefined,
    },
    outputRateHz: 8000,
    transcript,
    gap: new ResponseGapMeter(),
    now: () => clock.now(),
    callMs: () => clock.now(),
    started: () => undefined,
    paused: () => undefined,
    generated: () => undefined,
    heard: () => undefined,
  });

  const model = deliveries(lines, speed);
  let delivered = 0;
  while (clock.now() < plan.cutAfterMs) {
    for (; delivered < model.length && model[delivered]!.atMs <= clock.now(); delivered++) {
      const delivery = model[delivered]!;
      if (delivery.kind === 'begin') {
        transcript.agentWillSay(delivery.text);
        speech.begin(delivery.blockId);
      } else if (delivery.kind === 'audio') {
        speech.relay(delivery.blockId, new Uint8Array(delivery.byteLength));
      } else {
        speech.end(delivery.blockId, delivery.turnEnded);
      }
    }
    clock.advance(STEP_MS);
    returnMarks(speech);
  }
  const playedMs = playedFromMs === undefined ? 0 : Math.min(arrivedMs, clock.now() - playedFromMs);
  speech.cut();
  const heard = turn?.heardText ?? '';
  return { credited: heard === '' ? 0 : heard.split(' ').length, sounded: soundedWords(lines, playedMs) };
}

type Delivery = { atMs: number; blockId: string } & (
  | { kind: 'begin'; text: string }
  | { kind: 'audio'; byteLength: number }
  | { kind: 'end'; turnEnded: boolean }
);

/** What the model sends, and when: one block a sentence, each chunk when its speed brings it. */
function deliveries(lines: readonly SpokenLine[], speed: number): Delivery[] {
  const list: Delivery[] = [];
  let atMs = 0;
  lines.forEach((line, index) => {
    const blockId = `block-${index}`;
    list.push({ kind: 'begin', atMs, blockId, text: line.text });
    for (let fromMs = 0; fromMs < line.durationMs; fromMs += CHUNK_MS) {
      const lengthMs = Math.min(CHUNK_MS, line.durationMs - fromMs);
      list.push({ kind: 'audio', atMs, blockId, byteLength: 2 * Math.round((lengthMs * BYTES_PER_MS) / 2) });
      atMs += CHUNK_MS / speed;
    }
    list.push({ kind: 'end', atMs, blockId, turnEnded: index === lines.length - 1 });
  });
  return list;
}

/** Words whose sound had ended when so much of the turn was played; blocks are padded to whole frames. */
function soundedWords(lines: readonly SpokenLine[], playedMs: number): number {
  let count = 0;
  let fromMs = 0;
  for (const line of lines) {
    count += line.wordEndsMs.filter((endMs) => fromMs + endMs <= playedMs).length;
    fromMs += Math.ceil(line.durationMs / 20) * 20;
  }
  return count;
}
