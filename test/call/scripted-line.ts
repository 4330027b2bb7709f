import { offendingFrom } from '../../src/call/filtered.js';
import { patientClock } from '../../src/call/patient-clock.js';
import type { Situation, VoiceEvent, VoiceLeg, VoiceListener, VoiceProfile } from '../../src/call/ports.js';
import { VoiceLine } from '../../src/call/voice-line.js';
import { createLog } from '../../src/log.js';
import { StandingClock } from './standing-clock.js';

/** Caller audio is counted in blocks: every sample of a block is its number, from 0. */
const BLOCK_MS = 10;
const BLOCK_SAMPLES = 80;
const SAMPLES_PER_MS = BLOCK_SAMPLES / BLOCK_MS;

export interface ScriptedLeg {
  readonly region: string;
  /** What it was given apart from audio, in order. */
  readonly given: (
    | { begin: VoiceProfile['history'] }
    | { tell: string }
    | { answerTool: string; output: Readonly<Record<string, unknown>> }
  )[];
  /** Which blocks of caller audio it was given, and how long they were said to be, in ms. */
  readonly blocks: number[];
  heardMs: number;
  state: 'open' | 'closed' | 'aborted' | 'lost';
  says(...events: VoiceEvent[]): void;
  /** It is over unasked. */
  loses(loss: Extract<VoiceEvent, { kind: 'closed' }>['loss']): void;
}

/** A voice line of a call that the test describes, over streams that do as the test says, on a clock that stands still. */
export function scriptedLine(options: { sessionLimitMs?: number; frameMs?: number } = {}) {
  const { frameMs = 20 } = options;
  const clock = new StandingClock(0);
  const legs: ScriptedLeg[] = [];
  const events: VoiceEvent[] = [];
  let spokenBlocks = 0;
  let blockCount = 0;
  let openError: Error | undefined;
  /** As it is until the test says otherwise: nothing is said, and all is understood. */
  const call: Partial<Situation> & { history: VoiceProfile['history'] } = { history: [] };

  const open = (listener: VoiceListener): VoiceLeg => {
    if (openError) throw openError;
    const leg: ScriptedLeg = {
      region: `region-${legs.length}`,
      given: [],
      blocks: [],
      heardMs: 0,
      state: 'open',
      says: (...said) => said.forEach((event) => void listener.event(event)),
      loses(loss) {
        this.state = 'lost';
        listener.event({ kind: 'closed', asked: false, reason: `lost: ${loss}`, ...(loss && { loss }) });
      },
    };
    legs.push(leg);
    const over = (how: 'closed' | 'aborted') => {
      if (leg.state !== 'open') return;
      leg.state = how;
      clock.after(50, () => listener.event({ kind: 'closed', asked: true, reason: how }));
    };
    return {
      modelId: 'nova-2',
      region: leg.region,
      takesText: true,
      openedAtMs: clock.now(),
      begin: (history) => leg.given.push({ begin: history }),
      hear(s16le, durationMs) {
        leg.heardMs += durationMs;
        pushBlocks(leg.blocks, new Int16Array(s16le.buffer, s16le.byteOffset, s16le.byteLength / 2));
      },
      tell: (text) => leg.given.push({ tell: text }),
      answerTool: (callId, output) => leg.given.push({ answerTool: callId, output }),
      close: () => over('closed'),
      abort: () => over('aborted'),
    };
  };
  const audio: string[] = [];
  let onEvent: ((event: VoiceEvent) => void) | undefined;
  const line = new VoiceLine({
    first: open,
    next: open,
    inputRateHz: 8000,
    sessionLimitMs: options.sessionLimitMs ?? 480_000,
    spread: 0,
    clock: patientClock(clock),
    log: createLog('silent'),
    listener: {
      audio: (blockId) => audio.push(blockId),
      event(event) {
        events.push(event);
        if (event.kind === 'gone' && event.offence) {
          call.history = call.history.slice(0, offendingFrom(call.history, event.offence));
        }
        onEvent?.(event);
      },
    },
    call: {
      history: () => call.history,
      situation: () => ({
        consumedMs: Math.max(0, blockCount * BLOCK_MS - 200),
        openSpeechFromMs: undefined,
        openSpeechMs: spokenBlocks * BLOCK_MS,
        isInDoubt: false,
        isCallerSpeaking: false,
        agent: 'silent',
        agentQuietMs: 0,
        isAnswerOwed: false,
        openTools: 0,
        ...call,
      }),
    },
  });

  const frame = new Int16Array(frameMs * SAMPLES_PER_MS);
  const hear = (ms: number) => {
    for (let passedMs = 0; passedMs < ms; passedMs += frameMs) {
      clock.advance(frameMs);
      for (let at = 0; at < frame.length; at += BLOCK_SAMPLES) frame.fill(blockCount++, at, at + BLOCK_SAMPLES);
      line.hear(new Uint8Array(frame.buffer), frameMs);
    }
  };
  return {
    clock,
    line,
    legs,
    call,
    events,
    audio,
    kinds: () => events.map((event) => event.kind),
    /** For so long nothing runs; then all timers that are due, before anything else. */
    standStill: (ms: number) => clock.standStill(ms),
    /** Time passes, and with it a line on which nobody speaks. */
    quiet: hear,
    /** The caller begins to speak, or goes on; what they say is open until `understood`. */
    speaks(ms: number) {
      call.openSpeechFromMs ??= blockCount * BLOCK_MS;
      call.consumedMs ??= Math.max(0, blockCount * BLOCK_MS - 200);
      call.isCallerSpeaking = true;
      hear(ms);
      spokenBlocks += ms / BLOCK_MS;
    },
    /** The caller pauses; what they said stays open. */
    pauses(ms: number) {
      call.isCallerSpeaking = false;
      hear(ms);
    },
    understood() {
      spokenBlocks = 0;
      delete call.openSpeechFromMs;
      delete call.consumedMs;
      call.isCallerSpeaking = false;
    },
    /** From now on no stream can be opened at all; undefined: again it can. */
    opensFail(error: Error | undefined) {
      openError = error;
    },
    onEvent(act: (event: VoiceEvent) => void) {
      onEvent = act;
    },
    /** The blocks of caller audio from this ms on until now. */
    blocksFrom: (fromMs: number) => {
      const first = fromMs / BLOCK_MS;
      return Array.from({ length: blockCount - first }, (_, index) => first + index);
    },
    heardMs: () => blockCount * BLOCK_MS,
  };
}

function pushBlocks(blocks: number[], samples: Int16Array): void {
  for (let at = 0; at < samples.length; at += BLOCK_SAMPLES) {
    const [first, last] = [samples[at], samples[at + BLOCK_SAMPLES - 1]];
    if (first === undefined || first !== last)
      throw new Error(`a block of caller audio is broken: ${first} to ${last}`);
    blocks.push(first);
  }
}
