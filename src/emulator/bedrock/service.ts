import { type Clock, realClock } from '../../clock.js';
import { type Ids, randomIds } from '../../ids.js';
import type { Fault } from './faults.js';
import { DEFAULT_LIMITS, type Limits } from './limits.js';
import type { ModelSession } from './model-session.js';
import { MODELS, type ModelKind } from './models.js';
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
  /** What happens to the next streams, in turn. */
  readonly faults: Fault[] = [];
  readonly #options: ServiceOptions;
  readonly #waiting: ((session: ModelSession) => void)[] = [];
  #script: ModelScript | undefined;
  #choose: (info: SessionInfo) => ModelScript | undefined = () => undefined;

  constructor(options: ServiceOptions) {
    this.#options = options;
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

  /** Whether a stream to that model is opened now. */
  admit(modelId: string): { model: ModelKind } | Refusal {
    const model = (this.#options.models ?? MODELS).find((kind) => kind.modelId === modelId);
    if (!model) {
      const message = 'Could not resolve the foundation model from the provided model identifier.';
      return { status: 404, errorType: 'ResourceNotFoundException', message };
    }
    const { quota } = this.#options;
    const isRunning = (session: LiveSession) => session.endedBy === undefined;
    if (quota !== undefined && this.sessions.filter(isRunning).length >= quota) {
      const message = 'Too many requests, please wait before trying again.';
      return { status: 429, errorType: 'ThrottlingException', message };
    }
    return { model };
  }

  /** A stream is open: its session begins, and `fault` happens to it at once. */
  begin(
    model: ModelKind,
    stream: {
      open: (listener: WireListener) => SessionWire;
      resetConnection: () => void;
      fault?: Fault | undefined;
    },
  ): void {
    const options = this.#options;
    const script = this.#script;
    const voice = loadVoice(options.voiceDir);
    const session = new LiveSession(stream.open, {
      clock: options.clock ?? realClock(),
      ids: options.ids ?? randomIds(),
      model,
      voice,
      limits: { ...DEFAULT_LIMITS, ...options.limits },
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
