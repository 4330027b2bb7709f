import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect,
  constants,
  type IncomingHttpHeaders,
} from 'node:http2';
import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { Clock } from '../clock.js';
import { messageOf } from '../errors.js';

/** How the HTTP/2 exchange went: `finished` by END_STREAM of the service, or lost on the way. */
export type ConnectionEnd = { kind: 'finished' } | { kind: 'lost'; message: string; cause?: unknown };

export interface ConnectionHandlers {
  /** The response head. */
  head(status: number, headers: Record<string, string>): void;
  data(chunk: Buffer): void;
  /** Frames can be written (again). */
  writable(): void;
}

/** What one connection asks for. */
export interface ConnectionRequest {
  /** Scheme, host and port, such as `https://bedrock-runtime.us-east-1.amazonaws.com`; `http:` is HTTP/2 without TLS. */
  origin: string;
  path: string;
  method: string;
  headers: Record<string, string>;
}

/** Large enough that a burst of model audio over a slow path is not held up by our window. */
const WINDOW_BYTES = 512 * 1024;
/** A peer that takes no more bytes is cut off this long after the last ones were offered. */
const LINGER_LIMIT_MS = 1_000;

/** One HTTP/2 connection with one stream on it; both end together. GOAWAY lets the running stream finish. */
export class LeanConnection {
  /** Resolves when the sockets are released; never rejects. */
  readonly closed: Promise<ConnectionEnd>;
  readonly #socket: Socket;
  readonly #session: ClientHttp2Session;
  readonly #stream: ClientHttp2Stream;
  readonly #clock: Clock;
  #isWritable = false;
  #isReleased = false;
  #isSocketClosed = false;
  #hasEnded = false;
  #isReset = false;
  #error: unknown;
  #cutOff: (() => void) | undefined;

  /** Throws an Error when the origin is no address. */
  constructor(request: ConnectionRequest, handlers: ConnectionHandlers, clock: Clock) {
    this.#clock = clock;
    const socket = dial(new URL(request.origin));
    this.#socket = socket;
    socket.once('close', () => {
      this.#isSocketClosed = true;
    });
    const session = connect(request.origin, {
      createConnection: () => socket,
      settings: { enablePush: false, initialWindowSize: WINDOW_BYTES },
    });
    this.#session = session;
    session.on('connect', () => session.setLocalWindowSize(WINDOW_BYTES));
    session.on('error', (error) => this.#fail(error));
    session.on('frameError', (type, code) => this.#fail(new Error(`HTTP/2 frame ${type} failed with code ${code}`)));
    this.closed = new Promise((resolve) => {
      session.once('close', () => resolve(this.#judge()));
    });
    const stream = session.request({
      ...request.headers,
      [constants.HTTP2_HEADER_METHOD]: request.method,
      [constants.HTTP2_HEADER_PATH]: request.path,
    });
    this.#stream = stream;
    const becomeWritable = () => {
      if (this.#isReleased || this.#hasEnded) return;
      this.#isWritable = true;
      handlers.writable();
    };
    stream.once('ready', becomeWritable);
    stream.on('drain', becomeWritable);
    stream.once('response', (headers) => handlers.head(headers[':status'] ?? 0, plainHeaders(headers)));
    stream.on('data', (chunk: Buffer) => handlers.data(chunk));
    stream.once('end', () => this.#noteEnd());
    stream.on('error', (error) => {
      this.#error ??= error;
    });
    stream.once('close', () => this.#noteClosed());
  }

  get isWritable(): boolean {
    return this.#isWritable;
  }

  /** Only while `isWritable`; the connection takes the frame in any case, but may not be writable afterwards. */
  write(frame: Buffer): void {
    this.#isWritable = this.#stream.write(frame);
  }

  /** Sends the last frame and END_STREAM; the response goes on. */
  finish(frame: Buffer): void {
    this.#isWritable = false;
    this.#stream.end(frame);
  }

  /** RST_STREAM CANCEL, and the connection is closed. No effect when it already is. */
  cancel(): void {
    if (this.#isReleased) return;
    this.#isWritable = false;
    if (this.#stream.pending || this.#stream.closed) {
      this.#release();
      return;
    }
    this.#stream.close(constants.NGHTTP2_CANCEL);
    this.#cutOffLater();
  }

  /** END_STREAM came. A reset in the same packet is seen only after this, so what is left is closed a turn later. */
  #noteEnd(): void {
    if (this.#error || this.#stream.rstCode !== constants.NGHTTP2_NO_ERROR) return;
    this.#hasEnded = true;
    this.#isWritable = false;
    setImmediate(() => this.#stream.close(constants.NGHTTP2_NO_ERROR));
  }

  /** Node sets a code of its own when the connection breaks: only a stream error, or none, is a reset by the service. */
  #noteClosed(): void {
    const isConnectionLost = this.#isSocketClosed || (this.#error !== undefined && !isStreamError(this.#error));
    this.#isReset = this.#stream.rstCode !== constants.NGHTTP2_NO_ERROR && !isConnectionLost;
    this.#release();
  }

  #fail(error: unknown): void {
    this.#error ??= error;
    this.#release();
  }

  #release(): void {
    if (this.#isReleased) return;
    this.#isReleased = true;
    this.#isWritable = false;
    // Node waits until the socket has taken what is left; there is nothing to say yet on one that still connects.
    if (this.#socket.connecting) this.#socket.destroy();
    this.#session.destroy();
    this.#cutOffLater();
  }

  #cutOffLater(): void {
    if (this.#socket.destroyed || this.#cutOff) return;
    this.#cutOff = this.#clock.after(LINGER_LIMIT_MS, () => this.#socket.destroy());
    this.#socket.once('close', this.#cutOff);
  }

  #judge(): ConnectionEnd {
    if (this.#hasEnded && !this.#isReset) return { kind: 'finished' };
    if (this.#error && !this.#isReset) return { kind: 'lost', message: messageOf(this.#error), cause: this.#error };
    const message = this.#isReset
      ? `the stream was reset with code ${this.#stream.rstCode}`
      : 'the connection was closed';
    return { kind: 'lost', message };
  }
}

function isStreamError(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ERR_HTTP2_STREAM_ERROR';
}

function dial(origin: URL): Socket {
  const host = origin.hostname.replace(/^\[|\]$/g, '');
  if (origin.protocol === 'http:') return connectTcp({ host, port: Number(origin.port || 80) });
  const servername = isIP(host) ? {} : { servername: host };
  return connectTls({ host, port: Number(origin.port || 443), ALPNProtocols: ['h2'], ...servername });
}

function plainHeaders(headers: IncomingHttpHeaders): Record<string, string> {
  const plain: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value === undefined || name.startsWith(':')) continue;
    plain[name] = Array.isArray(value) ? value.join(', ') : String(value);
  }
  return plain;
}
