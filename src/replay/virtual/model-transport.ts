import type { Clock } from '../../clock.js';
import type { ModelService } from '../../emulator/bedrock/service.js';
import type { SessionWire, WireListener } from '../../emulator/bedrock/wire.js';
import { BridgeError } from '../../errors.js';
import { FINISH_LIMIT_MS } from '../../sonic/bedrock-client.js';
import { FrameReader } from '../../sonic/frame-reader.js';
import { failureOf, lost } from '../../sonic/outcome.js';
import type {
  ModelStream,
  ModelStreamHandlers,
  ModelStreamOptions,
  ModelTransport,
  StreamOutcome,
} from '../../sonic/stream.js';

/** Codes of HTTP/2, as the connection's own words have them. */
const RESET_CODES = { INTERNAL_ERROR: 2, CANCEL: 8 } as const;

/**
 * Streams to the local model without a connection: events cross as they are, without frames and signatures, in order and in
 * the same turn of the event loop. Nothing ever waits, and every end comes out as the lean transport would tell it.
 */
export function memoryTransport(
  service: ModelService,
  { region, clock }: { region: string; clock: Clock },
): ModelTransport {
  const streams = new Set<MemoryStream>();
  return {
    region,
    open(options, handlers) {
      const stream = new MemoryStream(service, clock, options, {
        ...handlers,
        closed(outcome) {
          streams.delete(stream);
          handlers.closed(outcome);
        },
      });
      streams.add(stream);
      return stream;
    },
    close() {
      for (const stream of streams) stream.abort();
    },
  };
}

class MemoryStream implements ModelStream {
  readonly backlogMs = 0;
  readonly #clock: Clock;
  readonly #handlers: ModelStreamHandlers;
  /** Bytes that are no event, as the model sends when something is to go wrong. */
  readonly #reader = new FrameReader(() => undefined);
  #phase: 'live' | 'ending' | 'over' = 'live';
  #envelope: { head: string; tail: string } | undefined;
  #model: WireListener | undefined;
  #modelHasEnded = false;
  #cancelFinishTimer: () => void = () => undefined;

  constructor(service: ModelService, clock: Clock, options: ModelStreamOptions, handlers: ModelStreamHandlers) {
    this.#clock = clock;
    this.#handlers = handlers;
    queueMicrotask(() => this.#begin(service, options.modelId));
  }

  send(eventJson: string): void {
    if (this.#phase === 'live') this.#toModel((model) => model.event(eventJson));
  }

  setAudioEnvelope(head: string, tail: string): void {
    this.#envelope = { head, tail };
  }

  sendAudio(s16le: Uint8Array): void {
    if (!this.#envelope) throw new BridgeError('INTERNAL', 'audio was sent before its envelope was set');
    const { head, tail } = this.#envelope;
    const { buffer, byteOffset, byteLength } = s16le;
    this.send(head + Buffer.from(buffer, byteOffset, byteLength).toString('base64') + tail);
  }

  end(): void {
    if (this.#phase !== 'live') return;
    this.#phase = 'ending';
    this.#cancelFinishTimer = this.#clock.after(FINISH_LIMIT_MS, () =>
      this.#giveUp(lost(`the service did not finish within ${FINISH_LIMIT_MS} ms`)),
    );
    this.#toModel((model) => model.inputEnded(true));
  }

  abort(): void {
    this.#giveUp({ kind: 'aborted' });
  }

  #begin(service: ModelService, modelId: string): void {
    if (this.#phase === 'over') return;
    const admission = service.admit(modelId);
    if ('status' in admission) {
      const { status, errorType, message } = admission;
      this.#giveUp({ kind: 'failed', name: errorType, message, httpStatus: status });
      return;
    }
    const { model, fault } = admission;
    if (fault?.kind === 'hang') return;
    if (fault?.kind === 'refuse') {
      this.#giveUp(lost('connect ECONNREFUSED'));
      return;
    }
    this.#handlers.opened({});
    service.begin(model, {
      fault,
      open: (listener) => {
        this.#model = listener;
        return this.#wire();
      },
      resetConnection: () => this.#toBridge(() => this.#giveUp(lost('read ECONNRESET'))),
    });
  }

  /** What the model's session sends on. */
  #wire(): SessionWire {
    const fail = (name: string, message: string) =>
      this.#toBridge(() => this.#giveUp({ kind: 'failed', name, message }));
    return {
      sendEvent: (json) => this.#toBridge(() => this.#handlers.event(Buffer.from(json))),
      sendException: (type, message) => fail(type.charAt(0).toUpperCase() + type.slice(1), message),
      sendError: fail,
      sendRaw: (bytes) =>
        this.#toBridge(() => {
          try {
            this.#reader.push(Buffer.from(bytes));
          } catch (error) {
            this.#giveUp(failureOf(error));
          }
        }),
      end: () => {
        this.#toBridge(() => this.#giveUp(this.#reader.isPartial ? lost('response frame: cut') : { kind: 'ended' }));
        this.#modelHasEnded = true;
      },
      reset: (code) => {
        this.#toBridge(() => this.#giveUp(lost(`the stream was reset with code ${RESET_CODES[code]}`)));
        this.#modelHasEnded = true;
      },
      goAway: () => undefined,
    };
  }

  /** Ends everything at once; the first outcome stays. */
  #giveUp(outcome: StreamOutcome): void {
    if (this.#phase === 'over') return;
    this.#phase = 'over';
    this.#cancelFinishTimer();
    queueMicrotask(() => this.#model?.gone());
    queueMicrotask(() => this.#handlers.closed(outcome));
  }

  #toModel(deliver: (model: WireListener) => void): void {
    queueMicrotask(() => {
      if (this.#model && this.#phase !== 'over') deliver(this.#model);
    });
  }

  #toBridge(deliver: () => void): void {
    if (this.#modelHasEnded) return;
    queueMicrotask(() => {
      if (this.#phase !== 'over') deliver();
    });
  }
}
