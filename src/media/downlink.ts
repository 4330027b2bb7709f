import type { ByteConverter } from '../audio/byte-converter.js';
import { FRAME_BYTES } from '../audio/framing.js';
import { encodeMulaw, MULAW_SILENCE } from '../audio/mulaw.js';
import type { PlayoutLedger } from './ledger.js';

const MULAW_BYTES_PER_MS = 8;

/**
 * How much audio lies between two marks at least, in ms: how finely the caller's ear is followed. A mark stands behind
 * the message that reaches it, so that no message is split for it.
 * Finer costs messages in both directions; coarser credits heard words later.
 */
export const MARK_INTERVAL_MS = 200;

/** Larger chunks of the model leave in pieces, so that marks lie between them. */
const LARGEST_MESSAGE_BYTES = MARK_INTERVAL_MS * MULAW_BYTES_PER_MS;

/** Ready mu-law between converter and carrier: one second, so that the usual model chunk leaves as one message. */
const GATHERED_BYTES = 8000;

export interface DownlinkOptions {
  converter: ByteConverter;
  ledger: PlayoutLedger;
  now: () => number;
  play: (mulaw: Uint8Array) => void;
  mark: (name: string) => void;
}

/**
 * Agent audio on its way to the caller: s16le of the model in, whole 20 ms frames of mu-law out, at once, with a mark
 * about every 200 ms. The carrier buffers what is not played yet; the ledger keeps count.
 */
export class Downlink {
  readonly #options: DownlinkOptions;
  readonly #gathered = new Uint8Array(GATHERED_BYTES);
  #gatheredBytes = 0;
  #unmarkedMs = 0;
  #markCount = 0;

  constructor(options: DownlinkOptions) {
    this.#options = options;
  }

  /** Relays one chunk of the model, of any length; what does not fill a frame waits for the next one. */
  push(s16le: Uint8Array): void {
    this.#options.converter.push(s16le, this.#gather);
    this.#sendWholeFrames();
  }

  /** The end of an utterance: the rest of converter and frame goes out (padded with silence), with a mark behind it. */
  flush(): void {
    this.#options.converter.flush(this.#gather);
    const remainder = this.#gatheredBytes % FRAME_BYTES;
    if (remainder > 0) {
      const end = this.#gatheredBytes + FRAME_BYTES - remainder;
      this.#gathered.fill(MULAW_SILENCE, this.#gatheredBytes, end);
      this.#gatheredBytes = end;
    }
    this.#sendWholeFrames();
    if (this.#unmarkedMs > 0) this.#mark();
  }

  /** Forgets what has not been sent, so that nothing of a cut turn sounds in the next one. */
  reset(): void {
    this.#options.converter.reset();
    this.#gatheredBytes = 0;
    this.#unmarkedMs = 0;
  }

  readonly #gather = (samples: Int16Array): void => {
    let offset = 0;
    while (offset < samples.length) {
      if (this.#gatheredBytes === GATHERED_BYTES) this.#sendWholeFrames();
      const count = Math.min(samples.length - offset, GATHERED_BYTES - this.#gatheredBytes);
      const part = offset === 0 && count === samples.length ? samples : samples.subarray(offset, offset + count);
      encodeMulaw(part, this.#gathered, this.#gatheredBytes);
      this.#gatheredBytes += count;
      offset += count;
    }
  };

  #sendWholeFrames(): void {
    const wholeBytes = this.#gatheredBytes - (this.#gatheredBytes % FRAME_BYTES);
    let offset = 0;
    while (offset < wholeBytes) {
      const byteLength = Math.min(wholeBytes - offset, LARGEST_MESSAGE_BYTES);
      this.#options.play(this.#gathered.subarray(offset, offset + byteLength));
      const durationMs = byteLength / MULAW_BYTES_PER_MS;
      this.#options.ledger.sent(durationMs, this.#options.now());
      this.#unmarkedMs += durationMs;
      if (this.#unmarkedMs >= MARK_INTERVAL_MS) this.#mark();
      offset += byteLength;
    }
    if (wholeBytes > 0) {
      this.#gathered.copyWithin(0, wholeBytes, this.#gatheredBytes);
      this.#gatheredBytes -= wholeBytes;
    }
  }

  #mark(): void {
    const name = `m${++this.#markCount}`;
    this.#options.mark(name);
    this.#options.ledger.marked(name);
    this.#unmarkedMs = 0;
  }
}
