import type { IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { onTestFinished } from 'vitest';
import { WebSocket } from 'ws';
import { Heard } from '../listening/ear.js';
import type { Bridge } from './bridge.js';

export interface Refusal {
  status: number;
  headers: IncomingMessage['headers'];
  // biome-ignore lint/suspicious/noExplicitAny: a test reads what it expects
  body: any;
}

/** Asks to listen to a call; resolves when the socket is open, or refused. */
export async function ask(
  { base, adminToken }: Pick<Bridge, 'base' | 'adminToken'>,
  callSid: string,
  headers: Record<string, string> = { Authorization: `Bearer ${adminToken}` },
): Promise<Listener | Refusal> {
  const url = `${base.replace('http', 'ws')}/api/calls/${callSid}/listen`;
  const socket = new WebSocket(url, { headers, perMessageDeflate: false });
  onTestFinished(() => socket.terminate());
  const listener = new Listener(socket);
  return new Promise((resolve, reject) => {
    socket.on('open', () => resolve(listener));
    socket.on('unexpected-response', (_request, response) => {
      const { statusCode: status = 0, headers: answered } = response;
      text(response).then((body) => resolve({ status, headers: answered, body: JSON.parse(body) }), reject);
    });
    socket.on('error', reject);
  });
}

/** Listens to a call; a refusal fails the test. */
export async function listenTo(...asked: Parameters<typeof ask>): Promise<Listener> {
  const answer = await ask(...asked);
  if (answer instanceof Listener) return answer;
  throw new Error(`refused: ${answer.status} ${JSON.stringify(answer.body)}`);
}

/** An open socket of a listener, and what came over it. */
export class Listener extends Heard {
  readonly socket: WebSocket;
  readonly closed: Promise<{ code: number; reason: string }>;
  readonly #waiting = new Set<() => void>();

  constructor(socket: WebSocket) {
    super();
    this.socket = socket;
    socket.on('message', (message: Buffer, isBinary) => {
      this.took(isBinary ? message : message.toString());
      for (const check of [...this.#waiting]) check();
    });
    this.closed = new Promise((resolve) => {
      socket.on('close', (code, reason) => resolve({ code, reason: reason.toString() }));
    });
  }

  /** Resolves when something that came is as wished. */
  when(isThere: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const check = () => {
        if (!isThere()) return;
        this.#waiting.delete(check);
        resolve();
      };
      this.#waiting.add(check);
      check();
    });
  }

  /** Resolves when that was told, now or before. */
  async toldOf(event: string): Promise<void> {
    await this.when(() => this.told.some((each) => each.event === event));
  }
}
