import type { EndReason } from '../call/record.js';
import type { CallInput, CallOutput, TapedCall } from '../call/tape.js';

/** The way boxes are written; another one is another number. */
export const BOX_FORMAT = 2;

/** What a call was made with. */
export interface BoxHead extends Omit<TapedCall, 'mayDial'> {
  format: typeof BOX_FORMAT;
  /** Persons of the agent's tools that the caller might be put through to. */
  dialable: readonly string[];
  versions: { bridge: string; node: string };
}

/** An input as it is kept. The samples of the model are not: what the caller was sent of them is. */
export type KeptInput =
  | Exclude<CallInput, { kind: 'modelAudio' }>
  | { kind: 'modelAudio'; blockId: string; byteLength: number };

/** One input, the time that held while it was worked on (ms since the epoch, to the microsecond), and what was done on it. */
export interface Tick {
  atMs: number;
  input: KeptInput;
  outputs: CallOutput[];
  /** It lies in a sensitive span: sound was made silent, words, keys and tool data were left out. */
  isBlanked: boolean;
}

/** One media stream of a call, as far as its box can be read. */
export interface Box {
  head: BoxHead;
  ticks: readonly Tick[];
  /** Why the call ended; undefined when the box was cut before that. */
  endReason: EndReason | undefined;
}
