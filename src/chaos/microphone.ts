import { decodeMulaw, encodeMulaw, MULAW_BYTES_PER_MS } from '../emulator/phone/mulaw.js';
import { seededRandom } from '../emulator/phone/random.js';
import { soundIn } from './lines.js';

/** Amplitude of the noise of the room, about -53 dBFS: far below what counts as speech, and no two samples of it alike for long. */
const NOISE_AMPLITUDE = 130;
const FRAME_MS = 20;

/** Where in the microphone something was spoken, in samples. */
export interface SpokenSpan {
  readonly from: number;
  readonly to: number;
}

/**
 * A caller's open microphone at 8 kHz: the noise of a room from the first moment to the last, and speech in it. The noise is
 * made from a seed and does not repeat, so that any hundredth of a second of it tells where in the call it belongs: what the
 * model heard can be laid against it sample by sample.
 */
export class Microphone {
  #mulaw: Buffer;
  readonly spoken: SpokenSpan[] = [];
  #samples: Buffer | undefined;

  constructor(lengthMs: number, seed: number) {
    const random = seededRandom(seed);
    const noise = Int16Array.from({ length: lengthMs * MULAW_BYTES_PER_MS }, () =>
      Math.round((random() * 2 - 1) * NOISE_AMPLITUDE),
    );
    this.#mulaw = Buffer.from(encodeMulaw(noise));
  }

  /** Lays speech into the microphone from that time on; answers where its sound is, without the silence around it. */
  speak(speech: Int16Array, fromMs: number): SpokenSpan {
    const start = Math.ceil(fromMs / FRAME_MS) * FRAME_MS * MULAW_BYTES_PER_MS;
    const ahead = this.#mulaw.subarray(start, start + speech.length);
    const noise = decodeMulaw(ahead);
    const mixed = noise.map((sample, index) => clamp(sample + speech[index]!));
    ahead.set(encodeMulaw(mixed));
    this.#samples = undefined;
    const { from, to } = soundIn(speech);
    const span = { from: start + from, to: start + to };
    this.spoken.push(span);
    return span;
  }

  /** What the telephone is to send. Speech is laid into what lies ahead. */
  get mulaw(): Buffer {
    return this.#mulaw;
  }

  /** Nobody asks any more what was said: streams that the model remembers need not keep it. */
  release(): void {
    this.#mulaw = Buffer.alloc(0);
    this.#samples = undefined;
  }

  /** As the bridge decodes it, s16le. */
  get samples(): Buffer {
    this.#samples ??= bytesOf(decodeMulaw(this.#mulaw));
    return this.#samples;
  }
}

/** The samples as they lie in memory: host order, which is the wire's here. */
export function bytesOf(samples: Int16Array): Buffer {
  return Buffer.from(samples.buffer, samples.byteOffset, samples.byteLength);
}

function clamp(sample: number): number {
  return Math.max(-32_768, Math.min(32_767, sample));
}
