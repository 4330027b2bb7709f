import type { Clock } from '../clock.js';
import type { AgentVersion } from '../directory/agent.js';
import type { Directory } from '../directory/directory.js';
import type { Logger } from '../log.js';
import type { Admission } from './admission.js';
import type { LegRecorder } from './leg-recorder.js';
import type { NumberLimits } from './limits.js';
import type { LiveTaps } from './listening.js';
import type { ToolRunner, VoiceModel, VoiceProfile } from './ports.js';
import type { CallRecord } from './record.js';
import type { CallRegistry } from './registry.js';
import type { TakeUpsOptions } from './take-ups.js';
import type { OpenTape } from './tape.js';

/** What the reception needs of the other parts of the bridge. */
export interface ReceptionOptions {
  directory: Directory;
  registry: CallRegistry;
  model: VoiceModel;
  /** The longest life of a model stream of that agent, in ms. */
  sessionLimitOf: (agent: AgentVersion) => number;
  tools: ToolRunner;
  /** What the voice model is told of the agent's tools. */
  toolsOf: (agent: AgentVersion) => VoiceProfile['tools'];
  /** What the caller hears while a tool works. */
  waitSound: (clip: string | undefined) => Uint8Array;
  /** What is remembered of the caller for this agent. Never rejects, and takes no longer than the caller can wait. */
  recall: (agent: AgentVersion, caller: string) => Promise<readonly string[]>;
  limits: NumberLimits;
  recorder: LegRecorder;
  /** Lets people listen to live calls; left out, nobody can. */
  listening?: LiveTaps;
  /** Opens the tape of a call whose number records; left out, none is noted. */
  openTape?: OpenTape;
  clock: Clock;
  log: Logger;
  /** Whether one more call is taken. */
  admission: Admission;
  /** Whether a call over the number `from` may be passed on to `to`. */
  mayDial: (to: string, from: string) => boolean;
  /** What is on record of a call of this instance. */
  recordOf: (callSid: string) => CallRecord | undefined;
  /** Resolves when what is known of calls is kept, or cannot be for a while. Never rejects. */
  kept: () => Promise<void>;
  /** What any instance has on record of it; taken up here when it was another one's. */
  restore: TakeUpsOptions['restore'];
  adopt?: TakeUpsOptions['adopt'];
  giveUp?: TakeUpsOptions['giveUp'];
  /** A call goes on here of which nobody can say what is on record, with times that count from then (epoch), if that is known. */
  unknown?: (callSid: string, startedAtMs: number | undefined) => void;
  /** Whether it still is such a call. */
  isUnknown?: (callSid: string) => boolean;
}
