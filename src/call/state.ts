import type { EndReason } from './record.js';

/**
 * The phases of a call. Whoever has the floor names the phase; `speaking` lasts until the caller has heard the turn,
 * not until the model has produced it.
 */
export type Phase =
  | { at: 'listening' }
  /** The caller's turn is over, or the model was told to speak: the agent's answer is awaited. */
  | { at: 'thinking' }
  /** `paused`: what came of the turn was heard, and more of it may come. `owesMore`: more is owed, of a
   * turn that was cut, or on what a tool has answered. */
  | { at: 'speaking'; turnId: number; generated: boolean; paused?: true; owesMore?: true }
  /** The call ends once its last words were heard. */
  | { at: 'closing'; reason: EndReason; next: AfterStream; words: 'awaited' | 'sounding' | 'generated' }
  | { at: 'ended'; reason: SessionEnd };

/** Why a session ends: for the reason for which its call does, or because another instance goes on with the call. */
export type SessionEnd = EndReason | 'handed-over';

/**
 * When a call may be handed over: between two turns; in a pause of the caller, while no tool runs; whatever goes on.
 */
export type HandOverMoment = 'turn' | 'pause' | 'now';

/** What the carrier is to do after the media stream. */
export type AfterStream =
  | { kind: 'hang-up' }
  | { kind: 'say-and-hang-up'; text: string }
  /** The caller is put through to a person, who first hears what it is about when `warm`. */
  | { kind: 'dial'; to: string; warm: boolean }
  /** No agent can serve the caller: apology, then the number's fallback or goodbye. */
  | { kind: 'fallback' }
  /** The call goes on with its agent on another media stream, wherever that is opened. */
  | { kind: 'connect-again' };

/** Whether the caller hears that work is going on; `due`: as soon as the agent has finished speaking. */
export type Waiting = { at: 'quiet' } | { at: 'due' | 'sounding'; clip: string | undefined };

export interface CallState {
  readonly phase: Phase;
  readonly openTools: number;
  readonly waiting: Waiting;
  /** How often the silent caller has been asked in a row. */
  readonly silencePrompts: number;
  /** The warning that the call must end waits for the agent to finish speaking. */
  readonly warningDue: boolean;
  /** The carrier has been asked to take the call away: when the stream stops now, it is not the caller who hung up. */
  readonly leavingAs: EndReason | undefined;
  /** Another instance is to go on with the call as soon as there is such a moment. */
  readonly handOver: HandOverMoment | undefined;
}

export type Timer = 'silence' | 'playout' | 'closing' | 'warning' | 'maxCall' | 'wait';

export type Signal =
  | { kind: 'started' }
  | { kind: 'callerSpoke'; overAgent: boolean }
  | { kind: 'keysEntered'; digits: string }
  | { kind: 'agentStarted'; turnId: number }
  | { kind: 'agentPaused'; turnId: number }
  | { kind: 'agentGenerated'; turnId: number; unheardMs: number }
  | { kind: 'agentHeard'; turnId: number }
  /** The model stream went in the middle of the agent's words; the next one is asked to go on with them. */
  | { kind: 'agentCut' }
  /** The model stopped because of input: `byCaller` when the caller was heard, else text that it was told will have done it. */
  | { kind: 'interrupted'; byCaller: boolean }
  | { kind: 'toolCalled' }
  /** A tool has been running for so long that the caller should hear so, by the operator's clip of that name or a tone. */
  | { kind: 'toolWaits'; clip: string | undefined }
  /** The caller waits for something to be said, and has heard nothing for too long. */
  | { kind: 'answerLate' }
  /** `last`: the call is to end once the agent's last words were heard. */
  | { kind: 'toolAnswered'; last?: { reason: EndReason; next: AfterStream }; unheardMs: number }
  /** The key that asks for a person was pressed. */
  | { kind: 'personWanted'; to: string; warm: boolean }
  | { kind: 'timeUp'; timer: Timer }
  | { kind: 'voiceLost'; unheardMs: number }
  /** Three independent endings of the carrier's side, and one of the operator's. */
  | { kind: 'callerGone' }
  | { kind: 'hungUp'; reason: EndReason }
  /** The carrier is being asked to take the call away from the agent, or has refused (no reason). */
  | { kind: 'leaving'; reason: EndReason | undefined }
  /**
   * Another instance is to go on with the call at such a moment (undefined: not any more); said again and again until it has
   * come. For how long the caller, and either side, has not been heard.
   */
  | { kind: 'handOver'; moment: HandOverMoment | undefined; callerQuietMs: number; quietMs: number };

export type Effect =
  /** Silence the agent: empty the carrier's buffer, cut the turn, drop what still comes of it. */
  | { do: 'clearPlayout' }
  /** The carrier does not confirm what it must have played by now: the turn is over, credited as far as is known. */
  | { do: 'giveUpMarks' }
  /** Give the model text to answer. */
  | { do: 'tell'; text: string }
  /** The caller hears that work is going on, until the next effect. */
  | { do: 'startWaitSound'; clip: string | undefined }
  | { do: 'stopWaitSound' }
  | { do: 'setTimer'; timer: Timer; ms: number }
  | { do: 'cancelTimer'; timer: Timer }
  /** Release everything. `next` is what the carrier is told when it asks; absent when the caller is gone. */
  | { do: 'end'; reason: SessionEnd; next?: AfterStream };

export interface CallRules {
  greeting: string | undefined;
  /** Whether the model takes text during the call. */
  takesText: boolean;
  silencePromptAfterMs: number;
  silenceHangUpAfter: number;
  maxCallMs: number;
  /** How much of it earlier media streams of the call have taken. */
  elapsedMs: number;
  /** Whether the number names someone who serves the caller when the agent cannot. */
  hasFallback: boolean;
}

export const INITIAL_STATE: CallState = {
  phase: { at: 'listening' },
  openTools: 0,
  waiting: { at: 'quiet' },
  silencePrompts: 0,
  warningDue: false,
  leavingAs: undefined,
  handOver: undefined,
};

/** What follows from a signal. */
export interface Step {
  state: CallState;
  effects: readonly Effect[];
}
