import type { PcmSink } from './pcm.js';

/**
 * Turns a model's s16le bytes, cut anywhere (in the middle of a sample too), into 8 kHz telephone samples.
 * One instance per call and direction. The sink may run several times per push, or not at all, and must not push back.
 */
export interface ByteConverter {
  push(s16le: Uint8Array, sink: PcmSink<8000>): void;
  /** Hands out what is still inside and starts afresh. Half a sample left at the end is dropped. */
  flush(sink: PcmSink<8000>): void;
  /** Forgets what is inside, as when the agent is cut. */
  reset(): void;
}
