import { constants, type ServerHttp2Stream } from 'node:http2';
import {
  decodeFrame,
  type EventFrame,
  errorFrame,
  eventFrame,
  exceptionFrame,
  FrameFault,
  FrameReader,
} from '../aws/event-stream.js';
import { PARSE_ERROR } from './shape.js';
import type { SignatureChain } from './signature.js';

/** What the stream's reader learns. After `broken` nothing more comes but `inputEnded` and `gone`. */
export interface WireListener {
  event(json: string): void;
  /** A frame that is damaged, wrongly signed or wrongly wrapped. */
  broken(fault: { errorType: string; message: string; detail: string }): void;
  /** The client ended its side; `isSigned` when the signed empty frame came before. */
  inputEnded(isSigned: boolean): void;
  /** The stream is closed in both directions, or reset. */
  gone(): void;
}

/** Where a session's output goes. */
export interface SessionWire {
  /** One output event. */
  sendEvent(json: string): void;
  /** A typed error within the stream. */
  sendException(type: string, message: string, extra?: Readonly<Record<string, unknown>>): void;
  /** The generic error of the encoding, without a type. */
  sendError(code: string, message: string): void;
  /** Bytes as they are, be they a frame or not. */
  sendRaw(bytes: Uint8Array): void;
  /** No more output. */
  end(): void;
  /** Breaks the stream off; `isAbrupt`: without an orderly end before. */
  reset(code: 'INTERNAL_ERROR' | 'CANCEL', isAbrupt: boolean): void;
  /** Tells that the connection takes no further streams, because of an error if there is a code. */
  goAway(code?: 'INTERNAL_ERROR'): void;
}

const PADDING = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789';
const INNER_HEADERS = { ':event-type': 'chunk', ':message-type': 'event', ':content-type': 'application/json' };

/** One HTTP/2 stream as event-stream frames: signed and wrapped twice on the way in, neither on the way out. */
export class StreamWire implements SessionWire {
  readonly #stream: ServerHttp2Stream;
  readonly #chain: SignatureChain | undefined;
  readonly #listener: WireListener;
  readonly #reader = new FrameReader();
  #sentCount = 0;
  #isBroken = false;
  #hadFinalFrame = false;

  /** Without a chain frame signatures are not checked. */
  constructor(stream: ServerHttp2Stream, chain: SignatureChain | undefined, listener: WireListener) {
    this.#stream = stream;
    this.#chain = chain;
    this.#listener = listener;
    stream.on('data', (bytes: Buffer) => this.#read(bytes));
    stream.on('end', () => {
      // Node ends the readable side of a reset stream, too.
      if (stream.aborted || stream.rstCode !== constants.NGHTTP2_NO_ERROR) this.#listener.gone();
      else this.#listener.inputEnded(this.#hadFinalFrame && this.#reader.pendingBytes === 0);
    });
    stream.on('error', () => this.#listener.gone());
    stream.on('close', () => this.#listener.gone());
  }

  /** One output event. The real service pads it with a member `p` of varying length. */
  sendEvent(json: string): void {
    const padding = PADDING.slice(0, 1 + (this.#sentCount++ % PADDING.length));
    this.sendRaw(eventFrame('chunk', { bytes: Buffer.from(json, 'utf8').toString('base64'), p: padding }));
  }

  /** A typed error within the stream. */
  sendException(type: string, message: string, extra: Readonly<Record<string, unknown>> = {}): void {
    this.sendRaw(exceptionFrame(type, message, extra));
  }

  /** The generic error of the encoding, without a type. */
  sendError(code: string, message: string): void {
    this.sendRaw(errorFrame(code, message));
  }

  /** Bytes as they are, be they a frame or not. */
  sendRaw(bytes: Uint8Array): void {
    if (!this.#stream.destroyed && !this.#stream.writableEnded) this.#stream.write(bytes);
  }

  /** END_STREAM. */
  end(): void {
    if (!this.#stream.destroyed && !this.#stream.writableEnded) this.#stream.end();
  }

  /**
   * RST_STREAM. Node puts END_STREAM before it, so a client sees an orderly end; `isAbrupt`, or a stream on which nothing
   * was sent yet, gets the reset alone, which clients report as an error.
   */
  reset(code: 'INTERNAL_ERROR' | 'CANCEL', isAbrupt: boolean): void {
    const isAlone = isAbrupt || this.#sentCount === 0;
    if (isAlone && code === 'INTERNAL_ERROR') {
      this.#stream.destroy(new Error('reset on demand'));
      return;
    }
    this.#stream.close(code === 'CANCEL' ? constants.NGHTTP2_CANCEL : constants.NGHTTP2_INTERNAL_ERROR);
    if (isAlone) this.#stream.destroy();
  }

  goAway(code?: 'INTERNAL_ERROR'): void {
    this.#stream.session?.goaway(code ? constants.NGHTTP2_INTERNAL_ERROR : constants.NGHTTP2_NO_ERROR);
  }

  #read(bytes: Buffer): void {
    if (this.#isBroken) return;
    try {
      for (const frame of this.#reader.push(bytes)) this.#take(frame);
    } catch (error) {
      if (!(error instanceof FrameFault)) throw error;
      this.#break('validationException', PARSE_ERROR, error.message);
    }
  }

  #take(frame: EventFrame): void {
    if (this.#isBroken) return;
    const fault = this.#chain?.check(frame);
    if (fault !== undefined) {
      this.#break('InvalidSignatureException', 'The signature of an event in the request stream is invalid.', fault);
    } else if (this.#hadFinalFrame) {
      this.#break('validationException', PARSE_ERROR, 'a frame after the final empty one');
    } else if (frame.payload.length === 0) {
      this.#hadFinalFrame = true;
    } else {
      this.#listener.event(unwrap(decodeFrame(frame.payload)));
    }
  }

  #break(errorType: string, message: string, detail: string): void {
    this.#isBroken = true;
    this.#listener.broken({ errorType, message, detail });
  }
}

/** The event's text out of the inner frame. Throws `FrameFault` when headers or payload are not as the API has them. */
function unwrap(frame: EventFrame): string {
  for (const [name, expected] of Object.entries(INNER_HEADERS)) {
    const value = frame.headers.get(name);
    if (value?.type !== 'string' || value.value !== expected) throw new FrameFault(`inner ${name} must be ${expected}`);
  }
  const text = Buffer.from(frame.payload).toString('utf8');
  const match = /^\{"bytes":"([A-Za-z0-9+/]*={0,2})"\}$/.exec(text);
  if (!match) throw new FrameFault('the inner payload is not {"bytes": base64}');
  return Buffer.from(match[1] ?? '', 'base64').toString('utf8');
}
