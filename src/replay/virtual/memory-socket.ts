import { EventEmitter } from 'node:events';

/** Close codes of RFC 6455. */
const NO_CODE = 1005;
const BROKEN = 1006;

type Arrival =
  | { kind: 'message'; data: Buffer; isBinary: boolean }
  | { kind: 'closed'; code: number; reason: Buffer }
  | { kind: 'broken' };

/**
 * One end of a media socket in memory, with what bridge and phone use of a WebSocket of `ws`. What is sent arrives in the
 * same turn of the event loop, but never within the call that sent it; all sockets together deliver in the order of sending.
 */
export class MemorySocket extends EventEmitter {
  readonly CONNECTING = 0;
  readonly OPEN = 1;
  readonly CLOSING = 2;
  readonly CLOSED = 3;
  #far: MemorySocket = this;
  #readyState = 0;
  readonly #inbox: Arrival[] = [];
  #isPaused = false;
  #hasSaidGoodbye = false;
  /** Bytes of ours that the peer has not taken. */
  #unreadBytes = 0;

  /** Two ends that still connect. */
  static pair(): [MemorySocket, MemorySocket] {
    const [near, far] = [new MemorySocket(), new MemorySocket()];
    near.#far = far;
    far.#far = near;
    return [near, far];
  }

  get readyState(): number {
    return this.#readyState;
  }

  get bufferedAmount(): number {
    return this.#unreadBytes;
  }

  /** The upgrade was accepted: both ends are open. */
  open(): void {
    for (const end of [this, this.#far]) end.#readyState = this.OPEN;
  }

  send(message: string | Uint8Array): void {
    if (this.#readyState !== this.OPEN) return;
    const isBinary = typeof message !== 'string';
    const data = typeof message === 'string' ? Buffer.from(message) : Buffer.from(message);
    this.#unreadBytes += data.length;
    this.#far.#arrive({ kind: 'message', data, isBinary });
  }

  close(code = NO_CODE, reason = ''): void {
    if (this.#readyState === this.CONNECTING) this.terminate();
    if (this.#readyState !== this.OPEN) return;
    this.#readyState = this.CLOSING;
    this.#sayGoodbye(code, Buffer.from(reason));
  }

  /** Breaks the connection without a close frame. */
  terminate(): void {
    if (this.#readyState === this.CLOSED) return;
    this.#readyState = this.CLOSED;
    this.#inbox.length = 0;
    this.#far.#arrive({ kind: 'broken' });
    queueMicrotask(() => this.emit('close', BROKEN, Buffer.alloc(0)));
  }

  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    for (let count = this.#inbox.length; count > 0; count--) queueMicrotask(() => this.#take());
  }

  #arrive(arrival: Arrival): void {
    this.#inbox.push(arrival);
    queueMicrotask(() => this.#take());
  }

  #take(): void {
    if (this.#isPaused) return;
    const arrival = this.#inbox.shift();
    if (!arrival || this.#readyState === this.CLOSED) return;
    switch (arrival.kind) {
      case 'message':
        this.#far.#unreadBytes -= arrival.data.length;
        this.emit('message', arrival.data, arrival.isBinary);
        break;
      case 'closed':
        this.#sayGoodbye(arrival.code, arrival.reason);
        this.#finish(arrival.code, arrival.reason);
        break;
      case 'broken':
        this.#finish(BROKEN, Buffer.alloc(0));
        break;
    }
  }

  /** The closing handshake: each side says so once. */
  #sayGoodbye(code: number, reason: Buffer): void {
    if (this.#hasSaidGoodbye) return;
    this.#hasSaidGoodbye = true;
    this.#far.#arrive({ kind: 'closed', code, reason });
  }

  #finish(code: number, reason: Buffer): void {
    this.#readyState = this.CLOSED;
    this.#inbox.length = 0;
    this.emit('close', code, reason);
  }
}
