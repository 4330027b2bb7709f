import type { Clock } from '../../clock.js';
import { BridgeError } from '../../errors.js';
import type { Ids } from '../../ids.js';
import type { Fault } from './faults.js';
import type { Lines } from './lines.js';
import type { Answer, SessionEvent, ToolResult, Utterance } from './model-session.js';
import type { CompletionMode, Output } from './output.js';
import { checkScript, type ScriptTurn } from './script.js';
import { Sounding } from './sounding.js';
import { type Delivery, Speaker } from './speaker.js';
import { speechTokens, textTokens, type UsageMeter } from './usage.js';
import type { HearingEvent } from './vad.js';
import type { SpokenSentence, Voice } from './voice.js';

export interface ConversationOptions {
  clock: Clock;
  ids: Ids;
  output: Output;
  lines: Lines;
  voice: Voice;
  outputRateHz: number;
  usage: UsageMeter;
  completionMode: CompletionMode;
  finalTextDelayMs: number;
  answerAfterMs: number;
  bargeInMs: number;
  delivery: Delivery;
  emit(event: SessionEvent): void;
  /** Tells that a tool's result may come. */
  onToolCalled(toolUseId: string): void;
  fail(fault: Fault): void;
}

/** Audio that the model must have had before it answers live text, in ms (measured by users of the service). */
const TEXT_NEEDS_AUDIO_MS = 68;

interface Reply {
  turn: ScriptTurn;
  part: 'first' | 'afterTools';
  /** Waits for running tools and for what still sounds, as an answer to speech does. */
  isPatient: boolean;
  delayMs: number;
}

interface ToolTurn {
  turn: ScriptTurn;
  waitingFor: Set<string>;
}

/** The turns of one session: hears, looks up its line, calls tools, speaks, and falls silent when the caller speaks. */
export class Conversation {
  readonly utterances: Utterance[] = [];
  readonly answers: Answer[] = [];
  readonly toolResults: ToolResult[] = [];
  interruptions = 0;

  readonly #options: ConversationOptions;
  readonly #sounding: Sounding;
  readonly #toolTurns = new Set<ToolTurn>();
  readonly #toolNames = new Map<string, string>();
  #queue: Reply[] = [];
  #busy: { cancel(): void } | undefined;
  #speaker: { speaker: Speaker; turn: ScriptTurn; onDone(): void } | undefined;
  #lastSpeaker: { speaker: Speaker; turn: ScriptTurn } | undefined;
  /** Voiced ms of the running utterance when the answer that now sounds began: only what is beyond cuts it. */
  #voicedBeforeMs = 0;
  #voicedMs = 0;
  #isSilenced = false;
  #cancelFail: () => void = () => undefined;

  constructor(options: ConversationOptions) {
    this.#options = options;
    this.#sounding = new Sounding({
      clock: options.clock,
      output: options.output,
      finalTextDelayMs: options.finalTextDelayMs,
      onEnded: (answer) => options.emit({ kind: 'answerEnded', answer }),
      onFinal: () => this.#endTurnOfDocs(),
    });
  }

  hear(event: HearingEvent): void {
    switch (event.kind) {
      case 'speechStarted':
        this.#voicedMs = 0;
        this.#voicedBeforeMs = 0;
        this.#options.emit({ kind: 'utteranceStarted', startMs: event.startMs });
        return;
      case 'speaking':
        this.#voicedMs = event.voicedMs;
        if (this.#sounding.isInterruptible && event.voicedMs - this.#voicedBeforeMs >= this.#options.bargeInMs) {
          this.interrupt();
        }
        return;
      case 'speechEnded':
        this.#voicedMs = 0;
        this.#answerUtterance(event.startMs, event.endMs);
    }
  }

  /** A whole live text, and how much audio had come before it. */
  hearText(text: string, audioMs: number): void {
    const isAnswered = audioMs >= TEXT_NEEDS_AUDIO_MS;
    this.#options.emit({ kind: 'textHeard', text, isAnswered });
    this.#meter({ input: { textTokens: textTokens(text) } });
    if (!isAnswered || this.#isSilenced) return;
    // Live text while output still flows raises the interruption too (measured by users of the service).
    if (this.#speaker?.turn.interruptible !== false && this.#speaker) this.interrupt();
    const turn = this.#options.lines.forText(text);
    this.#enqueue({ turn, part: 'first', isPatient: false, delayMs: this.#delayOf(turn) });
  }

  toolAnswered(toolUseId: string, content: Readonly<Record<string, unknown>>): void {
    this.toolResults.push({ toolUseId, name: this.#toolNames.get(toolUseId) ?? '', content });
    this.#options.emit({ kind: 'toolAnswered', toolUseId, content });
    this.#meter({ input: { textTokens: textTokens(JSON.stringify(content)) } });
    for (const toolTurn of this.#toolTurns) {
      if (!toolTurn.waitingFor.delete(toolUseId) || toolTurn.waitingFor.size > 0) continue;
      const { turn } = toolTurn;
      if (turn.say === undefined && turn.audio === undefined) {
        this.#toolTurns.delete(toolTurn);
        this.#pump();
      } else {
        this.#queue.unshift({ turn, part: 'afterTools', isPatient: false, delayMs: this.#delayOf(turn) });
        this.#pump();
      }
    }
  }

  /** Speaks unasked. Throws `FIXTURE_INVALID` when words have no clip. */
  say(text: string): void {
    checkScript({ turns: [{ say: text }] }, this.#options.voice);
    this.#enqueue({ turn: { say: text }, part: 'first', isPatient: false, delayMs: 0 });
  }

  /** Cuts what sounds or is being sent; nothing happens when there is neither. */
  interrupt(): void {
    const speaking = this.#speaker;
    const cutting = speaking ?? this.#lastSpeaker;
    if (!cutting || (!speaking && !this.#sounding.isSounding)) return;
    const { turn, speaker } = cutting;
    const lateMs = turn.lateAudioMs ?? 0;
    const stopReason = turn.audioEndInterrupted ? 'INTERRUPTED' : lateMs > 0 ? undefined : 'PARTIAL_TURN';
    this.#speaker = undefined;
    const cut = speaker.stop(stopReason, lateMs);
    this.#options.output.interrupted(cut.isOpen);
    if (cut.contentId !== undefined) {
      if (cut.late.length > 0) this.#options.output.audio(cut.contentId, cut.late);
      if (cut.isOpen) this.#options.output.endAudio(cut.contentId, 'PARTIAL_TURN');
    }
    const spokenText = this.#sounding.cut(speaker.emittedMs);
    this.interruptions++;
    this.#options.emit({ kind: 'interrupted', spokenText });
    if (speaking) {
      this.#forgetToolTurn(turn);
      this.#busy = undefined;
    }
    this.#endTurnOfDocs();
    this.#pump();
  }

  /** The prompt is over: what is not yet answered stays so, late texts come now, the completion ends. */
  endPrompt(): void {
    if (this.#isSilenced) return;
    this.#isSilenced = true;
    this.#cancelFail();
    this.#queue = [];
    this.#busy?.cancel();
    const speaker = this.#speaker?.speaker;
    this.#speaker = undefined;
    speaker?.stop('PARTIAL_TURN', 0);
    this.#sounding.cut((speaker ?? this.#lastSpeaker?.speaker)?.emittedMs ?? 0);
    this.#sounding.flushFinals();
    this.#options.output.endCompletion();
  }

  /** Falls silent for good and lets go of every timer; what is heard is still noted. */
  stop(): void {
    this.#isSilenced = true;
    this.#cancelFail();
    this.#queue = [];
    this.#busy?.cancel();
    this.#busy = undefined;
    this.#speaker?.speaker.stop(undefined, 0);
    this.#speaker = undefined;
    this.#sounding.stop();
  }

  #answerUtterance(startMs: number, endMs: number): void {
    const { lines, output, emit, completionMode } = this.#options;
    const { turn, transcript } = lines.forUtterance(endMs - startMs);
    const utterance = { text: transcript, startMs, endMs };
    this.utterances.push(utterance);
    if (!this.#isSilenced) {
      if (completionMode === 'docs' && !this.#busy && this.#toolTurns.size === 0) {
        this.#sounding.flushFinals();
        output.endCompletion();
      }
      if (turn.unknownEvent) output.unknown('userSpeechEnd');
      output.text('USER', 'FINAL', transcript, 'PARTIAL_TURN');
      this.#meter({ input: { speechTokens: speechTokens(endMs - startMs) } });
    }
    emit({ kind: 'utteranceEnded', utterance });
    if (this.#isSilenced) return;
    this.#enqueue({ turn, part: 'first', isPatient: turn.duringTool !== true, delayMs: this.#delayOf(turn) });
  }

  #enqueue(reply: Reply): void {
    this.#queue.push(reply);
    this.#pump();
  }

  /** Begins the next reply that may begin: one at a time, patient ones only when no tool is running. */
  #pump(): void {
    if (this.#busy || this.#isSilenced) return;
    const index = this.#queue.findIndex((reply) => !reply.isPatient || this.#toolTurns.size === 0);
    const reply = this.#queue[index];
    if (!reply) return;
    this.#queue.splice(index, 1);
    const { clock } = this.#options;
    const soundsForMs = reply.isPatient ? this.#sounding.untilMs - clock.now() : 0;
    this.#busy = { cancel: clock.after(Math.max(reply.delayMs, soundsForMs), () => this.#begin(reply)) };
  }

  #begin({ turn, part }: Reply): void {
    this.#busy = { cancel: () => undefined };
    if (part === 'first' && turn.fail && turn.failAfterMs === undefined) {
      this.#options.fail(turn.fail);
      if (this.#isSilenced) return;
    }
    const hasMore = turn.say !== undefined || turn.audio !== undefined;
    if (part === 'first' && turn.call) {
      const first = this.#sentences(turn.sayFirst, turn.audioFirst);
      if (first.length === 0) this.#call(turn);
      else this.#speak(turn, first, !hasMore, () => this.#call(turn));
      return;
    }
    const done = () => {
      this.#forgetToolTurn(turn);
      this.#free();
    };
    const sentences = this.#sentences(turn.say, turn.audio);
    if (sentences.length === 0) done();
    else this.#speak(turn, sentences, true, done);
  }

  #call(turn: ScriptTurn): void {
    const { ids, output, emit, onToolCalled } = this.#options;
    const calls = [turn.call ?? []]
      .flat()
      .flatMap((each) => Object.entries(each))
      .map(([name, input]) => ({ toolUseId: ids.uuid(), name, input }));
    this.#toolTurns.add({ turn, waitingFor: new Set(calls.map((call) => call.toolUseId)) });
    for (const { toolUseId, name, input } of calls) {
      this.#toolNames.set(toolUseId, name);
      onToolCalled(toolUseId);
      const content = JSON.stringify(input);
      output.toolUse(toolUseId, name, turn.doubleEncoded ? JSON.stringify(content) : content);
      this.#meter({ output: { textTokens: textTokens(content) } });
      emit({ kind: 'toolCalled', toolUseId, name, input });
    }
    this.#free();
  }

  #speak(turn: ScriptTurn, sentences: SpokenSentence[], endsTurn: boolean, onDone: () => void): void {
    const { clock, output, delivery, emit } = this.#options;
    if (!this.#sounding.isSounding) this.#voicedBeforeMs = this.#voicedMs;
    const { record } = this.#sounding.begin(sentences, turn.interruptible !== false, endsTurn);
    this.answers.push(record);
    const speaker = new Speaker({
      clock,
      output,
      sentences,
      endsTurn,
      delivery: {
        burst: turn.burst ?? delivery.burst,
        chunkMs: turn.chunkMs ?? delivery.chunkMs,
        odd: turn.oddChunks ?? delivery.odd,
      },
      onSentence: (sentence) =>
        this.#meter({
          output: {
            speechTokens: speechTokens((sentence.samples.length / sentence.rateHz) * 1000),
            textTokens: textTokens(sentence.text),
          },
        }),
      onSent: () => {
        this.#speaker = undefined;
        emit({ kind: 'answerSent', answer: record });
        onDone();
      },
    });
    this.#speaker = { speaker, turn, onDone };
    this.#lastSpeaker = { speaker, turn };
    if (turn.fail && turn.failAfterMs !== undefined) {
      const { fail } = turn;
      this.#cancelFail = clock.after(turn.failAfterMs, () => this.#options.fail(fail));
    }
    emit({ kind: 'answerStarted', answer: record });
    speaker.start();
  }

  #free(): void {
    this.#busy = undefined;
    this.#pump();
  }

  #forgetToolTurn(turn: ScriptTurn): void {
    for (const toolTurn of this.#toolTurns) {
      if (toolTurn.turn === turn && toolTurn.waitingFor.size === 0) this.#toolTurns.delete(toolTurn);
    }
  }

  /** As documented, each turn has its own completion: it ends when the last FINAL text was sent. */
  #endTurnOfDocs(): void {
    const isOver = !this.#busy && !this.#sounding.isSounding && !this.#sounding.hasFinals && this.#toolTurns.size === 0;
    if (this.#options.completionMode === 'docs' && isOver) this.#options.output.endCompletion();
  }

  #sentences(words: string | undefined, audio: string | undefined): SpokenSentence[] {
    const { voice, outputRateHz } = this.#options;
    if (audio === undefined) return words === undefined ? [] : voice.speak(words, outputRateHz);
    const path = voice.find(audio);
    if (path === undefined) throw new BridgeError('FIXTURE_INVALID', `there is no recording ${audio}`);
    return [voice.play(path, words ?? '(a recording)', outputRateHz)];
  }

  #delayOf(turn: ScriptTurn): number {
    return turn.answerAfterMs ?? this.#options.answerAfterMs;
  }

  #meter(used: Parameters<UsageMeter['add']>[0]): void {
    const body = this.#options.usage.add(used);
    if (!this.#isSilenced) this.#options.output.usage(body);
  }
}
