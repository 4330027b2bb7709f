import type { AgentVersion } from '../directory/agent.js';
import type { CallFact } from './events.js';
import type { CallVoice, TelephonyEvent, TelephonyLeg, ToolContext, ToolOutcome, VoiceEvent } from './ports.js';
import type { EndReason, Turn } from './record.js';
import type { CallRules, Effect, HandOverMoment, Phase, Signal } from './state.js';

/** What enters a call. All that a call does follows from these, in their order and at their times. */
export type CallInput =
  /** The session was made, with a stream to this model; always the first. */
  | { kind: 'opened'; modelId: string; region: string; rules: CallRules }
  | { kind: 'started' }
  | { kind: 'callerAudio'; mulaw: Uint8Array; timestampMs: number | undefined }
  | { kind: 'phone'; event: TelephonyEvent }
  | { kind: 'modelAudio'; blockId: string; s16le: Uint8Array }
  | { kind: 'voice'; event: VoiceEvent }
  /** Runs of tools are counted from 1 in the order of their beginning. */
  | { kind: 'toolSettled'; run: number; outcome: ToolOutcome }
  /** The timer of that number fell due: counted from 1 in the order of their making. */
  | { kind: 'timerFired'; timer: number }
  | { kind: 'callFinished' }
  | { kind: 'hangUp'; reason: EndReason }
  | { kind: 'leaving'; reason: EndReason | undefined }
  | { kind: 'handOver'; moment: HandOverMoment | undefined };

/** What a call does on an input: what it sends to either side, what it decided, and what it told of itself. */
export type CallOutput =
  | { kind: 'play'; mulaw: Uint8Array }
  | { kind: 'mark'; name: string }
  | { kind: 'clear' }
  | { kind: 'close' }
  | { kind: 'tell'; text: string }
  | { kind: 'answerTool'; callId: string; output: Readonly<Record<string, unknown>> }
  | { kind: 'closeVoice' }
  /** One signal to `step`, the phase after it, and what it decided. */
  | { kind: 'decided'; signal: Signal; phase: Phase; effects: readonly Effect[] }
  /** As it may be kept: words of sensitive spans are left out already. */
  | { kind: 'fact'; fact: CallFact };

/**
 * Notes a call while it goes on. Must not throw and must not wait: it is called between two audio frames. Bytes are valid
 * during the call of the method only.
 */
export interface Tape {
  /** An input is about to be worked on; `atMs` is the time that holds for all of it. */
  took(input: CallInput, atMs: number): void;
  /** What was done on the input that was taken last. */
  gave(output: CallOutput): void;
}

/**
 * What is on record of the earlier media streams of a call that came back: turns, model streams, and ms since it began;
 * `secretMs`: for how long something secret goes on being spoken; `silentMs`: for how long nobody was heard before this one.
 */
export interface EarlierStreams {
  turns: readonly Turn[];
  streamCount: number;
  elapsedMs: number;
  secretMs: number;
  silentMs: number;
}

/** What a call is made with, beside its inputs. */
export interface TapedCall {
  callSid: string;
  direction: 'inbound' | 'outbound';
  /** The number of ours that the call goes over. */
  number: string;
  agent: AgentVersion;
  party: Pick<ToolContext, 'caller' | 'called' | 'variables'>;
  greeting: string | undefined;
  hasFallback: boolean;
  /** Whether the caller may be put through there. */
  mayDial: (to: string) => boolean;
  /** What is on record of earlier media streams of the same call. */
  earlier: EarlierStreams | undefined;
}

/** Opens a tape for a call that is kept. Never throws. */
export type OpenTape = (call: TapedCall) => Tape;

/** The caller's leg, with what is sent to it noted; the leg itself when there is no tape. */
export function tapedPhone(phone: TelephonyLeg, tape: Tape | undefined): TelephonyLeg {
  if (!tape) return phone;
  return {
    play(mulaw) {
      tape.gave({ kind: 'play', mulaw });
      phone.play(mulaw);
    },
    mark(name) {
      tape.gave({ kind: 'mark', name });
      phone.mark(name);
    },
    clear() {
      tape.gave({ kind: 'clear' });
      phone.clear();
    },
    close() {
      tape.gave({ kind: 'close' });
      phone.close();
    },
  };
}

/** The model's leg, with what it is told noted; the caller's audio is not, as it follows from what came in. */
export function tapedVoice(voice: CallVoice, tape: Tape | undefined): CallVoice {
  if (!tape) return voice;
  const { modelId, region, takesText } = voice;
  return {
    modelId,
    region,
    takesText,
    hear: (s16le, durationMs) => voice.hear(s16le, durationMs),
    tell(text) {
      tape.gave({ kind: 'tell', text });
      voice.tell(text);
    },
    answerTool(callId, output) {
      tape.gave({ kind: 'answerTool', callId, output });
      voice.answerTool(callId, output);
    },
    close() {
      tape.gave({ kind: 'closeVoice' });
      voice.close();
    },
  };
}
