import type { Clock } from '../../clock.js';
import { messageOf } from '../../errors.js';
import type { Ids } from '../../ids.js';
import { Conversation } from './conversation.js';
import { EXCEPTION_MESSAGES, type Fault } from './faults.js';
import { injectFault } from './inject.js';
import { EXPIRED_TOKEN, type Limits, LimitTimers } from './limits.js';
import { Lines } from './lines.js';
import type { EndedBy, InputRecord, ModelSession, SessionEvent } from './model-session.js';
import { ENDPOINTING_MS, type ModelKind, type Sensitivity } from './models.js';
import { type CompletionMode, Output } from './output.js';
import { type AcceptedEvent, InputRules } from './rules.js';
import type { ModelScript } from './script.js';
import type { ToolSpec } from './shape.js';
import type { Delivery } from './speaker.js';
import { textTokens, UsageMeter } from './usage.js';
import { UtteranceDetector } from './vad.js';
import type { Voice } from './voice.js';
import type { SessionWire, WireListener } from './wire.js';

export interface SessionOptions {
  clock: Clock;
  ids: Ids;
  model: ModelKind;
  voice: Voice;
  limits: Limits;
  /** Time of the clock; undefined: never. */
  credentialsExpireAtMs: number | undefined;
  lenientHistory: boolean;
  refusesAudioDuringTools: boolean;
  /** In place of the pause of the sensitivity, in ms of audio. */
  endpointingMs: number | undefined;
  completionMode: CompletionMode;
  finalTextDelayMs: number;
  answerAfterMs: number;
  bargeInMs: number;
  delivery: Delivery;
  keepsAudio: boolean;
  /** The script, once the system prompt is known. */
  scriptFor(info: { systemPrompt: string; voiceId: string; modelId: string }): ModelScript | undefined;
  /** Breaks the connection without a word. */
  resetConnection(): void;
}

/** Without a sensitivity in `sessionStart` the service waits for a middling pause. */
const DEFAULT_SENSITIVITY: Sensitivity = 'MEDIUM';

/** One accepted stream: its input by the rules, its output by the conversation. */
export class LiveSession implements ModelSession {
  readonly sessionId: string;
  readonly modelId: string;
  readonly closed: Promise<EndedBy>;
  readonly history: { role: 'USER' | 'ASSISTANT'; text: string }[] = [];
  readonly violations: string[] = [];
  readonly eventsIn: InputRecord[] = [];
  readonly interactiveTexts: string[] = [];
  systemPrompt = '';
  voiceId = '';
  tools: readonly ToolSpec[] = [];
  endedBy: EndedBy | undefined;

  readonly #options: SessionOptions;
  readonly #wire: SessionWire;
  readonly #rules: InputRules;
  readonly #limits: LimitTimers;
  readonly #usage = new UsageMeter();
  readonly #listeners = new Set<(event: SessionEvent) => void>();
  readonly #audio: Int16Array[] = [];
  #resolveClosed: (endedBy: EndedBy) => void = () => undefined;
  #sensitivity: Sensitivity = DEFAULT_SENSITIVITY;
  #promptName = '';
  #outputRateHz = 0;
  #inputRateHz = 0;
  #audioMs = 0;
  #detector: UtteranceDetector | undefined;
  #conversation: Conversation | undefined;
  #isStalled = false;

  constructor(openWire: (listener: WireListener) => SessionWire, options: SessionOptions) {
    this.#options = options;
    this.sessionId = options.ids.uuid();
    this.modelId = options.model.modelId;
    this.closed = new Promise((resolve) => {
      this.#resolveClosed = resolve;
    });
    this.#rules = new InputRules(options);
    const { clock, limits, credentialsExpireAtMs } = options;
    this.#limits = new LimitTimers(clock, limits, credentialsExpireAtMs, ({ endedBy, type, message }) => {
      if (type === EXPIRED_TOKEN) this.#wire.sendError(type, message);
      else this.#wire.sendException(type, message);
      this.#end(endedBy);
    });
    this.#wire = openWire({
      event: (json) => this.#take(json),
      broken: ({ errorType, message, detail }) => this.#refuse(errorType, message, detail),
      inputEnded: (isSigned) => {
        const wasWhole = this.endedBy === undefined || this.endedBy === 'sessionEnd';
        if (!isSigned && wasWhole) this.#note('the input ended', 'without the final signed empty frame');
        this.#end('inputEnded');
      },
      gone: () => this.#end('clientAborted'),
    });
  }

  get heard() {
    const samples = new Int16Array(this.#audio.reduce((sum, part) => sum + part.length, 0));
    let at = 0;
    for (const part of this.#audio) {
      samples.set(part, at);
      at += part.length;
    }
    return { rateHz: this.#inputRateHz, samples };
  }

  get utterances() {
    return this.#conversation?.utterances ?? [];
  }

  get answers() {
    return this.#conversation?.answers ?? [];
  }

  get toolResults() {
    return this.#conversation?.toolResults ?? [];
  }

  get interruptions() {
    return this.#conversation?.interruptions ?? 0;
  }

  get usage() {
    return this.#usage.total;
  }

  listen(listener: (event: SessionEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  say(text: string): void {
    this.#conversation?.say(text);
  }

  interrupt(): void {
    this.#conversation?.interrupt();
  }

  fail(fault: Fault): void {
    if (this.endedBy !== undefined) return;
    const effect = injectFault(fault, this.#wire, {
      sessionId: this.sessionId,
      promptName: this.#promptName,
      resetConnection: () => this.#options.resetConnection(),
    });
    if (effect === 'silenced') {
      this.#isStalled = true;
      this.#conversation?.stop();
    }
    if (effect === 'ended') this.#end('fault');
  }

  /** The stand-in is being closed. */
  shutDown(): void {
    this.#end('serverClosed');
  }

  #take(json: string): void {
    const verdict = this.#rules.take(json);
    if (!verdict.ok) {
      if (this.endedBy === undefined || this.endedBy === 'sessionEnd') {
        const prefixed = `RequestId=${this.#options.ids.uuid()} : ${verdict.message}`;
        this.#refuse('validationException', prefixed, verdict.detail, verdict.message);
      }
      return;
    }
    if (this.endedBy !== undefined) return;
    this.#record(verdict.event);
    this.#apply(verdict.event);
  }

  #apply(event: AcceptedEvent): void {
    switch (event.name) {
      case 'sessionStart':
        this.#sensitivity = event.sensitivity ?? DEFAULT_SENSITIVITY;
        return;
      case 'promptStart':
        this.#promptName = event.promptName;
        this.#outputRateHz = event.outputRateHz;
        this.voiceId = event.voiceId;
        this.tools = event.tools;
        return;
      case 'contentStart':
        if (event.block.type === 'AUDIO') this.#startAudio(event.block.rateHz);
        return;
      case 'audioInput':
        this.#hear(event.s16le);
        return;
      case 'contentEnd':
        this.#finishBlock(event);
        return;
      case 'promptEnd':
        this.#conversation?.endPrompt();
        return;
      case 'sessionEnd':
        this.#end('sessionEnd');
        return;
      case 'textInput':
      case 'toolResult':
        return;
    }
  }

  #startAudio(rateHz: number): void {
    this.#inputRateHz = rateHz;
    this.#detector = new UtteranceDetector(rateHz, this.#options.endpointingMs ?? ENDPOINTING_MS[this.#sensitivity]);
    this.#emit({ kind: 'listening', rateHz });
  }

  #hear(s16le: Buffer): void {
    this.#limits.noteInput();
    // A copy, because a pooled buffer may begin at an odd address; this machine's order is the wire's.
    const samples = new Int16Array(new Uint8Array(s16le).buffer);
    if (this.#options.keepsAudio) this.#audio.push(samples);
    this.#audioMs += (samples.length / this.#inputRateHz) * 1000;
    for (const event of this.#detector?.push(samples) ?? []) this.#conversation?.hear(event);
  }

  #finishBlock({ block, text }: Extract<AcceptedEvent, { name: 'contentEnd' }>): void {
    if (block.type === 'AUDIO') {
      const event = this.#detector?.flush();
      if (event) this.#conversation?.hear(event);
    } else if (block.type === 'TOOL') {
      this.#conversation?.toolAnswered(block.toolUseId, JSON.parse(text) as Record<string, unknown>);
    } else if (block.role === 'SYSTEM') {
      this.#prompt(text);
    } else if (block.interactive) {
      this.#limits.noteInput();
      this.interactiveTexts.push(text);
      this.#conversation?.hearText(text, this.#audioMs);
    } else if (this.#rules.stage === 'HISTORY' && block.role !== 'SYSTEM_SPEECH') {
      this.history.push({ role: block.role, text });
      this.#usage.add({ input: { textTokens: textTokens(text) } });
    }
  }

  #prompt(systemPrompt: string): void {
    const { options, voiceId, modelId } = { options: this.#options, voiceId: this.voiceId, modelId: this.modelId };
    this.systemPrompt = systemPrompt;
    this.#usage.add({ input: { textTokens: textTokens(systemPrompt) } });
    let script: ModelScript | undefined;
    try {
      script = options.scriptFor({ systemPrompt, voiceId, modelId });
    } catch (error) {
      // A script that cannot be played is the tester's mistake: the client gets a fault of the service's.
      this.#refuse('internalServerException', EXCEPTION_MESSAGES.internalServerException, messageOf(error));
      return;
    }
    const output = new Output({
      ids: options.ids,
      sessionId: this.sessionId,
      promptName: this.#promptName,
      rateHz: this.#outputRateHz,
      send: (json) => {
        if (this.endedBy === undefined) this.#wire.sendEvent(json);
      },
    });
    this.#conversation = new Conversation({
      ...options,
      output,
      lines: new Lines(script, this.history),
      outputRateHz: this.#outputRateHz,
      usage: this.#usage,
      emit: (event) => this.#emit(event),
      onToolCalled: (toolUseId) => this.#rules.toolCalled(toolUseId),
      fail: (fault) => this.fail(fault),
    });
    if (this.#isStalled) this.#conversation.stop();
    this.#emit({ kind: 'prompted', systemPrompt, voiceId });
  }

  #refuse(errorType: string, message: string, detail: string, plain = message): void {
    this.#note(plain, detail);
    this.#wire.sendException(errorType, message);
    this.#end('violation');
  }

  #note(message: string, detail: string): void {
    this.violations.push(`${message} (${detail})`);
    this.#emit({ kind: 'violated', message, detail });
  }

  #end(endedBy: EndedBy): void {
    if (this.endedBy !== undefined) return;
    this.endedBy = endedBy;
    this.#limits.stop();
    this.#conversation?.stop();
    this.#wire.end();
    this.#emit({ kind: 'closed', endedBy });
    this.#resolveClosed(endedBy);
  }

  #record(event: AcceptedEvent): void {
    const contentName = 'contentName' in event ? event.contentName : undefined;
    const last = this.eventsIn.at(-1);
    if (event.name === 'audioInput' && last?.name === 'audioInput' && last.contentName === contentName) {
      last.count++;
      return;
    }
    const record: InputRecord = { name: event.name, count: 1 };
    if (contentName !== undefined) record.contentName = contentName;
    if (event.name === 'contentStart') {
      record.type = event.block.type;
      record.role = event.block.type === 'TEXT' ? event.block.role : event.block.type === 'AUDIO' ? 'USER' : 'TOOL';
    }
    this.eventsIn.push(record);
  }

  #emit(event: SessionEvent): void {
    for (const listener of this.#listeners) listener(event);
  }
}
