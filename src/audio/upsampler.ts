import { filter, placeTaps } from './fir.js';
import { lowPass } from './kaiser.js';
import { asPcm, type Pcm, type PcmSink, SAMPLES_PER_MS_8K, SLICE_MS } from './pcm.js';

const TAPS = 48;
const SLICE = SLICE_MS * SAMPLES_PER_MS_8K;
/** Input samples after which everything pushed has come out: the filter reaches 23.5 samples ahead. */
const TAIL = TAPS / 2;
const KEPT = TAPS - 1;
const PLACED_TAPS = placeTaps(lowPass(TAPS, 0.5, 9.5));
const NO_INPUT = new Int16Array(TAIL);

/**
 * 8 kHz to 16 kHz for the caller's voice, one instance per call. Every sample in gives exactly two out, 2.94 ms late.
 * Half-band: every second output is a delayed copy of the input, only the samples between are filtered.
 */
export class Upsampler8to16 {
  readonly #history = new Float32Array(KEPT + SLICE);
  readonly #out = new Int16Array(2 * SLICE);
  #hasInput = false;

  /** Takes any number of samples; the sink gets a view per 20 ms slice of them, valid until the next push. */
  push(samples: Int16Array, sink: PcmSink<16000>): void {
    if (samples.length > 0) this.#hasInput = true;
    for (let from = 0; from < samples.length; from += SLICE) {
      sink(this.#convert(samples, from, Math.min(SLICE, samples.length - from)));
    }
  }

  /** Hands out the last 3 ms still inside the filter (nothing when nothing was pushed) and starts afresh. */
  flush(sink: PcmSink<16000>): void {
    if (!this.#hasInput) return;
    const tail = this.#convert(NO_INPUT, 0, TAIL);
    this.reset();
    sink(tail);
  }

  /** Forgets what is inside. */
  reset(): void {
    this.#history.fill(0);
    this.#hasInput = false;
  }

  #convert(samples: Int16Array, from: number, count: number): Pcm<16000> {
    const history = this.#history;
    const out = this.#out;
    for (let i = 0; i < count; i++) history[KEPT + i] = samples[from + i]!;
    filter(history, PLACED_TAPS, 1, count, out, 2);
    for (let n = 0; n < count; n++) out[2 * n + 1] = history[n + TAPS / 2]!;
    history.copyWithin(0, count, count + KEPT);
    return asPcm(count === SLICE ? out : out.subarray(0, 2 * count), 16_000);
  }
}
