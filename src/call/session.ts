import { Downsampler24to8 } from '../audio/downsampler.js';
import { FRAME_MS } from '../audio/framing.js';
import { S16leReader } from '../audio/passthrough.js';
import type { Clock } from '../clock.js';
import type { AgentVersion } from '../directory/agent.js';
import type { ErrorCode } from '../errors.js';
import type { Logger } from '../log.js';
import { Uplink } from '../media/uplink.js';
import { AgentSpeech } from './agent-speech.js';
import { CallerFloor } from './caller-floor.js';
import { DeadAir } from './dead-air.js';
import { Discretion } from './discretion.js';
import type { CallFact } from './events.js';
import { FaultCounter } from './fault-counter.js';
import { KeyCollector } from './keys.js';
import type {
  TelephonyEvent,
  TelephonyLeg,
  TelephonyListener,
  ToolCall,
  ToolOutcome,
  ToolRunner,
  VoiceEvent,
  VoiceLeg,
  VoiceListener,
} from './ports.js';
import type { EndReason, Turn } from './record.js';
import { ResponseGapMeter } from './response-gap.js';
import {
  type AfterStream,
  type CallRules,
  type CallState,
  INITIAL_STATE,
  type Signal,
  step,
  type Timer,
} from './step.js';
import { StreamLog } from './stream-log.js';
import { Timers } from './timers.js';
import { ToolDesk } from './tool-desk.js';
import { Transcript } from './transcript.js';

/** How often a call looks after what no message announces: missing audio, dead air. In ms. */
const WATCH_INTERVAL_MS = 200;
/** How long no media message may come before silence stands in for the caller, in ms. */
const QUIET_LINE_MS = 500;

export interface CallSessionOptions {
  callSid: string;
  agent: AgentVersion;
  /** Filled in; undefined when the agent waits for the caller, or has been made to speak first otherwise. */
  greeting: string | undefined;
  hasFallback: boolean;
  clock: Clock;
  log: Logger;
  phone: TelephonyLeg;
  tools: ToolRunner;
  /** Facts of this call, in order. */
  emit: (fact: CallFact, atMs: number) => void;
  /** The call has released everything; `next` is what the carrier is to be told. */
  ended: (reason: EndReason, next: AfterStream | undefined) => void;
  /** What is on record of an earlier media stream of the same call: turns, model streams, and ms since it began. */
  earlier?: { turns: readonly Turn[]; streamCount: number; elapsedMs: number };
}

/**
 * One call while its media stream lives: takes what both legs report, asks `step` what follows, and does it.
 * Audio crosses in the tick in which it arrives; nothing here waits.
 */
export class CallSession {
  readonly callSid: string;
  /** What the telephony leg reports to. */
  readonly caller: TelephonyListener = {
    hear: (mulaw, timestampMs) => this.#guarded(() => this.#hear(mulaw, timestampMs)),
    event: (event) => this.#guarded(() => this.#callerEvent(event)),
  };
  /** What the voice leg reports to. */
  readonly model: VoiceListener = {
    audio: (blockId, s16le) =>
      this.#guarded(() => {
        if (!this.#speech.relay(blockId, s16le)) this.#fault('VOICE_AUDIO_LATE');
      }),
    event: (event) => this.#guarded(() => this.#modelEvent(event)),
  };
  readonly #options: CallSessionOptions;
  readonly #clock: Clock;
  readonly #rules: CallRules;
  readonly #voice: VoiceLeg;
  readonly #uplink: Uplink;
  readonly #floor: CallerFloor;
  readonly #speech: AgentSpeech;
  readonly #gap = new ResponseGapMeter();
  readonly #transcript: Transcript;
  readonly #keys: KeyCollector;
  readonly #tools: ToolDesk;
  readonly #streamLog: StreamLog;
  readonly #deadAir: DeadAir;
  readonly #discretion: Discretion;
  readonly #timers = new Timers<Timer | 'watch'>((ms, action) => this.#after(ms, action));
  readonly #faults = new FaultCounter((fact) => this.#emit(fact));
  readonly #startedAtMs: number;
  #state: CallState = INITIAL_STATE;
  #voiceDroppedMs = 0;

  constructor(options: CallSessionOptions, openVoice: (listener: VoiceListener) => VoiceLeg) {
    this.callSid = options.callSid;
    this.#options = options;
    this.#clock = options.clock;
    this.#startedAtMs = options.clock.now() - (options.earlier?.elapsedMs ?? 0);
    const now = () => this.#clock.now();
    const { agent } = options;
    this.#deadAir = new DeadAir(options.clock.now());
    this.#discretion = new Discretion({
      emit: (fact) => options.emit(fact, this.callMs),
      callMs: () => this.callMs,
      after: (ms, action) => this.#after(ms, action),
    });
    this.#transcript = new Transcript(
      (index, turn) => this.#emit({ kind: 'turnChanged', index, turn }),
      options.earlier?.turns,
    );
    this.#keys = new KeyCollector(
      options.clock,
      agent.dtmf,
      (digits) => {
        this.#emit({ kind: 'keysEntered', count: digits.length });
        this.#apply({ kind: 'keysEntered', digits });
      },
      (isEntering) => {
        if (agent.dtmf.sensitive) this.#discretion.keyed(isEntering);
      },
    );
    this.#streamLog = new StreamLog({
      index: options.earlier?.streamCount ?? 0,
      openedMs: options.earlier?.elapsedMs ?? 0,
      callMs: () => this.callMs,
      emit: (fact) => this.#emit(fact),
    });
    this.#tools = new ToolDesk({
      callSid: options.callSid,
      agent,
      tools: options.tools,
      callMs: () => this.callMs,
      report: (toolCall) => this.#emit({ kind: 'toolChanged', toolCall }),
    });
    this.#speech = new AgentSpeech({
      phone: options.phone,
      converter: agent.audio.outputRateHz === 8000 ? new S16leReader() : new Downsampler24to8(),
      transcript: this.#transcript,
      gap: this.#gap,
      now,
      callMs: () => this.callMs,
      started: (turnId, isNew) => {
        if (isNew) this.#floor.agentBegins();
        this.#apply({ kind: 'agentStarted', turnId });
      },
      generated: (turnId) => this.#apply({ kind: 'agentGenerated', turnId, unheardMs: this.#speech.unheardMs }),
      heard: (turnId) => this.#apply({ kind: 'agentHeard', turnId }),
    });
    this.#voice = openVoice(this.model);
    this.#uplink = new Uplink({
      inputRateHz: agent.audio.inputRateHz,
      now,
      hear: (s16le, durationMs) => this.#voice.hear(s16le, durationMs),
    });
    this.#floor = new CallerFloor(this.#uplink);
    this.#rules = {
      greeting: options.greeting,
      takesText: this.#voice.takesText,
      silencePromptAfterMs: agent.silence.promptAfterMs,
      silenceHangUpAfter: agent.silence.hangUpAfter,
      maxCallMs: agent.maxCallMs,
      hasFallback: options.hasFallback,
    };
  }

  /** The media stream has started: from now on audio flows and time counts. */
  start(): void {
    this.#guarded(() => {
      this.#emit({ kind: 'answered' });
      this.#streamLog.opened(this.#voice);
      this.#watch();
      this.#apply({ kind: 'started' });
    });
  }

  /** The carrier reports that the call is over. */
  callFinished(): void {
    this.#guarded(() => this.#apply({ kind: 'callerGone' }));
  }

  /** Ends the call now; the carrier hangs up when it asks what is next. */
  hangUp(reason: EndReason = 'operator-hung-up'): void {
    this.#guarded(() => this.#apply({ kind: 'hungUp', reason }));
  }

  /** The carrier is being asked to take the call away, and what ends now ends for this reason; undefined: it refused. */
  leaving(reason: EndReason | undefined): void {
    this.#guarded(() => this.#apply({ kind: 'leaving', reason }));
  }

  /** Since the media stream started. */
  get callMs(): number {
    return this.#clock.now() - this.#startedAtMs;
  }

  #hear(mulaw: Uint8Array, timestampMs: number | undefined): void {
    if (!this.#uplink.push(mulaw, timestampMs)) this.#fault('TWILIO_MEDIA_FLOOD');
  }

  #callerEvent(event: TelephonyEvent): void {
    switch (event.kind) {
      case 'keyPressed':
        this.#keys.press(event.digit);
        break;
      case 'markReturned':
        this.#speech.markReturned(event.name);
        break;
      case 'stopped':
      case 'closed':
        this.#apply({ kind: 'callerGone' });
        break;
      case 'faulted':
        this.#fault(event.code);
        break;
    }
  }

  #modelEvent(event: VoiceEvent): void {
    switch (event.kind) {
      case 'callerText':
        this.#callerSaid(event.text);
        break;
      case 'agentText':
        if (event.stage === 'spoken') this.#transcript.agentWillSay(event.text);
        else this.#transcript.agentConfirmed(event.text);
        break;
      case 'audioStarted':
        this.#speech.begin(event.blockId);
        break;
      case 'audioEnded':
        this.#speech.end(event.blockId, event.turnEnded);
        break;
      case 'interrupted':
        this.#transcript.forgetUnspoken();
        this.#apply({ kind: 'interrupted', byCaller: this.#floor.isOverAgent });
        break;
      case 'toolCalled':
        this.#toolCalled(event);
        break;
      case 'usage':
        this.#emit({ kind: 'used', usage: event.usage });
        break;
      case 'dropped':
        this.#voiceDroppedMs += event.durationMs;
        this.#fault('VOICE_BACKLOG');
        break;
      case 'faulted':
        this.#fault(event.code);
        break;
      case 'closed':
        this.#voiceClosed(event.asked, event.reason);
        break;
    }
  }

  #callerSaid(text: string): void {
    const nowMs = this.callMs;
    const bounds = this.#floor.takeUtterance(nowMs);
    this.#transcript.callerSaid(text, bounds);
    // The model has heard a whole turn of the caller: what it said before that is complete, however it was marked.
    this.#speech.completeBetweenBlocks();
    this.#apply({ kind: 'callerSpoke', overAgent: this.#floor.isOverAgent });
    this.#gap.turnEnded(bounds.endMs, nowMs);
  }

  #voiceClosed(asked: boolean, reason: string): void {
    if (asked) return;
    this.#options.log.warn({ code: 'VOICE_STREAM_LOST', reason }, 'model stream lost');
    this.#fault('VOICE_STREAM_LOST');
    this.#streamLog.closed(this.#voice, reason);
    this.#speech.completeNow();
    this.#apply({ kind: 'voiceLost', unheardMs: this.#speech.unheardMs });
  }

  #toolCalled(call: ToolCall): void {
    this.#gap.toolStarted(this.callMs);
    this.#apply({ kind: 'toolCalled' });
    this.#tools.run(call, (outcome) => this.#guarded(() => this.#toolAnswered(call, outcome)));
  }

  #toolAnswered(call: ToolCall, outcome: ToolOutcome): void {
    if (outcome.kind === 'failed') this.#fault(outcome.code);
    if (outcome.kind === 'sensitive') this.#discretion.announced(outcome.active, outcome.limitMs);
    this.#voice.answerTool(call.callId, outcome.output);
    this.#gap.toolEnded(this.callMs);
    const { unheardMs } = this.#speech;
    this.#speech.noteProgress();
    this.#apply({ kind: 'toolAnswered', hangUp: outcome.kind === 'hang-up', unheardMs });
  }

  #apply(signal: Signal): void {
    const { state, effects } = step(this.#rules, this.#state, signal);
    this.#state = state;
    for (const effect of effects) {
      switch (effect.do) {
        case 'clearPlayout':
          this.#emit({ kind: 'interrupted', unheardMs: Math.round(this.#speech.cut()) });
          break;
        case 'giveUpMarks':
          this.#speech.giveUpMarks();
          break;
        case 'tell':
          this.#floor.agentBegins();
          this.#voice.tell(effect.text);
          break;
        case 'setTimer':
          this.#setTimer(effect.timer, effect.ms);
          break;
        case 'cancelTimer':
          this.#timers.cancel(effect.timer);
          break;
        case 'end':
          this.#end(effect.reason, effect.next);
          break;
      }
    }
  }

  #setTimer(timer: Timer, ms: number): void {
    this.#timers.set(timer, ms, () => {
      const quietMs = timer === 'silence' ? this.#floor.quietMs : Number.POSITIVE_INFINITY;
      // Someone who is talking, or just was, is not silent, whatever the model has made of it so far.
      const missingMs = this.#rules.silencePromptAfterMs - quietMs;
      if (missingMs > FRAME_MS) this.#setTimer(timer, missingMs);
      else this.#apply({ kind: 'timeUp', timer });
    });
  }

  #end(reason: EndReason, next: AfterStream | undefined): void {
    this.#timers.cancelAll();
    this.#keys.close();
    this.#discretion.close();
    this.#tools.close();
    const nowMs = this.#clock.now();
    this.#deadAir.close(nowMs);
    this.#speech.close();
    this.#voice.close();
    this.#options.phone.close();
    this.#streamLog.closed(this.#voice, 'ended');
    this.#faults.close();
    this.#emit({
      kind: 'audioCounted',
      audio: {
        deadAirMs: Math.round(this.#deadAir.totalMs),
        filledMs: Math.round(this.#uplink.filledMs),
        droppedMs: Math.round(this.#uplink.droppedMs + this.#voiceDroppedMs),
        clears: this.#speech.clears,
      },
    });
    this.#emit({ kind: 'ended', endReason: reason });
    this.#options.ended(reason, next);
  }

  #watch(): void {
    this.#timers.set('watch', WATCH_INTERVAL_MS, () => {
      this.#uplink.fillQuiet(QUIET_LINE_MS);
      const nowMs = this.#clock.now();
      const isAudible = this.#floor.isSpeaking || this.#speech.unheardMs > 0;
      if (isAudible) this.#deadAir.sound(nowMs);
      if (this.#state.openTools === 0) this.#speech.completeWhenStalled();
      this.#watch();
    });
  }

  /** Whatever goes wrong inside one call ends that call, with an apology, and touches no other. */
  #guarded(action: () => void): void {
    if (this.#state.phase.at === 'ended') return;
    try {
      action();
    } catch (error) {
      this.#options.log.error({ err: error, code: 'INTERNAL' }, 'call failed');
      this.#state = { ...this.#state, phase: { at: 'ended', reason: 'failed' } };
      this.#end('failed', { kind: 'fallback' });
    }
  }

  #after(ms: number, action: () => void): () => void {
    return this.#clock.after(ms, () => this.#guarded(action));
  }

  #fault(code: ErrorCode): void {
    if (this.#faults.count(code)) this.#options.log.info({ code }, 'irregularity counted');
  }

  #emit(fact: CallFact): void {
    this.#discretion.emit(fact);
  }
}
