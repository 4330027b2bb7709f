import {
  type BedrockRuntimeClient,
  InvokeModelWithBidirectionalStreamCommand,
  type InvokeModelWithBidirectionalStreamInput,
} from '@aws-sdk/client-bedrock-runtime';
import { HttpRequest, HttpResponse } from '@smithy/core/protocols';
import { type Clock, realClock } from '../clock.js';
import { BridgeError } from '../errors.js';
import { Backlog, type Waiting } from './backlog.js';
import { FINISH_LIMIT_MS, INACTIVITY_LIMIT_MS, makeBedrockClient, type TransportOptions } from './bedrock-client.js';
import { failureOf, lost } from './outcome.js';
import { SignatureSeeds } from './signature-seeds.js';
import type { ModelStream, ModelStreamHandlers, ModelStreamOptions, ModelTransport, StreamOutcome } from './stream.js';

/**
 * The plain SDK. What it does not tell is a reset or a cut connection after the first event, which ends like an orderly
 * END_STREAM (`ended`). It takes some dozen frames ahead of the connection, and times inactivity by itself.
 */
export function createStandardTransport(options: TransportOptions): ModelTransport {
  const clock = options.clock ?? realClock();
  const client = makeBedrockClient(options, {
    // Not requestTimeout as well: its timer outlives the stream and keeps it in memory.
    requestHandler: { disableConcurrentStreams: true, sessionTimeout: INACTIVITY_LIMIT_MS },
  });
  const seeds = new SignatureSeeds(client);
  const streams = new Set<StandardStream>();
  return {
    region: options.region,
    open(streamOptions, handlers) {
      const stream = new StandardStream(streamOptions, handlers, { seeds, clock });
      streams.add(stream);
      void stream.run(client).finally(() => streams.delete(stream));
      return stream;
    },
    close() {
      for (const stream of streams) stream.abort();
      client.destroy();
    },
  };
}

const STATUS_OK = 200;

interface TextEnvelope {
  head: string;
  tail: string;
}

type Input = IteratorResult<InvokeModelWithBidirectionalStreamInput, undefined>;

class StandardStream implements ModelStream {
  readonly #options: ModelStreamOptions;
  readonly #handlers: ModelStreamHandlers;
  readonly #seeds: SignatureSeeds;
  readonly #clock: Clock;
  readonly #backlog: Backlog<TextEnvelope>;
  readonly #abort = new AbortController();
  readonly #stopped: Promise<void>;
  #stop: () => void = () => undefined;
  #envelope: TextEnvelope | undefined;
  #phase: 'live' | 'ending' | 'over' = 'live';
  #outcome: StreamOutcome | undefined;
  /** The SDK waits for input here. */
  #pull: ((input: Input) => void) | undefined;
  #cancelFinishTimer: () => void = () => undefined;

  constructor(
    options: ModelStreamOptions,
    handlers: ModelStreamHandlers,
    { seeds, clock }: { seeds: SignatureSeeds; clock: Clock },
  ) {
    this.#options = options;
    this.#handlers = handlers;
    this.#seeds = seeds;
    this.#clock = clock;
    this.#backlog = new Backlog(options.maxBacklogMs);
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
    this.#feed();
  }

  setAudioEnvelope(head: string, tail: string): void {
    this.#envelope = { head, tail };
  }

  sendAudio(s16le: Uint8Array, durationMs: number): void {
    if (!this.#envelope) throw new BridgeError('INTERNAL', 'audio was sent before its envelope was set');
    if (this.#phase !== 'live') return;
    if (this.#pull && this.#backlog.isEmpty) {
      this.#give({ done: false, value: inputOf({ kind: 'audio', envelope: this.#envelope, s16le, durationMs }) });
      return;
    }
    const droppedMs = this.#backlog.pushAudio(this.#envelope, s16le, durationMs);
    if (droppedMs > 0) this.#handlers.dropped(droppedMs);
  }

  end(): void {
    if (this.#phase !== 'live') return;
    this.#phase = 'ending';
    this.#cancelFinishTimer = this.#clock.after(FINISH_LIMIT_MS, () =>
      this.#giveUp(lost(`the service did not finish within ${FINISH_LIMIT_MS} ms`)),
    );
    this.#feed();
  }

  abort(): void {
    this.#giveUp({ kind: 'aborted' });
  }

  /** Carries the stream from request to `closed`; never rejects on account of the stream. */
  async run(client: BedrockRuntimeClient): Promise<void> {
    // Resolving credentials takes no signal: an abort must not wait for it.
    await Promise.race([this.#exchange(client), this.#stopped]);
    const outcome = this.#outcome ?? { kind: 'ended' };
    this.#giveUp(outcome);
    this.#handlers.closed(outcome);
  }

  async #exchange(client: BedrockRuntimeClient): Promise<void> {
    try {
      const body = { [Symbol.asyncIterator]: () => ({ next: () => this.#next() }) };
      const command = new InvokeModelWithBidirectionalStreamCommand({ modelId: this.#options.modelId, body });
      this.#watchHead(command);
      const reply = await client.send(command, { abortSignal: this.#abort.signal });
      if (this.#isOver) return;
      for await (const part of reply.body ?? []) {
        if (this.#isOver) return;
        const bytes = part.chunk?.bytes;
        if (bytes) this.#handlers.event(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
      }
    } catch (error) {
      this.#outcome ??= failureOf(error);
    }
  }

  /** `send` itself answers with the first event only. */
  #watchHead(command: InvokeModelWithBidirectionalStreamCommand): void {
    command.middlewareStack.add(
      (next) => async (args) => {
        const result = await next(args);
        const { request } = args;
        const { response } = result;
        const isTaken = HttpResponse.isInstance(response) && response.statusCode === STATUS_OK;
        if (isTaken && HttpRequest.isInstance(request) && !this.#isOver) {
          this.#handlers.opened(this.#seeds.expiryOf(request.headers));
        }
        return result;
      },
      { name: 'responseHead', step: 'deserialize', priority: 'low' },
    );
  }

  get #isOver(): boolean {
    return this.#phase === 'over';
  }

  /** Ends everything at once; the first outcome stays. */
  #giveUp(outcome: StreamOutcome): void {
    this.#outcome ??= outcome;
    if (this.#phase === 'over') return;
    this.#phase = 'over';
    this.#cancelFinishTimer();
    this.#backlog.clear();
    this.#abort.abort();
    this.#feed();
    this.#stop();
  }

  #next(): Promise<Input> {
    return new Promise((resolve) => {
      this.#pull = resolve;
      this.#feed();
    });
  }

  #feed(): void {
    if (!this.#pull) return;
    const item = this.#backlog.shift();
    if (item) this.#give({ done: false, value: inputOf(item) });
    else if (this.#phase !== 'live') this.#give({ done: true, value: undefined });
  }

  #give(input: Input): void {
    const pull = this.#pull;
    this.#pull = undefined;
    pull?.(input);
  }
}

type Sendable =
  | { kind: 'event'; json: string }
  | (Omit<Waiting<TextEnvelope> & { kind: 'audio' }, 's16le'> & { s16le: Uint8Array });

function inputOf(item: Sendable): InvokeModelWithBidirectionalStreamInput {
  if (item.kind === 'event') return { chunk: { bytes: Buffer.from(item.json) } };
  const { envelope, s16le } = item;
  const base64 = Buffer.from(s16le.buffer, s16le.byteOffset, s16le.byteLength).toString('base64');
  return { chunk: { bytes: Buffer.from(envelope.head + base64 + envelope.tail) } };
}
