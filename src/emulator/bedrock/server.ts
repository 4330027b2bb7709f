import { createServer, type Http2Server, type IncomingHttpHeaders, type ServerHttp2Stream } from 'node:http2';
import type { AddressInfo, Socket } from 'node:net';
import { type Clock, realClock } from '../../clock.js';
import { type Ids, randomIds } from '../../ids.js';
import { type Credentials, DEFAULT_CREDENTIALS, DEFAULT_REGION } from '../aws/signature.js';
import type { Fault } from './faults.js';
import { EXPIRED_TOKEN, EXPIRED_TOKEN_MESSAGE, type Limits } from './limits.js';
import type { ModelSession } from './model-session.js';
import type { ModelKind } from './models.js';
import type { ModelScript } from './script.js';
import { ModelService, type Refusal, type ServiceOptions, type SessionInfo } from './service.js';
import { type SignatureChain, verifyStreamRequest } from './signature.js';
import { StreamWire } from './wire.js';

export type { SessionInfo } from './service.js';

export interface BedrockOptions extends ServiceOptions {
  /** Default 0: any free port of 127.0.0.1. */
  port?: number;
  region?: string;
  credentials?: Credentials;
  /** Time of the clock at which they expire; left out: never. */
  credentialsExpireAtMs?: number;
  /** Whether frame signatures are checked beside the request's; default true. */
  verifiesFrames?: boolean;
}

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
  /**
   * Lets the next `count` openings fail (default 1; `Infinity` until it is called back): `http`, `refuse`, `hang`, or
   * anything else right after the answer 200. The answer takes back what is left of it.
   */
  failNext(fault: Fault, count?: number): () => void;
  /** The same for all openings within that time of the clock. */
  failFor(fault: Fault, durationMs: number): () => void;
  /** Lets it happen to every stream that is open now (to one: its session's `fail`). Answers how many there were. */
  failLive(fault: Fault): number;
  /** Streams at once before the answer is 429; undefined: no limit. Those that are open stay. */
  setQuota(quota: number | undefined): void;
  /** Limits of sessions that are opened from now on; those left out stay. */
  setLimits(limits: Partial<Limits>): void;
  /**
   * Takes these credentials besides those taken so far, or the same for longer. When they expire (a time of the clock;
   * left out: never), what is opened with them is refused with 403, and streams that were opened with them end.
   */
  issue(credentials: Credentials, expireAtMs?: number): void;
  /** The region goes away: nothing listens any more, and every connection is reset. May be called twice. */
  disappear(): Promise<void>;
  /** Listens again, at the same address. */
  reappear(): Promise<void>;
  /** The next session to be opened. */
  nextSession(): Promise<ModelSession>;
  /** Ends every stream and connection. May be called twice. */
  close(): Promise<void>;
}

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
  readonly #options: BedrockOptions;
  readonly #ids: Ids;
  readonly #clock: Clock;
  /** By access key id. */
  readonly #issued = new Map<string, Issued>();
  readonly #service: ModelService;
  readonly #server: Http2Server;
  readonly #sockets = new Map<number, Socket>();
  readonly #streams = new Set<ServerHttp2Stream>();
  #port = 0;

  constructor(options: BedrockOptions) {
    this.#options = options;
    this.#ids = options.ids ?? randomIds();
    this.#clock = options.clock ?? realClock();
    this.#service = new ModelService({ ...options, ids: this.#ids, clock: this.#clock });
    this.region = options.region ?? DEFAULT_REGION;
    this.credentials = options.credentials ?? DEFAULT_CREDENTIALS;
    this.issue(this.credentials, options.credentialsExpireAtMs);
    this.#server = createServer({ settings: { initialWindowSize: WINDOW_BYTES } });
    this.#server.on('connection', (socket: Socket) => this.#accept(socket));
    this.#server.on('session', (session) => {
      session.on('error', () => session.destroy());
      session.setLocalWindowSize(WINDOW_BYTES);
    });
    this.#server.on('stream', (stream, headers) => this.#serve(stream, headers));
  }

  async open(port: number): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(port, '127.0.0.1', () => {
        this.#server.off('error', reject);
        resolve();
      });
    });
    this.#port = (this.#server.address() as AddressInfo).port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  get sessions(): readonly ModelSession[] {
    return this.#service.sessions;
  }

  get openStreams(): number {
    return this.#streams.size;
  }

  use(script: ModelScript | undefined): void {
    this.#service.use(script);
  }

  useFor(choose: (info: SessionInfo) => ModelScript | undefined): void {
    this.#service.useFor(choose);
  }

  failNext(fault: Fault, count?: number): () => void {
    return this.#service.failNext(fault, count);
  }

  failFor(fault: Fault, durationMs: number): () => void {
    return this.#service.failFor(fault, durationMs);
  }

  failLive(fault: Fault): number {
    return this.#service.failLive(fault);
  }

  setQuota(quota: number | undefined): void {
    this.#service.setQuota(quota);
  }

  setLimits(limits: Partial<Limits>): void {
    this.#service.setLimits(limits);
  }

  issue(credentials: Credentials, expireAtMs?: number): void {
    this.#issued.set(credentials.accessKeyId, { credentials, expireAtMs });
  }

  async disappear(): Promise<void> {
    const closed = this.#stopListening();
    this.#service.failLive({ kind: 'tcpReset' });
    for (const socket of this.#sockets.values()) socket.resetAndDestroy();
    await closed;
  }

  async reappear(): Promise<void> {
    if (!this.#server.listening) await this.open(this.#port);
  }

  nextSession(): Promise<ModelSession> {
    return this.#service.nextSession();
  }

  async close(): Promise<void> {
    this.#service.shutDown();
    const closed = this.#stopListening();
    for (const socket of this.#sockets.values()) socket.destroy();
    await closed;
  }

  /** Resolves when every connection is gone, too. */
  #stopListening(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#server.listening) this.#server.close(() => resolve());
      else resolve();
    });
  }

  #accept(socket: Socket): void {
    if (this.#service.refusesConnection()) {
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
    const admission = this.#check(headers);
    if ('status' in admission) {
      this.#refuse(stream, admission);
      return;
    }
    const { model, fault, credentialsExpireAtMs } = admission;
    if (fault?.kind === 'hang') {
      stream.resume();
      return;
    }
    const chain = this.#options.verifiesFrames === false ? undefined : admission.chain;
    stream.respond({ ':status': 200, 'content-type': EVENT_STREAM, 'x-amzn-requestid': this.#ids.uuid() });
    const remotePort = stream.session?.socket.remotePort ?? 0;
    this.#service.begin(model, {
      open: (listener) => new StreamWire(stream, chain, listener),
      resetConnection: () => this.#sockets.get(remotePort)?.resetAndDestroy(),
      fault,
      credentialsExpireAtMs,
    });
  }

  #check(headers: IncomingHttpHeaders): Admission | Refusal {
    const path = String(headers[':path']);
    const match = /^\/model\/([^/?]+)\/invoke-with-bidirectional-stream$/.exec(path);
    if (headers[':method'] !== 'POST' || !match) {
      return { status: 404, errorType: 'UnknownOperationException', message: 'Unknown operation' };
    }
    const { credentials, expireAtMs } = this.#issuedTo(headers);
    const verdict = verifyStreamRequest({ method: 'POST', path, headers }, credentials, this.region);
    if (!verdict.ok) return { status: 403, errorType: verdict.errorType, message: verdict.message };
    if (expireAtMs !== undefined && expireAtMs <= this.#clock.now()) {
      return { status: 403, errorType: EXPIRED_TOKEN, message: EXPIRED_TOKEN_MESSAGE };
    }
    if (headers['content-type'] !== EVENT_STREAM) {
      return { status: 400, errorType: 'ValidationException', message: `content-type must be ${EVENT_STREAM}` };
    }
    const admission = this.#service.admit(decodeURIComponent(match[1] ?? ''));
    if ('status' in admission) return admission;
    return { ...admission, chain: verdict.chain, credentialsExpireAtMs: expireAtMs };
  }

  /** What the request claims to be signed with; the first credentials when it names none that are known. */
  #issuedTo({ authorization = '' }: IncomingHttpHeaders): Issued {
    const accessKeyId = /Credential=([^/]+)\//.exec(authorization)?.[1];
    return this.#issued.get(accessKeyId ?? '') ?? { credentials: this.credentials, expireAtMs: undefined };
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
}

interface Admission {
  model: ModelKind;
  chain: SignatureChain;
  fault?: Fault;
  credentialsExpireAtMs: number | undefined;
}

interface Issued {
  credentials: Credentials;
  expireAtMs: number | undefined;
}
