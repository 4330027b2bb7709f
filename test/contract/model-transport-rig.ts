import { afterEach, beforeEach, expect } from 'vitest';
import { FakeClock } from '../../src/clock.js';
import type { TransportOptions } from '../../src/sonic/bedrock-client.js';
import type { ModelStream, ModelTransport } from '../../src/sonic/stream.js';
import { KEYS, ModelServer, type ServedStream } from '../sonic/h2-server.js';
import { Recorder } from '../sonic/recorder.js';

export const MODEL_ID = 'amazon.nova-2-sonic-v1:0';
export const FRAME_MS = 20;
export const HEAD = '{"event":{"audioInput":{"promptName":"p-1","contentName":"c-1","content":"';
export const TAIL = '"}}}';

export type MakeTransport = (options: TransportOptions) => ModelTransport;

/** Where the adapters are allowed to differ. */
export interface Differences {
  /** Whether a reset or cut connection after the first event is told from an orderly end. */
  seesLoss: boolean;
  /** Frames that the adapter takes out of its backlog ahead of the connection. */
  maxAheadFrames: number;
}

export function audioFrame(number: number, byteLength = 640): Uint8Array {
  return Uint8Array.from({ length: byteLength }, (_, at) => (number * 31 + at * 7) & 0xff);
}

export function textEvent(content: string): string {
  return JSON.stringify({ event: { textInput: { promptName: 'p-1', contentName: 't-1', content } } });
}

/** What came at the server, short: the content of texts, and the number that audio starts with. */
export function contentOf(text: string): string {
  const { event } = JSON.parse(text) as { event: Record<string, { content: string }> };
  if (event.textInput) return event.textInput.content;
  return `audio ${Buffer.from(event.audioInput?.content ?? '', 'base64')[0]}`;
}

export const turn = () => new Promise((resolve) => setImmediate(resolve));

/** A transport, the bare server it talks to, and what every test of the contract asks of both. */
export class TransportRig {
  readonly clock = new FakeClock();
  server!: ModelServer;
  transport!: ModelTransport;
  readonly #makeTransport: MakeTransport;
  readonly #escaped: unknown[] = [];

  constructor(makeTransport: MakeTransport) {
    this.#makeTransport = makeTransport;
  }

  async start(): Promise<void> {
    process.on('uncaughtException', this.#noteEscaped);
    process.on('unhandledRejection', this.#noteEscaped);
    this.server = await ModelServer.listen();
    this.transport = this.make();
  }

  async stop(): Promise<void> {
    this.transport.close();
    await this.server.close();
    process.off('uncaughtException', this.#noteEscaped);
    process.off('unhandledRejection', this.#noteEscaped);
    expect(this.#escaped).toEqual([]);
  }

  readonly make = (options: Partial<TransportOptions> = {}): ModelTransport =>
    this.#makeTransport({
      region: 'us-east-1',
      credentials: KEYS,
      endpoint: this.server.url,
      clock: this.clock,
      ...options,
    });

  readonly open = (from = this.transport, maxBacklogMs = 60_000): { stream: ModelStream; seen: Recorder } => {
    const seen = new Recorder();
    const stream = from.open({ modelId: MODEL_ID, maxBacklogMs }, seen);
    stream.setAudioEnvelope(HEAD, TAIL);
    return { stream, seen };
  };

  /** A stream whose first event has come and been answered. */
  readonly openLive = async (): Promise<{ stream: ModelStream; seen: Recorder; served: ServedStream }> => {
    const { stream, seen } = this.open();
    stream.send(textEvent('first'));
    const served = await this.server.streams.next();
    served.respond();
    served.event({ event: { hello: 1 } });
    await seen.events.next();
    return { stream, seen, served };
  };

  /** The stream closed once with this outcome, and nothing is left of it: no socket, no timer, no late call. */
  readonly expectReleased = async (seen: Recorder, outcome: Record<string, unknown>): Promise<void> => {
    expect(await seen.whenClosed).toMatchObject(outcome);
    await this.server.released();
    await turn();
    expect(seen.closedCount).toBe(1);
    expect(seen.callsAfterClosed).toBe(0);
    expect(this.clock.pendingTimers).toBe(0);
  };

  readonly #noteEscaped = (error: unknown): void => {
    this.#escaped.push(error);
  };
}

/** A fresh server and transport for every test of the describe block it is called in. */
export function useRig(makeTransport: MakeTransport): TransportRig {
  const rig = new TransportRig(makeTransport);
  beforeEach(() => rig.start());
  afterEach(() => rig.stop());
  return rig;
}
