import type { Box, BoxHead } from '../../blackbox/box.js';

/** What may differ: what `step` was told, where it led, what it decided, and what was done by that. */
export type DifferenceKind =
  | 'rules'
  | 'signal'
  | 'phase'
  | 'effects'
  | 'play'
  | 'mark'
  | 'clear'
  | 'close'
  | 'tell'
  | 'answerTool'
  | 'closeVoice'
  | 'fact'
  | 'timer'
  | 'tool'
  | 'end';

/** What differs at one place, in words; undefined: nothing. */
export interface Difference {
  kind: DifferenceKind;
  expected: string | undefined;
  found: string | undefined;
}

/** A difference and where it is. */
export interface BoxDifference extends Difference {
  /** Of the media stream, in ms. */
  atMs: number;
  /** The input that was worked on, in words. */
  input: string;
  /** Some sound or words before it were not kept: it may come from that. */
  isAfterSecret: boolean;
}

/** How a replayed call differs from its black box. */
export interface BoxComparison {
  callSid: string;
  versions: BoxHead['versions'];
  endReason: Box['endReason'];
  /** Of the box, in ms, and its inputs. */
  durationMs: number;
  inputCount: number;
  /** Where replaying stopped, because nothing after that could be compared; undefined when it went to the end. */
  stoppedAtMs: number | undefined;
  /** The first ones, in order. */
  differences: readonly BoxDifference[];
  /** How many there are of each kind. */
  counts: ReadonlyMap<DifferenceKind, number>;
}
