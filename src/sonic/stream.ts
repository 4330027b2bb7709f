/**
 * One bidirectional stream to the voice model, below the level of events: text of events goes out in order, bytes of
 * events come in. The two adapters (standard: the plain SDK; lean: our frames behind the SDK's public request handler)
 * must put the same frames on the wire; a contract test compares them.
 * Source of the wire format: Bedrock API InvokeModelWithBidirectionalStream and Smithy event stream encoding.
 */
export interface ModelStream {
  /**
   * Sends one input event, a whole `{"event":{…}}` envelope as JSON text. Takes it before the connection is open, too:
   * events keep their order among each other and with audio, and are never dropped. Returns at once. No effect after `end` or `abort`.
   */
  send(eventJson: string): void;
  /** The text before and after the base64 of every `audioInput`; must be set before `sendAudio`. ASCII only. */
  setAudioEnvelope(head: string, tail: string): void;
  /**
   * Sends caller audio (s16le, mono; copied, the buffer may be reused). While the connection is not open or does not
   * take data, audio waits; when more than `maxBacklogMs` waits the oldest is dropped and reported through `dropped`.
   */
  sendAudio(s16le: Uint8Array, durationMs: number): void;
  /** Milliseconds of caller audio that wait here for the connection. */
  readonly backlogMs: number;
  /** No more input: what waits is written, then the signed empty frame and END_STREAM. Output still comes until `closed`. */
  end(): void;
  /** Gives the stream up at once (RST_STREAM CANCEL, connection closed). `closed` follows. */
  abort(): void;
}

export interface ModelStreamHandlers {
  /**
   * The service took the request (response head with status 200 was received). The stream lives by the credentials that
   * its request was signed with: it is told when they expire (epoch ms), if they do.
   */
  opened(info: { credentialsExpireAtMs?: number }): void;
  /** One output event: the JSON bytes inside the chunk. The buffer is only valid during the call. */
  event(json: Buffer): void;
  /** Caller audio was dropped because the connection did not take it. */
  dropped(durationMs: number): void;
  /** Exactly once, when nothing more can come and the connection is released. Nothing is called after it. */
  closed(outcome: StreamOutcome): void;
}

/**
 * How a stream ended. `ended`: the service finished the response without an error, whether asked or not (END_STREAM;
 * whether that is a loss is the leg's decision). `aborted`: by our `abort`. `failed`: everything else, with the
 * modeled exception name (`validationException` becomes `ValidationException`) or `ConnectionLost`.
 */
export type StreamOutcome =
  | { kind: 'ended' }
  | { kind: 'aborted' }
  | { kind: 'failed'; name: string; message: string; httpStatus?: number; cause?: unknown };

export interface ModelStreamOptions {
  modelId: string;
  /** Oldest audio beyond this is dropped while the connection does not take data. */
  maxBacklogMs: number;
}

/** Opens streams; one per configured client and region. Returns at once; nothing is awaited before audio flows. */
export interface ModelTransport {
  readonly region: string;
  open(options: ModelStreamOptions, handlers: ModelStreamHandlers): ModelStream;
  /** Releases the client. Streams still open are aborted. */
  close(): void;
}
