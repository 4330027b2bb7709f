import { PassThrough } from 'node:stream';
import {
  type BedrockRuntimeClient,
  InvokeModelWithBidirectionalStreamCommand,
  type InvokeModelWithBidirectionalStreamInput,
} from '@aws-sdk/client-bedrock-runtime';
import { type Clock, realClock } from '../clock.js';
import { BridgeError } from '../errors.js';
import { Backlog } from './backlog.js';
import { FINISH_LIMIT_MS, INACTIVITY_LIMIT_MS, makeBedrockClient, type TransportOptions } from './bedrock-client.js';
import { type AudioEnvelope, FrameWriter, makeAudioEnvelope } from './event-frame.js';
import { FrameReader, type ReceivedFrame, readChunk, readStringHeaders } from './frame-reader.js';
import { FrameSigner } from './frame-signer.js';
import { type ConnectionEnd, LeanConnection } from './lean-connection.js';
import { LeanHandler, type SdkResponse, type SignedRequest } from './lean-handler.js';
import { failureOf, lost } from './outcome.js';
import { SignatureSeeds } from './signature-seeds.js';
import type { ModelStream, ModelStreamHandlers, ModelStreamOptions, ModelTransport, StreamOutcome } from './stream.js';

/**
 * The SDK resolves and signs the request; frames are built, signed and written here, in the tick in which they are sent.
 * Only what is no plain chunk (exceptions, refusals) goes back to the SDK, for its typed errors.
 */
export function createLeanTransport(options: TransportOptions): ModelTransport {
  const handler = new LeanHandler();
  const client = makeBedrockClient(options, {
    requestHandler: handler,
    // The SDK's own would sign a second time, with credentials whose late refusal nobody would catch.
    eventStreamPayloadHandlerProvider: () => ({ handle: (next, args) => next(args) }),
  });
  const parts: StreamParts = {
    client,
    handler,
    seeds: new SignatureSeeds(client),
    clock: options.clock ?? realClock(),
  };
  const streams = new Set<LeanStream>();
  return {
    region: options.region,
    open(streamOptions, handlers) {
      const stream = new LeanStream(streamOptions, handlers, parts);
      streams.add(stream);
      void stream.run().finally(() => streams.delete(stream));
      return stream;
    },
    close() {
      for (const stream of streams) stream.abort();
      client.destroy();
    },
  };
}

interface StreamParts {
  client: BedrockRuntimeClient;
  handler: LeanHandler;
  seeds: SignatureSeeds;
  clock: Clock;
}

const STATUS_OK = 200;
/** The input as the SDK sees it; nothing reads it. */
const NO_INPUT: AsyncIterable<InvokeModelWithBidirectionalStreamInput> = {
  [Symbol.asyncIterator]: () => ({ next: () => Promise.resolve({ done: true, value: undefined }) }),
};
/** More of a refusal's body than this tells nothing. */
const MAX_REFUSAL_BYTES = 64 * 1024;

class LeanStream implements ModelStream {
  readonly #options: ModelStreamOptions;
  readonly #handlers: ModelStreamHandlers;
  readonly #parts: StreamParts;
  readonly #backlog: Backlog<AudioEnvelope>;
  readonly #reader: FrameReader;
  readonly #stopped: Promise<void>;
  #stop: () => void = () => undefined;
  #phase: 'live' | 'ending' | 'over' = 'live';
  #envelope: AudioEnvelope | undefined;
  #connection: LeanConnection | undefined;
  #writer: FrameWriter | undefined;
  /** What the SDK sees of the response. */
  #sdkBody: PassThrough | undefined;
  #status = 0;
  #refusalBytes = 0;
  /** Headers of the last plain chunk; the next ones are the same bytes. */
  #chunkHeaders: Buffer | undefined;
  #outcome: StreamOutcome | undefined;
  #activeAtMs = 0;
  #cancelFinishTimer: () => void = () => undefined;
  #cancelInactivityTimer: () => void = () => undefined;

  constructor(options: ModelStreamOptions, handlers: ModelStreamHandlers, parts: StreamParts) {
    this.#options = options;
    this.#handlers = handlers;
    this.#parts = parts;
    this.#backlog = new Backlog(options.maxBacklogMs);
    this.#reader = new FrameReader((frame) => this.#takeFrame(frame));
    this.#stopped = new Promise((resolve) => {
      this.#stop = resolve;
    });
  }

  get backlogMs(): number {
    return this.#backlog.audioMs;
  }

  send(eventJson: string): void {
    if (this.#phase !== 'live') return;
    this.#backlog.pushEvent(eventJson);
    this.#flush();
  }

  setAudioEnvelope(head: string, tail: string): void {
    this.#envelope = makeAudioEnvelope(head, tail);
  }

  sendAudio(s16le: Uint8Array, durationMs: number): void {
    const envelope = this.#envelope;
    if (!envelope) throw new BridgeError('INTERNAL', 'audio was sent before its envelope was set');
    if (this.#phase !== 'live') return;
    if (this.#connection?.isWritable && this.#writer && this.#backlog.isEmpty) {
      const bytes = Buffer.from(s16le.buffer, s16le.byteOffset, s16le.byteLength);
      this.#connection.write(this.#writer.audio(envelope, bytes));
      this.#noteActivity();
      return;
    }
    const droppedMs = this.#backlog.pushAudio(envelope, s16le, durationMs);
    if (droppedMs > 0) this.#handlers.dropped(droppedMs);
  }

  end(): void {
    if (this.#phase !== 'live') return;
    this.#phase = 'ending';
    this.#cancelFinishTimer = this.#parts.clock.after(FINISH_LIMIT_MS, () =>
      this.#giveUp(lost(`the service did not finish within ${FINISH_LIMIT_MS} ms`)),
    );
    this.#flush();
  }

  abort(): void {
    this.#giveUp({ kind: 'aborted' });
  }

  /** Carries the stream from request to `closed`; never rejects on account of the stream. */
  async run(): Promise<void> {
    this.#watchActivity(INACTIVITY_LIMIT_MS);
    await Promise.race([this.#askSdk(), this.#stopped]);
    const end = await this.#connection?.closed;
    const outcome = this.#outcome ?? this.#judge(end);
    this.#giveUp(outcome);
    this.#handlers.closed(outcome);
  }

  /** Ends when the response is over, for whatever reason. */
  async #askSdk(): Promise<void> {
    const { client, handler } = this.#parts;
    const { modelId } = this.#options;
    const command = new InvokeModelWithBidirectionalStreamCommand({ modelId, body: NO_INPUT });
    handler.attach(command, (request) => this.#exchange(request));
    try {
      const reply = await client.send(command);
      const parts = reply.body?.[Symbol.asyncIterator]();
      while (parts && !(await parts.next()).done);
    } catch (error) {
      this.#giveUp(failureOf(error));
    }
  }

  async #exchange(request: SignedRequest): Promise<SdkResponse> {
    const { seeds } = this.#parts;
    const seed = seeds.seedOf(request.headers);
    const expiry = seeds.expiryOf(request.headers);
    if (this.#phase === 'over') throw new Error('the stream was given up before it was connected');
    this.#writer = new FrameWriter(new FrameSigner(seed), Date.now);
    const { protocol, hostname, port, path, method, headers } = request;
    return new Promise((resolve, reject) => {
      const connection = new LeanConnection(
        { origin: `${protocol}//${hostname}${port ? `:${port}` : ''}`, path, method, headers },
        {
          head: (statusCode, responseHeaders) => {
            const body = new PassThrough();
            this.#sdkBody = body;
            this.#status = statusCode;
            resolve({ response: { statusCode, headers: responseHeaders, body } });
            if (statusCode === STATUS_OK && this.#phase !== 'over') this.#guard(() => this.#handlers.opened(expiry));
          },
          data: (chunk) => this.#guard(() => this.#takeData(chunk)),
          writable: () => this.#guard(() => this.#flush()),
        },
        this.#parts.clock,
      );
      this.#connection = connection;
      void connection.closed.then((end) => {
        this.#sdkBody?.end();
        reject(end.kind === 'lost' ? (end.cause ?? new Error(end.message)) : new Error('the response has no head'));
      });
    });
  }

  #flush(): void {
    const connection = this.#connection;
    const writer = this.#writer;
    if (!connection || !writer || this.#phase === 'over') return;
    while (connection.isWritable) {
      const item = this.#backlog.shift();
      if (!item) {
        if (this.#phase === 'ending') connection.finish(writer.empty());
        return;
      }
      connection.write(item.kind === 'event' ? writer.event(item.json) : writer.audio(item.envelope, item.s16le));
      this.#noteActivity();
    }
  }

  #takeData(chunk: Buffer): void {
    if (this.#phase === 'over') return;
    this.#noteActivity();
    if (this.#status === STATUS_OK) {
      this.#reader.push(chunk);
      return;
    }
    this.#refusalBytes += chunk.byteLength;
    if (this.#refusalBytes <= MAX_REFUSAL_BYTES) this.#sdkBody?.write(chunk);
    else this.#sdkBody?.end();
  }

  #takeFrame(frame: ReceivedFrame): void {
    if (!this.#chunkHeaders?.equals(frame.headers) && !this.#isChunk(frame)) return;
    const event = readChunk(frame.payload);
    if (event) this.#handlers.event(event);
  }

  /** Whether a frame is a plain chunk; any other goes to the SDK, which ends the stream with its own error or ignores it. */
  #isChunk(frame: ReceivedFrame): boolean {
    const headers = readStringHeaders(frame.headers);
    const isEvent = headers.get(':message-type') === 'event';
    if (isEvent && headers.get(':event-type') === 'chunk') {
      this.#chunkHeaders = Buffer.from(frame.headers);
      return true;
    }
    this.#sdkBody?.write(frame.whole);
    if (!isEvent) {
      this.#reader.stop();
      this.#sdkBody?.end();
    }
    return false;
  }

  /** A fault in received bytes, or in who receives them, ends this stream and nothing else. */
  #guard(action: () => void): void {
    try {
      action();
    } catch (error) {
      this.#giveUp(failureOf(error));
    }
  }

  /** Ends everything at once; the first outcome stays. */
  #giveUp(outcome: StreamOutcome): void {
    this.#outcome ??= outcome;
    if (this.#phase === 'over') return;
    this.#phase = 'over';
    this.#cancelFinishTimer();
    this.#cancelInactivityTimer();
    this.#reader.stop();
    this.#backlog.clear();
    this.#connection?.cancel();
    this.#stop();
  }

  #judge(end: ConnectionEnd | undefined): StreamOutcome {
    if (end?.kind === 'lost') return lost(end.message, end.cause);
    if (this.#reader.isPartial) return lost('response frame: cut');
    return { kind: 'ended' };
  }

  #noteActivity(): void {
    this.#activeAtMs = this.#parts.clock.now();
  }

  #watchActivity(delayMs: number): void {
    if (delayMs === INACTIVITY_LIMIT_MS) this.#noteActivity();
    this.#cancelInactivityTimer = this.#parts.clock.after(delayMs, () => {
      const idleMs = this.#parts.clock.now() - this.#activeAtMs;
      if (idleMs >= INACTIVITY_LIMIT_MS) this.#giveUp(lost(`no traffic for ${INACTIVITY_LIMIT_MS} ms`));
      else this.#watchActivity(INACTIVITY_LIMIT_MS - idleMs);
    });
  }
}
