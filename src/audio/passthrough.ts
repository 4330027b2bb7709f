import type { ByteConverter } from './byte-converter.js';
import { asPcm, type PcmSink, SAMPLES_PER_MS_8K, SLICE_MS } from './pcm.js';

const SLICE = SLICE_MS * SAMPLES_PER_MS_8K;

/** Reads native 8 kHz s16le bytes, cut anywhere, as samples: no resampling, no delay beyond an incomplete sample. */
export class S16leReader implements ByteConverter {
  readonly #out = new Int16Array(SLICE);
  /** Low byte of a sample whose high byte has not come yet, or -1. */
  #lowByte = -1;

  push(s16le: Uint8Array, sink: PcmSink<8000>): void {
    const out = this.#out;
    let at = 0;
    while (at < s16le.length) {
      let count = 0;
      if (this.#lowByte >= 0) {
        out[count++] = (s16le[at++]! << 8) | this.#lowByte;
        this.#lowByte = -1;
      }
      const end = at + 2 * Math.min(SLICE - count, (s16le.length - at) >> 1);
      for (; at < end; at += 2) out[count++] = (s16le[at + 1]! << 8) | s16le[at]!;
      if (at === s16le.length - 1) this.#lowByte = s16le[at++]!;
      if (count > 0) sink(asPcm(count === SLICE ? out : out.subarray(0, count), 8000));
    }
  }

  flush(_sink: PcmSink<8000>): void {
    this.reset();
  }

  reset(): void {
    this.#lowByte = -1;
  }
}
