import type { Clock } from '../clock.js';
import type { AgentVersion } from '../directory/agent.js';
import type { Logger } from '../log.js';
import type { CallFact } from './events.js';
import type { TelephonyLeg, ToolContext, ToolRunner } from './ports.js';
import type { AfterStream, CallRules, SessionEnd } from './state.js';
import type { EarlierStreams, Tape } from './tape.js';

/** The call that a session carries, and what it is carried with. */
export interface CallSessionOptions {
  callSid: string;
  agent: AgentVersion;
  /** Filled in; undefined when the agent waits for the caller, or has been made to speak first otherwise. */
  greeting: string | undefined;
  hasFallback: boolean;
  clock: Clock;
  log: Logger;
  phone: TelephonyLeg;
  /** Who speaks, the number that was called, and what the call was started with, for the tools. */
  party: Pick<ToolContext, 'caller' | 'called' | 'variables'>;
  tools: ToolRunner;
  /** Whether the caller may be put through there. */
  mayDial: (to: string) => boolean;
  /** What the caller hears while a tool works: the operator's clip of that name, or a tone. Mu-law at 8 kHz, in a loop. */
  waitSound: (clip: string | undefined) => Uint8Array;
  /** Where the call is noted; undefined when it is not kept. */
  tape?: Tape | undefined;
  /** Facts of this call, in order. */
  emit: (fact: CallFact, atMs: number) => void;
  /**
   * The call has released everything; `next` is what the carrier is to be told. A call that was handed over has left its
   * media stream open, which is closed when what is known of it is kept.
   */
  ended: (reason: SessionEnd, next: AfterStream | undefined) => void;
  /** What is on record of earlier media streams of the same call. */
  earlier?: EarlierStreams;
}

/** What the call's decisions are taken by; `takesText`: whether its model takes text. */
export function rulesOf({ agent, greeting, hasFallback, earlier }: CallSessionOptions, takesText: boolean): CallRules {
  return {
    greeting,
    takesText,
    silencePromptAfterMs: agent.silence.promptAfterMs,
    silenceHangUpAfter: agent.silence.hangUpAfter,
    maxCallMs: agent.maxCallMs,
    elapsedMs: earlier?.elapsedMs ?? 0,
    hasFallback,
  };
}
