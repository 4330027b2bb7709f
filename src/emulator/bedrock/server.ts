import { createServer, type Http2Server, type IncomingHttpHeaders, type ServerHttp2Stream } from 'node:http2';
import type { AddressInfo, Socket } from 'node:net';
import { type Clock, realClock } from '../../clock.js';
import { type Ids, randomIds } from '../../ids.js';
import { type Credentials, DEFAULT_CREDENTIALS, DEFAULT_REGION } from '../aws/signature.js';
import { type Fault, httpErrorType } from './faults.js';
import { DEFAULT_LIMITS, type Limits } from './limits.js';
import type { ModelSession } from './model-session.js';
import { MODELS, type ModelKind } from './models.js';
import type { CompletionMode } from './output.js';
import { checkScript, type ModelScript } from './script.js';
import { LiveSession } from './session.js';
import { type SignatureChain, verifyStreamRequest } from './signature.js';
import type { Delivery } from './speaker.js';
import { loadVoice } from './voice.js';

export interface BedrockOptions {
  /** Default 0: any free port of 127.0.0.1. */
  port?: number;
  /** Default: real time. All limits, delays and speeds count on it. */
  clock?: Clock;
  ids?: Ids;
  region?: string;
  credentials?: Credentials;
  /** Whether frame signatures are checked beside the request's; default true. */
  verifiesFrames?: boolean;
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

/** The running stand-in. */
export interface BedrockEmulator {
  /** For the SDK's `endpoint`: HTTP/2 without TLS. */
  readonly url: string;
  readonly region: string;
  readonly credentials: Credentials;
  /** All sessions since the start, oldest first. */
  readonly sessions: readonly ModelSession[];
  /** Streams not yet closed on both sides: above zero after the last call is a leak of the client's. */
  readonly openStreams: number;
  /** The script of sessions opened from now on. Throws `FIXTURE_INVALID` when it cannot be spoken. */
  use(script: ModelScript | undefined): void;
  /**
   * Chooses a script by prompt, voice and model, once they are known; undefined falls back to `use`. One that cannot be
   * spoken fails the session and is told in its `violations`.
   */
  useFor(choose: (info: SessionInfo) => ModelScript | undefined): void;
  /** Lets the next opening fail: `http`, `refuse`, or anything that happens right after the answer 200. */
  failNext(fault: Fault): void;
  /** The next session to be opened. */
  nextSession(): Promise<ModelSession>;
  /** Ends every stream and connection. May be called twice. */
  close(): Promise<void>;
}

const DEFAULT_DELIVERY: Delivery = { burst: 4, chunkMs: 80, odd: false };
const EVENT_STREAM = 'application/vnd.amazon.eventstream';
/** Room for what clients send before it is read, in bytes: audio grows to 2.4 times on the wire. */
const WINDOW_BYTES = 4 * 1024 * 1024;

/**
 * Starts a local Nova Sonic on loopback: HTTP/2 with prior knowledge, every signature and rule checked.
 * Throws `FIXTURE_INVALID` for a script that cannot be spoken.
 */
export async function startBedrock(options: BedrockOptions = {}): Promise<BedrockEmulator> {
  const emulator = new Emulator(options);
  await emulator.open(options.port ?? 0);
  return emulator;
}

class Emulator implements BedrockEmulator {
  readonly region: string;
  readonly credentials: Credentials;
  readonly sessions: LiveSession[] = [];
  readonly #options: BedrockOptions;
  readonly #clock: Clock;
  readonly #ids: Ids;
  readonly #server: Http2Server;
  readonly #sockets = new Map<number, Socket>();
  readonly #streams = new Set<ServerHttp2Stream>();
  readonly #waiting: ((session: ModelSession) => void)[] = [];
  readonly #faults: Fault[] = [];
  #script: ModelScript | undefined;
  #choose: (info: SessionInfo) => ModelScript | undefined = () => undefined;

  constructor(options: BedrockOptions) {
    this.#options = options;
    this.#clock = options.clock ?? realClock();
    this.#ids = options.ids ?? randomIds();
    this.region = options.region ?? DEFAULT_REGION;
    this.credentials = options.credentials ?? DEFAULT_CREDENTIALS;
    this.#server = createServer({ settings: { initialWindowSize: WINDOW_BYTES } });
    this.#server.on('connection', (socket: Socket) => this.#accept(socket));
    this.#server.on('session', (session) => {
      session.on('error', () => session.destroy());
      session.setLocalWindowSize(WINDOW_BYTES);
    });
    this.#server.on('stream', (stream, headers) => this.#serve(stream, headers));
  }

  async open(port: number): Promise<void> {
    this.use(this.#options.script);
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(port, '127.0.0.1', resolve);
    });
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo | null)?.port ?? 0}`;
  }

  get openStreams(): number {
    return this.#streams.size;
  }

  use(script: ModelScript | undefined): void {
    if (script) checkScript(script, loadVoice(this.#options.voiceDir));
    this.#script = script;
  }

  useFor(choose: (info: SessionInfo) => ModelScript | undefined): void {
    this.#choose = choose;
  }

  failNext(fault: Fault): void {
    this.#faults.push(fault);
  }

  nextSession(): Promise<ModelSession> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
    });
  }

  async close(): Promise<void> {
    for (const session of this.sessions) session.shutDown();
    const closed = new Promise<void>((resolve) => {
      if (this.#server.listening) this.#server.close(() => resolve());
      else resolve();
    });
    for (const socket of this.#sockets.values()) socket.destroy();
    await closed;
  }

  #accept(socket: Socket): void {
    if (this.#faults[0]?.kind === 'refuse') {
      this.#faults.shift();
      socket.destroy();
      return;
    }
    const port = socket.remotePort ?? 0;
    socket.setNoDelay(true);
    this.#sockets.set(port, socket);
    socket.on('close', () => this.#sockets.delete(port));
  }

  #serve(stream: ServerHttp2Stream, headers: IncomingHttpHeaders): void {
    this.#streams.add(stream);
    stream.on('close', () => this.#streams.delete(stream));
    stream.on('error', () => stream.destroy());
    const refusal = this.#check(headers);
    if ('status' in refusal) {
      this.#refuse(stream, refusal);
      return;
    }
    const fault = this.#faults.shift();
    if (fault?.kind === 'http') {
      const message = fault.message ?? 'The request was refused on demand.';
      this.#refuse(stream, { status: fault.status, errorType: httpErrorType(fault), message });
      return;
    }
    this.#begin(stream, refusal.model, refusal.chain, fault);
  }

  #check(headers: IncomingHttpHeaders): Admission | Refusal {
    const path = String(headers[':path']);
    const match = /^\/model\/([^/?]+)\/invoke-with-bidirectional-stream$/.exec(path);
    if (headers[':method'] !== 'POST' || !match) {
      return { status: 404, errorType: 'UnknownOperationException', message: 'Unknown operation' };
    }
    const verdict = verifyStreamRequest({ method: 'POST', path, headers }, this.credentials, this.region);
    if (!verdict.ok) return { status: 403, errorType: verdict.errorType, message: verdict.message };
    if (headers['content-type'] !== EVENT_STREAM) {
      return { status: 400, errorType: 'ValidationException', message: `content-type must be ${EVENT_STREAM}` };
    }
    const modelId = decodeURIComponent(match[1] ?? '');
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
    return { model, chain: verdict.chain };
  }

  #refuse(stream: ServerHttp2Stream, { status, errorType, message }: Refusal): void {
    stream.respond({
      ':status': status,
      'content-type': 'application/json',
      'x-amzn-requestid': this.#ids.uuid(),
      'x-amzn-errortype': `${errorType}:http://internal.amazon.com/coral/com.amazon.bedrock/`,
    });
    stream.end(JSON.stringify({ message }));
    stream.resume();
  }

  #begin(stream: ServerHttp2Stream, model: ModelKind, chain: SignatureChain, fault: Fault | undefined): void {
    const options = this.#options;
    const script = this.#script;
    const voice = loadVoice(options.voiceDir);
    stream.respond({ ':status': 200, 'content-type': EVENT_STREAM, 'x-amzn-requestid': this.#ids.uuid() });
    const remotePort = stream.session?.socket.remotePort ?? 0;
    const session = new LiveSession(stream, options.verifiesFrames === false ? undefined : chain, {
      clock: this.#clock,
      ids: this.#ids,
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
      resetConnection: () => this.#sockets.get(remotePort)?.resetAndDestroy(),
    });
    this.sessions.push(session);
    for (const resolve of this.#waiting.splice(0)) resolve(session);
    if (fault) session.fail(fault);
  }
}

interface Refusal {
  status: number;
  errorType: string;
  message: string;
}

interface Admission {
  model: ModelKind;
  chain: SignatureChain;
}
