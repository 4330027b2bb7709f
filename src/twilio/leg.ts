import type { TelephonyLeg, TelephonyListener } from '../call/ports.js';
import type { Clock } from '../clock.js';
import type { ErrorCode } from '../errors.js';
import { clearMessage, markMessage, mediaMessage, parseTwilioFrame, type TwilioFrame } from './frames.js';

/** A socket on which no `start` comes is closed after this, in ms. */
const START_LIMIT_MS = 10_000;

/** Twilio reads at once and buffers ten minutes itself; a peer that leaves this much unread has stopped reading. */
const MAX_UNSENT_BYTES = 16 * 1024 * 1024;

/** Close codes of RFC 6455. */
const NORMAL_CLOSURE = 1000;
const POLICY_VIOLATION = 1008;
const INTERNAL_ERROR = 1011;

/** What is used of the media socket; a WebSocket of `ws`, or one in memory. */
export interface MediaSocket {
  readonly readyState: number;
  readonly OPEN: number;
  readonly bufferedAmount: number;
  on(event: 'message', listener: (message: Buffer, isBinary: boolean) => void): unknown;
  on(event: 'close' | 'error', listener: () => void): unknown;
  send(message: string): void;
  close(code: number, reason?: string): void;
  terminate(): void;
}

export type StartFrame = Extract<TwilioFrame, { event: 'start' }>;

export interface MediaDoor {
  clock: Clock;
  /** The stream has started: who listens to it, or why it is refused. */
  started(start: StartFrame, leg: TelephonyLeg): { listener: TelephonyListener } | { refused: string };
  /** Trouble on a socket that belongs to no call (yet). */
  faulted(code: ErrorCode): void;
  /** The stream could not be joined with a call. */
  failed(error: unknown): void;
}

/** Serves one media socket from the upgrade to its end. Attaches its listeners at once; nothing is awaited. */
export function serveMediaStream(socket: MediaSocket, door: MediaDoor): void {
  let streamSid: string | undefined;
  let leg: TwilioLeg | undefined;
  let listener: TelephonyListener | undefined;
  const cancelStartLimit = door.clock.after(START_LIMIT_MS, () => socket.close(POLICY_VIOLATION, 'no start'));

  const fault = (code: ErrorCode) => {
    if (listener) listener.event({ kind: 'faulted', code });
    else door.faulted(code);
  };

  const start = (frame: StartFrame) => {
    cancelStartLimit();
    streamSid = frame.streamSid;
    leg = new TwilioLeg(socket, streamSid, () => fault('TWILIO_PEER_SLOW'));
    try {
      const answer = door.started(frame, leg);
      if ('refused' in answer) {
        door.faulted('TWILIO_TICKET_INVALID');
        socket.close(POLICY_VIOLATION, answer.refused.slice(0, 120));
      } else {
        listener = answer.listener;
      }
    } catch (error) {
      door.failed(error);
      socket.close(INTERNAL_ERROR);
    }
  };

  socket.on('message', (message: Buffer, isBinary: boolean) => {
    const frame = parseTwilioFrame(message, isBinary);
    if (frame.event === 'faulty') {
      fault(frame.code);
    } else if (frame.event === 'connected') {
      return;
    } else if (streamSid === undefined) {
      if (frame.event === 'start') start(frame);
      else fault('TWILIO_FRAME_OUT_OF_ORDER');
    } else if (frame.event === 'start') {
      fault('TWILIO_FRAME_OUT_OF_ORDER');
    } else if (frame.streamSid !== streamSid) {
      fault('TWILIO_FRAME_FOREIGN');
    } else if (listener) {
      dispatch(frame, listener);
    }
  });
  socket.on('close', () => {
    cancelStartLimit();
    listener?.event({ kind: 'closed' });
  });
  // A protocol violation or an oversized message: ws closes the socket itself, `close` follows.
  socket.on('error', () => fault('TWILIO_FRAME_INVALID'));
}

function dispatch(
  frame: Exclude<TwilioFrame, { event: 'connected' | 'start' | 'faulty' }>,
  listener: TelephonyListener,
) {
  switch (frame.event) {
    case 'media':
      listener.hear(frame.mulaw, frame.timestampMs);
      break;
    case 'mark':
      listener.event({ kind: 'markReturned', name: frame.name });
      break;
    case 'dtmf':
      listener.event({ kind: 'keyPressed', digit: frame.digit });
      break;
    case 'stop':
      listener.event({ kind: 'stopped' });
      break;
  }
}

class TwilioLeg implements TelephonyLeg {
  readonly #socket: MediaSocket;
  readonly #streamSid: string;
  readonly #gaveUp: () => void;

  constructor(socket: MediaSocket, streamSid: string, gaveUp: () => void) {
    this.#socket = socket;
    this.#streamSid = streamSid;
    this.#gaveUp = gaveUp;
  }

  play(mulaw: Uint8Array): void {
    this.#send(mediaMessage(this.#streamSid, mulaw));
  }

  mark(name: string): void {
    this.#send(markMessage(this.#streamSid, name));
  }

  clear(): void {
    this.#send(clearMessage(this.#streamSid));
  }

  close(): void {
    if (this.#socket.readyState === this.#socket.OPEN) this.#socket.close(NORMAL_CLOSURE);
  }

  #send(message: string): void {
    const socket = this.#socket;
    if (socket.readyState !== socket.OPEN) return;
    if (socket.bufferedAmount > MAX_UNSENT_BYTES) {
      this.#gaveUp();
      socket.terminate();
      return;
    }
    socket.send(message);
  }
}
