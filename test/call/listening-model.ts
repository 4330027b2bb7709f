import type { VoiceEvent, VoiceLeg, VoiceListener, VoiceLoss, VoiceProfile } from '../../src/call/ports.js';
import type { FakeClock } from '../../src/clock.js';
import type { SoundingPhone } from './sounding-phone.js';

/** Caller audio is numbered in blocks of 10 ms, from 1; the number lies in the first samples of a block. */
export const BLOCK_MS = 10;
export const BLOCK_SAMPLES = 80;
const DIGITS = 5;
/** Loud samples begin behind the number. */
const LOUD_AT = 10;

const MULAW_ZERO = 0xff;
const SILENT_BLOCK = new Uint8Array(BLOCK_SAMPLES).fill(MULAW_ZERO);
const LOUD_BLOCK = Uint8Array.from({ length: BLOCK_SAMPLES }, (_, i) => (i % 16 < 8 ? 0x10 : 0x90));

/** Mu-law of caller audio: as many blocks as that, numbered from `first`. */
export function numberedAudio(first: number, count: number, isLoud: boolean): Uint8Array {
  const mulaw = new Uint8Array(count * BLOCK_SAMPLES);
  for (let block = 0; block < count; block++) {
    const at = block * BLOCK_SAMPLES;
    mulaw.set(isLoud ? LOUD_BLOCK : SILENT_BLOCK, at);
    // The softest sounds that there are: no detector takes them for speech.
    for (let digit = 0; digit < DIGITS; digit++)
      mulaw[at + digit] = MULAW_ZERO - (((first + block) >> (digit * 4)) & 15);
  }
  return mulaw;
}

/** Silence after which the model takes the turn of the caller for over, and how long it takes for what follows, in ms. */
export const TURN_END_MS = 700;
const ANSWER_MS = 400;
const TOLD_MS = 300;
const CONFIRMED_MS = 900;
const BARGE_IN_MS = 200;
/** A word takes as long, in ms: whole frames. */
export const WORD_MS = 260;
const CHUNK_MS = 200;
const CHUNK_EVERY_MS = 60;
const CHUNK = new Uint8Array(Int16Array.from({ length: CHUNK_MS * 8 }, (_, i) => (i % 2 ? 6000 : -6000)).buffer);

/** What becomes of a stream that is asked for. */
export type Fate =
  | { kind: 'opens'; afterMs: number }
  | { kind: 'fails'; afterMs: number; loss: VoiceLoss }
  | { kind: 'hangs' }
  | { kind: 'throws' };

/** What the model does with a turn: so many blocks of so many words, after a tool if it uses one. */
export interface Reply {
  usesTool: boolean;
  blocks: number;
  words: number;
}

/** An answer that is being spoken, block by block. */
interface Output {
  readonly id: string;
  readonly utterances: readonly number[];
  readonly reply: Reply;
  block: number;
  /** The block that is open; of its audio so much is still to come. */
  blockId: string | undefined;
  leftMs: number;
  isGiven: boolean;
}

/** An answer that the caller was given at least the beginning of. */
export interface Given {
  leg: number;
  utterances: readonly number[];
  /** Its blocks begin with this. */
  answerId: string;
}

/**
 * How the model breaks off in the middle of a block: with a word of it alone; with the block's end before that, at once or when
 * the process has stood still; or with audio of the block that comes after it.
 */
export type BreaksOff = 'interrupted' | 'ended first' | 'ended long before' | 'late audio';

/** Between the end of a block and the interruption that it ended for, where the two are read apart, in ms. */
const READ_APART_MS = 300;

export interface World {
  clock: FakeClock;
  breaksOff: BreaksOff;
  /** How often a chunk of audio comes, in ms: faster than it sounds, or as fast. */
  chunkEveryMs: number;
  /** Whether the end of an answer is marked as such, or as any block. */
  endsTurns: boolean;
  /** What a stream says reaches the call at once, or when its process goes on. */
  deliver(said: () => void): void;
  phone: SoundingPhone;
  replies: readonly Reply[];
  /** How long the words of a turn that is over take to come, in ms: a machine that has too much to do is late with all. */
  transcriptMs: number;
  /** To which utterance a block of caller audio belongs; undefined: to none. */
  utteranceOf(block: number): number | undefined;
  /** The beginning of an answer has reached the caller's side. */
  answered(given: Given): void;
  /** The time of a stream is up. */
  timeUp(leg: number): void;
  /** How many blocks of caller audio there were so far. */
  blockCount(): number;
}

export interface LegOptions {
  index: number;
  fate: Fate;
  held: boolean;
  /** The first one may have been opened long before the call began. */
  openedAtMs: number;
  longestMs: number;
  /** Undefined: later than any case lasts. */
  credentialsExpireAtMs: number | undefined;
  /** What was said before, of a first stream. */
  history?: VoiceProfile['history'];
}

/** One stream of a model that hears, understands some time after, answers, calls tools, and is interrupted by speech. */
export class ListeningLeg implements VoiceLeg {
  readonly modelId = 'nova-2';
  readonly region = 'us-east-1';
  readonly takesText = true;
  readonly openedAtMs: number;
  readonly index: number;
  state: 'opening' | 'open' | 'closed' | 'lost' = 'opening';
  isStalled = false;
  history: VoiceProfile['history'] | undefined;
  /** What it was told, in order. */
  readonly told: string[] = [];
  /** Numbers of the blocks that it heard, in order. */
  readonly heard: number[] = [];
  /** The turns that it has understood from audio, and how many blocks there were by then. */
  readonly turns: { turn: readonly number[]; byBlock: number }[] = [];
  /** How many blocks there were when it spoke, or asked for a tool, and when it was over. */
  readonly answeredAtBlocks: number[] = [];
  goneAtBlock: number | undefined;
  readonly #world: World;
  readonly #listener: VoiceListener;
  readonly #credentialsExpireAtMs: number | undefined;
  readonly #timers = new Set<() => void>();
  #isBegun: boolean;
  /** The turn of the caller that it hears. */
  #turn: number[] = [];
  /** Turns that are over, and whose words are not found yet. */
  #transcripts = 0;
  #quietMs = 0;
  #loudMs = 0;
  /** Understood, or told, and to be answered. */
  #pending: number[] | undefined;
  readonly #toolTurns = new Map<string, number[]>();
  #answerCount = 0;
  #output: Output | undefined;
  #isInterruptionUnread = false;
  #soundsToMs = 0;

  constructor(world: World, listener: VoiceListener, options: LegOptions) {
    const { index, fate, held, openedAtMs, longestMs, credentialsExpireAtMs } = options;
    this.#world = world;
    this.#listener = listener;
    this.openedAtMs = openedAtMs;
    this.index = index;
    this.#isBegun = !held;
    if (options.history) this.history = options.history;
    this.#credentialsExpireAtMs = credentialsExpireAtMs;
    const endMs = Math.min(openedAtMs + longestMs, credentialsExpireAtMs ?? Number.POSITIVE_INFINITY);
    if (fate.kind === 'opens') this.#after(endMs - world.clock.now(), () => world.timeUp(index));
    if (fate.kind === 'hangs') this.isStalled = true;
    if (fate.kind === 'opens') this.#after(fate.afterMs, () => this.#opened());
    if (fate.kind === 'fails') this.#after(fate.afterMs, () => this.lose(fate.loss));
  }

  get isReleased(): boolean {
    return this.state === 'closed' || this.state === 'lost';
  }

  /** Whether it is in the middle of an answer, and there within a block of its words. */
  get isMidBlock(): boolean {
    return this.#output?.blockId !== undefined;
  }

  get isSpeaking(): boolean {
    return this.#output !== undefined;
  }

  hasHeard(block: number): boolean {
    // In order, and without a gap.
    return (this.heard[0] ?? Number.POSITIVE_INFINITY) <= block && block <= (this.heard.at(-1) ?? 0);
  }

  begin(history: VoiceProfile['history']): void {
    if (this.isReleased) return;
    if (this.#isBegun) throw new Error('begun twice');
    this.#isBegun = true;
    this.history = history;
  }

  hear(s16le: Uint8Array): void {
    if (this.isReleased) return;
    if (!this.#isBegun) throw new Error('audio before the beginning');
    const samples = new Int16Array(s16le.buffer, s16le.byteOffset, s16le.byteLength / 2);
    if (samples.length % BLOCK_SAMPLES !== 0) throw new Error('a broken block');
    for (let at = 0; at < samples.length; at += BLOCK_SAMPLES) {
      let block = 0;
      for (let digit = 0; digit < DIGITS; digit++) block += (samples[at + digit]! / 8) << (digit * 4);
      // Silence that stands in for what is late has no number.
      if (block > 0) this.heard.push(block);
      if (!this.isStalled) this.#hearBlock(block, Math.abs(samples[at + LOUD_AT]!) > 1000);
    }
  }

  tell(text: string): void {
    if (this.isReleased) return;
    if (!this.#isBegun) throw new Error('text before the beginning');
    this.told.push(text);
    if (this.isStalled) return;
    if (this.#output) this.#interrupt();
    const isGoneOnWith = /line was interrupted|^Answer now/.test(text);
    this.#owes([...utterancesIn(text), ...(isGoneOnWith ? this.#unanswered() : [])], TOLD_MS);
  }

  answerTool(callId: string): void {
    const turn = this.#toolTurns.get(callId);
    if (!turn || this.isReleased) throw new Error(`result of a tool that was not asked for: ${callId}`);
    this.#toolTurns.delete(callId);
    if (!this.isStalled) this.#owes(turn, TOLD_MS, true);
  }

  close(): void {
    this.#release('closed');
  }

  abort(): void {
    this.#release('closed');
  }

  /** Whoever had it is gone: it is heard of no more. */
  vanish(): void {
    this.#release('lost');
  }

  /** The service ends it. */
  lose(loss: VoiceLoss): void {
    if (this.isReleased) return;
    this.#readInterruption();
    this.#release('lost');
    this.#world.deliver(() => this.#listener.event({ kind: 'closed', asked: false, reason: `lost: ${loss}`, loss }));
  }

  /** From now on it takes everything and says nothing. */
  stall(): void {
    this.#readInterruption();
    this.isStalled = true;
    this.#cancelTimers();
  }

  #opened(): void {
    this.state = 'open';
    const credentialsExpireAtMs = this.#credentialsExpireAtMs;
    this.#emit({ kind: 'ready', ...(credentialsExpireAtMs !== undefined && { credentialsExpireAtMs }) });
  }

  #hearBlock(block: number, isLoud: boolean): void {
    this.#quietMs = isLoud ? 0 : this.#quietMs + BLOCK_MS;
    this.#loudMs = isLoud ? this.#loudMs + BLOCK_MS : 0;
    if (isLoud) {
      const utterance = this.#world.utteranceOf(block)!;
      if (this.#turn.at(-1) !== utterance) this.#turn.push(utterance);
      if (this.#loudMs >= BARGE_IN_MS && (this.#output || this.#world.clock.now() < this.#soundsToMs))
        this.#interrupt();
    } else if (this.#turn.length > 0 && this.#quietMs >= TURN_END_MS) {
      const turn = this.#turn;
      this.#turn = [];
      this.#transcripts++;
      this.#after(this.#world.transcriptMs, () => {
        this.#transcripts--;
        this.turns.push({ turn, byBlock: this.#world.blockCount() });
        this.#emit({ kind: 'callerText', text: `said ${turn.join(' ')}` });
        this.#owes(turn, ANSWER_MS);
      });
    }
  }

  /** It was sent before whatever else comes of the stream. */
  #readInterruption(): void {
    if (!this.#isInterruptionUnread) return;
    this.#isInterruptionUnread = false;
    this.#emit({ kind: 'interrupted' });
  }

  /** The caller's last words, when nothing of an answer to them stands in what it was given. */
  #unanswered(): number[] {
    const last = this.history?.at(-1);
    return last?.role === 'caller' ? utterancesIn(last.text) : [];
  }

  #interrupt(): void {
    const output = this.#output;
    const blockId = output?.blockId;
    this.#output = undefined;
    if (output && blockId !== undefined) {
      this.#confirm(blockId, Math.floor((output.reply.words * WORD_MS - output.leftMs) / WORD_MS));
    }
    this.#soundsToMs = 0;
    const { breaksOff, deliver } = this.#world;
    if (blockId !== undefined && (breaksOff === 'ended first' || breaksOff === 'ended long before')) {
      this.#emit({ kind: 'audioEnded', blockId, turnEnded: false });
      if (breaksOff === 'ended long before') {
        this.#isInterruptionUnread = true;
        this.#after(READ_APART_MS, () => this.#readInterruption());
        return;
      }
    }
    this.#emit({ kind: 'interrupted' });
    if (blockId !== undefined && breaksOff === 'late audio') {
      deliver(() => this.#listener.audio(blockId, CHUNK));
      this.#emit({ kind: 'audioEnded', blockId, turnEnded: false });
    }
  }

  /** Something is to be answered; what comes meanwhile is answered with it. */
  #owes(utterances: readonly number[], afterMs: number, isToolDone = false): void {
    this.#pending = [...(this.#pending ?? []), ...utterances];
    this.#after(afterMs, () => this.#answerWhenFree(isToolDone));
  }

  #answerWhenFree(isToolDone: boolean): void {
    // The end of the caller's turn, its transcript, or the result of a tool comes back to it.
    if (!this.#pending || this.#turn.length > 0 || this.#transcripts > 0 || this.#toolTurns.size > 0) return;
    if (this.#output) {
      this.#after(CHUNK_MS, () => this.#answerWhenFree(isToolDone));
      return;
    }
    const utterances = this.#pending;
    this.#pending = undefined;
    const reply = this.#world.replies[(utterances[0] ?? 0) % this.#world.replies.length]!;
    if (reply.usesTool && utterances.length > 0 && !isToolDone) {
      const callId = `t${this.index}-${this.#answerCount++}`;
      this.#toolTurns.set(callId, utterances);
      this.#emit({ kind: 'toolCalled', callId, name: 'look_up', input: {} });
    } else this.#speak(utterances, reply);
  }

  #speak(utterances: readonly number[], reply: Reply): void {
    const id = `a${this.index}-${this.#answerCount++}`;
    this.#output = { id, utterances, reply, block: 0, blockId: undefined, leftMs: 0, isGiven: false };
    this.#sayBlock(this.#output);
  }

  #sayBlock(output: Output): void {
    if (this.#output !== output) return;
    const { words } = output.reply;
    const blockId = `${output.id}-${output.block}`;
    output.blockId = blockId;
    output.leftMs = words * WORD_MS;
    this.#emit({ kind: 'agentText', text: textOf(blockId, words), stage: 'spoken' });
    this.#emit({ kind: 'audioStarted', blockId });
    this.#soundsToMs = Math.max(this.#world.clock.now(), this.#soundsToMs) + output.leftMs;
    this.#sayChunk(output, blockId);
  }

  #sayChunk(output: Output, blockId: string): void {
    if (this.#output !== output) return;
    if (output.leftMs === 0) {
      this.#endBlock(output, blockId);
      return;
    }
    const { phone } = this.#world;
    const chunkMs = Math.min(output.leftMs, CHUNK_MS);
    output.leftMs -= chunkMs;
    this.#world.deliver(() => {
      phone.relaying = blockId;
      this.#listener.audio(blockId, CHUNK.subarray(0, chunkMs * 16));
      phone.relaying = undefined;
      if (output.isGiven || phone.lastBlockId !== blockId) return;
      output.isGiven = true;
      this.#world.answered({ leg: this.index, utterances: output.utterances, answerId: output.id });
    });
    this.#after(this.#world.chunkEveryMs, () => this.#sayChunk(output, blockId));
  }

  #endBlock(output: Output, blockId: string): void {
    this.#confirm(blockId, output.reply.words);
    output.blockId = undefined;
    output.block++;
    const isLast = output.block === output.reply.blocks;
    if (isLast) this.#output = undefined;
    else this.#after(CHUNK_EVERY_MS, () => this.#sayBlock(output));
    this.#emit({ kind: 'audioEnded', blockId, turnEnded: isLast && this.#world.endsTurns });
  }

  /** What it says later that it has spoken. */
  #confirm(blockId: string, words: number): void {
    if (words === 0) return;
    this.#after(CONFIRMED_MS, () =>
      this.#emit({ kind: 'agentText', text: textOf(blockId, words), stage: 'confirmed' }),
    );
  }

  #emit(event: VoiceEvent): void {
    if (this.isStalled || this.isReleased) return;
    this.#readInterruption();
    if (event.kind === 'audioStarted' || event.kind === 'toolCalled') {
      this.answeredAtBlocks.push(this.#world.blockCount());
    }
    this.#world.deliver(() => this.#listener.event(event));
  }

  #after(ms: number, action: () => void): void {
    // What it said has ended the call.
    if (this.isReleased) return;
    const cancel = this.#world.clock.after(ms, () => {
      this.#timers.delete(cancel);
      action();
    });
    this.#timers.add(cancel);
  }

  #release(state: 'closed' | 'lost'): void {
    if (this.isReleased) return;
    this.state = state;
    this.goneAtBlock = this.#world.blockCount();
    this.#cancelTimers();
  }

  #cancelTimers(): void {
    for (const cancel of this.#timers) cancel();
    this.#timers.clear();
  }
}

/** Its words are numbered. */
function textOf(blockId: string, words: number): string {
  return Array.from({ length: words }, (_, word) => `${blockId}-${word}`).join(' ');
}

/** Which utterances are named in a text of the call. */
export function utterancesIn(text: string): number[] {
  return [...text.matchAll(/said ((?:\d+ ?)+)/g)].flatMap(([, numbers]) => numbers!.trim().split(' ').map(Number));
}
