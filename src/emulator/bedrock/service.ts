import { type Clock, realClock } from '../../clock.js';
import { type Ids, randomIds } from '../../ids.js';
import { type Fault, httpErrorType } from './faults.js';
import { DEFAULT_LIMITS, type Limits } from './limits.js';
import type { ModelSession } from './model-session.js';
import { MODELS, type ModelKind } from './models.js';
import { OpeningFaults } from './openings.js';
import type { CompletionMode } from './output.js';
import { checkScript, type ModelScript } from './script.js';
import { LiveSession } from './session.js';
import type { Delivery } from './speaker.js';
import { loadVoice } from './voice.js';
import type { SessionWire, WireListener } from './wire.js';

/** How the model behaves, however its streams arrive. */
export interface ServiceOptions {
  /** Default: real time. All limits, delays and speeds count on it. */
  clock?: Clock;
  ids?: Ids;
  models?: readonly ModelKind[];
  /** Streams at once before the answer is 429; default: no limit. */
  quota?: number;
  /** Folder of clips; default: the project's `fixtures/voice`. */
  voiceDir?: string;
  script?: ModelScript;
  /** Pause that ends the caller's turn, in ms of audio; default: by the sensitivity, 1,500 to 2,000. */
  endpointingMs?: number;
  /** Speech over the answer that interrupts it, in ms of audio; default 200. */
  bargeInMs?: number;
  /** From the end of a turn to the answer, in ms, unless the script says otherwise; default 300. */
  answerAfterMs?: number;
  completionMode?: CompletionMode;
  /** From the end of a sentence's sound to its FINAL text, in ms; default 1,000. */
  finalTextDelayMs?: number;
  /** How audio is delivered, unless the script says otherwise; default 80 ms events at 4 times real time. */
  delivery?: Partial<Delivery>;
  limits?: Partial<Limits>;
  lenientHistory?: boolean;
  refusesAudioDuringTools?: boolean;
  /** Whether sessions keep what they heard, for tests; default true. */
  keepsAudio?: boolean;
}

export type SessionInfo = { systemPrompt: string; voiceId: string; modelId: string };

/** A stream is not opened: the answer's status and words. */
export interface Refusal {
  status: number;
  errorType: string;
  message: string;
}

const DEFAULT_DELIVERY: Delivery = { burst: 4, chunkMs: 80, odd: false };

/** The model behind the stand-in's streams: who may open one, and what each session does. Throws `FIXTURE_INVALID` as `use` does. */
export class ModelService {
  /** All since the start, oldest first. */
  readonly sessions: LiveSession[] = [];
  readonly #options: ServiceOptions;
  readonly #clock: Clock;
  readonly #faults = new OpeningFaults();
  readonly #waiting: ((session: ModelSession) => void)[] = [];
  #limits: Limits;
  #quota: number | undefined;
  #script: ModelScript | undefined;
  #choose: (info: SessionInfo) => ModelScript | undefined = () => undefined;

  constructor(options: ServiceOptions) {
    this.#options = options;
    this.#clock = options.clock ?? realClock();
    this.#limits = { ...DEFAULT_LIMITS, ...options.limits };
    this.#quota = options.quota;
    this.use(options.script);
  }

  /** The script of sessions opened from now on. Throws `FIXTURE_INVALID` when it cannot be spoken. */
  use(script: ModelScript | undefined): void {
    if (script) checkScript(script, loadVoice(this.#options.voiceDir));
    this.#script = script;
  }

  /** Chooses a script by prompt, voice and model, once they are known; undefined falls back to `use`. */
  useFor(choose: (info: SessionInfo) => ModelScript | undefined): void {
    this.#choose = choose;
  }

  nextSession(): Promise<ModelSession> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
    });
  }

  /** Limits of sessions that are opened from now on; those left out stay. */
  setLimits(limits: Partial<Limits>): void {
    this.#limits = { ...this.#limits, ...limits };
  }

  /** Streams at once before the answer is 429; undefined: no limit. Those that are open stay. */
  setQuota(quota: number | undefined): void {
    this.#quota = quota;
  }

  failNext(fault: Fault, count = 1): () => void {
    return this.#faults.failNext(fault, count);
  }

  failFor(fault: Fault, durationMs: number): () => void {
    return this.#faults.failUntil(fault, this.#clock.now() + durationMs);
  }

  failLive(fault: Fault): number {
    const live = this.sessions.filter(isRunning);
    for (const session of live) session.fail(fault);
    return live.length;
  }

  /** Whether the connection that comes now is to be closed before HTTP; each is asked about once. */
  refusesConnection(): boolean {
    const nowMs = this.#clock.now();
    return this.#faults.peek(nowMs)?.kind === 'refuse' && this.#faults.take(nowMs) !== undefined;
  }

  /**
   * Whether a stream to that model is opened now, and what goes wrong with it then. `hang`: its request is never answered;
   * any other fault happens right after the answer.
   */
  admit(modelId: string): { model: ModelKind; fault?: Fault } | Refusal {
    const model = (this.#options.models ?? MODELS).find((kind) => kind.modelId === modelId);
    if (!model) {
      const message = 'Could not resolve the foundation model from the provided model identifier.';
      return { status: 404, errorType: 'ResourceNotFoundException', message };
    }
    if (this.#quota !== undefined && this.sessions.filter(isRunning).length >= this.#quota) {
      const message = 'Too many requests, please wait before trying again.';
      return { status: 429, errorType: 'ThrottlingException', message };
    }
    const fault = this.#faults.take(this.#clock.now());
    if (fault?.kind === 'http') {
      const message = fault.message ?? 'The request was refused on demand.';
      return { status: fault.status, errorType: httpErrorType(fault), message };
    }
    return { model, ...(fault && { fault }) };
  }

  /** A stream is open: its session begins, and `fault` happens to it at once. */
  begin(
    model: ModelKind,
    stream: {
      open: (listener: WireListener) => SessionWire;
      resetConnection: () => void;
      fault?: Fault | undefined;
      /** Time of the clock at which its credentials expire; left out: never. */
      credentialsExpireAtMs?: number | undefined;
    },
  ): void {
    const options = this.#options;
    const script = this.#script;
    const voice = loadVoice(options.voiceDir);
    const session = new LiveSession(stream.open, {
      clock: this.#clock,
      ids: options.ids ?? randomIds(),
      model,
      voice,
      limits: this.#limits,
      credentialsExpireAtMs: stream.credentialsExpireAtMs,
      lenientHistory: options.lenientHistory ?? false,
      refusesAudioDuringTools: options.refusesAudioDuringTools ?? false,
      endpointingMs: options.endpointingMs,
      completionMode: options.completionMode ?? 'session',
      finalTextDelayMs: options.finalTextDelayMs ?? 1000,
      answerAfterMs: options.answerAfterMs ?? 300,
      bargeInMs: options.bargeInMs ?? 200,
      delivery: { ...DEFAULT_DELIVERY, ...options.delivery },
      keepsAudio: options.keepsAudio ?? true,
      scriptFor: (info) => {
        const chosen = this.#choose(info);
        if (chosen) checkScript(chosen, voice);
        return chosen ?? script;
      },
      resetConnection: stream.resetConnection,
    });
    this.sessions.push(session);
    for (const resolve of this.#waiting.splice(0)) resolve(session);
    if (stream.fault) session.fail(stream.fault);
  }

  /** Ends every session. */
  shutDown(): void {
    for (const session of this.sessions) session.shutDown();
  }
}

function isRunning({ endedBy }: ModelSession): boolean {
  return endedBy === undefined;
}
