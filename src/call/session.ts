import { Downsampler24to8 } from '../audio/downsampler.js';
import { FRAME_MS } from '../audio/framing.js';
import { S16leReader } from '../audio/passthrough.js';
import type { ErrorCode } from '../errors.js';
import { Uplink } from '../media/uplink.js';
import { WaitSound } from '../media/wait-sound.js';
import { AgentSpeech } from './agent-speech.js';
import { CallerFloor } from './caller-floor.js';
import { Discretion } from './discretion.js';
import type { CallFact } from './events.js';
import { FaultCounter } from './fault-counter.js';
import { Intake } from './intake.js';
import { KeyCollector } from './keys.js';
import { LineWatch, WATCH_INTERVAL_MS } from './line-watch.js';
import type {
  TelephonyEvent,
  TelephonyLeg,
  TelephonyListener,
  ToolCall,
  ToolOutcome,
  VoiceEvent,
  VoiceLeg,
  VoiceListener,
} from './ports.js';
import type { EndReason } from './record.js';
import { ResponseGapMeter } from './response-gap.js';
import { type CallSessionOptions, rulesOf } from './session-options.js';
import { type AfterStream, type CallRules, type CallState, INITIAL_STATE, type Signal, type Timer } from './state.js';
import { step } from './step.js';
import { StreamLog } from './stream-log.js';
import { tapedPhone, tapedVoice } from './tape.js';
import { Timers } from './timers.js';
import { endAskedBy, ToolDesk } from './tool-desk.js';
import { Transcript } from './transcript.js';

/**
 * One call while its media stream lives: takes what both legs report, asks `step` what follows, and does it.
 * Audio crosses in the tick in which it arrives; nothing here waits.
 */
export class CallSession {
  readonly callSid: string;
  /** What the telephony leg reports to. */
  readonly caller: TelephonyListener = {
    hear: (mulaw, timestampMs) =>
      this.#intake.take({ kind: 'callerAudio', mulaw, timestampMs }, (audio) => {
        if (!this.#uplink.push(audio.mulaw, audio.timestampMs)) this.#fault('TWILIO_MEDIA_FLOOD');
      }),
    event: (event) => this.#intake.take({ kind: 'phone', event }, () => this.#callerEvent(event)),
  };
  /** What the voice leg reports to. */
  readonly model: VoiceListener = {
    audio: (blockId, s16le) =>
      this.#intake.take({ kind: 'modelAudio', blockId, s16le }, (audio) => {
        if (!this.#speech.relay(audio.blockId, audio.s16le)) this.#fault('VOICE_AUDIO_LATE');
      }),
    event: (event) => this.#intake.take({ kind: 'voice', event }, () => this.#modelEvent(event)),
  };
  readonly #options: CallSessionOptions;
  readonly #intake: Intake;
  readonly #rules: CallRules;
  readonly #phone: TelephonyLeg;
  readonly #voice: VoiceLeg;
  readonly #uplink: Uplink;
  readonly #floor: CallerFloor;
  readonly #speech: AgentSpeech;
  readonly #gap = new ResponseGapMeter();
  readonly #transcript: Transcript;
  readonly #keys: KeyCollector;
  readonly #tools: ToolDesk;
  readonly #streamLog: StreamLog;
  readonly #watch: LineWatch;
  readonly #waitSound: WaitSound;
  readonly #discretion: Discretion;
  readonly #timers = new Timers<Timer | 'watch'>((ms, action) => this.#intake.clock.after(ms, action));
  readonly #faults = new FaultCounter((fact) => this.#emit(fact));
  readonly #startedAtMs: number;
  #state: CallState = INITIAL_STATE;
  #voiceDroppedMs = 0;

  constructor(options: CallSessionOptions, openVoice: (listener: VoiceListener) => VoiceLeg) {
    this.callSid = options.callSid;
    this.#options = options;
    const { agent, tape } = options;
    this.#intake = new Intake({
      clock: options.clock,
      tape,
      isOver: () => this.#state.phase.at === 'ended',
      failed: (error) => this.#fail(error),
    });
    const { clock } = this.#intake;
    const now = () => clock.now();
    this.#startedAtMs = now() - (options.earlier?.elapsedMs ?? 0);
    const callMs = () => now() - this.#startedAtMs;
    const after = (ms: number, action: () => void) => clock.after(ms, action);
    this.#phone = tapedPhone(options.phone, tape);
    this.#discretion = new Discretion({
      emit: (fact) => {
        tape?.gave({ kind: 'fact', fact });
        options.emit(fact, callMs());
      },
      callMs,
      after,
    });
    this.#transcript = new Transcript(
      (index, turn) => this.#emit({ kind: 'turnChanged', index, turn }),
      options.earlier?.turns,
    );
    this.#keys = new KeyCollector(
      clock,
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
      callMs,
      emit: (fact) => this.#emit(fact),
    });
    this.#tools = new ToolDesk({
      callSid: options.callSid,
      agent,
      ...options.party,
      tools: options.tools,
      mayDial: options.mayDial,
      callMs,
      after,
      settled: (input, act) => this.#intake.take(input, act),
      report: (toolCall) => this.#emit({ kind: 'toolChanged', toolCall }),
      waits: (clip) => this.#apply({ kind: 'toolWaits', clip }),
    });
    this.#waitSound = new WaitSound({
      play: (mulaw) => this.#phone.play(mulaw),
      clear: () => this.#phone.clear(),
      now,
      after,
    });
    this.#speech = new AgentSpeech({
      phone: this.#phone,
      converter: agent.audio.outputRateHz === 8000 ? new S16leReader() : new Downsampler24to8(),
      transcript: this.#transcript,
      gap: this.#gap,
      now,
      callMs,
      started: (turnId, isNew) => {
        if (isNew) this.#floor.agentBegins();
        this.#apply({ kind: 'agentStarted', turnId });
      },
      paused: (turnId) => this.#apply({ kind: 'agentPaused', turnId }),
      generated: (turnId) => this.#apply({ kind: 'agentGenerated', turnId, unheardMs: this.#speech.unheardMs }),
      heard: (turnId) => this.#apply({ kind: 'agentHeard', turnId }),
    });
    this.#voice = tapedVoice(openVoice(this.model), tape);
    this.#uplink = new Uplink({
      inputRateHz: agent.audio.inputRateHz,
      now,
      hear: (s16le, durationMs) => this.#voice.hear(s16le, durationMs),
    });
    this.#floor = new CallerFloor(this.#uplink);
    this.#watch = new LineWatch({
      uplink: this.#uplink,
      isAudible: () => this.#floor.isSpeaking || this.#speech.unheardMs > 0 || this.#waitSound.isSounding,
      now,
    });
    this.#rules = rulesOf(options, this.#voice.takesText);
    const { modelId, region } = this.#voice;
    tape?.took({ kind: 'opened', modelId, region, rules: this.#rules }, now());
  }

  /** The media stream has started: from now on audio flows and time counts. */
  start(): void {
    this.#intake.take({ kind: 'started' }, () => {
      this.#emit({ kind: 'answered' });
      this.#discretion.resumed(this.#options.earlier?.secretMs ?? 0);
      this.#streamLog.opened(this.#voice);
      this.#look();
      this.#apply({ kind: 'started' });
    });
  }

  /** The carrier reports that the call is over. */
  callFinished(): void {
    this.#intake.take({ kind: 'callFinished' }, () => this.#apply({ kind: 'callerGone' }));
  }

  /** Ends the call now; the carrier hangs up when it asks what is next. */
  hangUp(reason: EndReason = 'operator-hung-up'): void {
    this.#intake.take({ kind: 'hangUp', reason }, () => this.#apply({ kind: 'hungUp', reason }));
  }

  /** The carrier is being asked to take the call away, and what ends now ends for this reason; undefined: it refused. */
  leaving(reason: EndReason | undefined): void {
    this.#intake.take({ kind: 'leaving', reason }, () => this.#apply({ kind: 'leaving', reason }));
  }

  /** Since the media stream started. */
  get callMs(): number {
    return this.#options.clock.now() - this.#startedAtMs;
  }

  /** The same when the input that is worked on came. */
  get #tickMs(): number {
    return this.#intake.clock.now() - this.#startedAtMs;
  }

  #callerEvent(event: TelephonyEvent): void {
    switch (event.kind) {
      case 'keyPressed':
        this.#keyPressed(event.digit);
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

  #keyPressed(digit: string): void {
    const { dtmf, tools } = this.#options.agent;
    const person = digit === dtmf.handoffKey ? tools.find((tool) => tool.kind === 'handoff') : undefined;
    if (person && this.#options.mayDial(person.to))
      this.#apply({ kind: 'personWanted', to: person.to, warm: person.warm });
    else this.#keys.press(digit);
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
    const nowMs = this.#tickMs;
    const bounds = this.#floor.takeUtterance(nowMs);
    this.#transcript.callerSaid(text, bounds);
    // The model has heard a whole turn of the caller: what it said before that is complete, however it was marked.
    this.#speech.completeBetweenBlocks();
    this.#tools.callerSpoke();
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
    this.#gap.toolStarted(this.#tickMs);
    this.#apply({ kind: 'toolCalled' });
    this.#tools.run(call, (outcome) => this.#toolAnswered(call, outcome));
  }

  #toolAnswered(call: ToolCall, outcome: ToolOutcome): void {
    if (outcome.kind === 'failed') this.#fault(outcome.code);
    if (outcome.kind === 'sensitive') this.#discretion.announced(outcome.active, outcome.limitMs);
    this.#voice.answerTool(call.callId, outcome.output);
    this.#gap.toolEnded(this.#tickMs);
    const { unheardMs } = this.#speech;
    this.#speech.noteProgress();
    this.#apply({ kind: 'toolAnswered', ...endAskedBy(outcome), unheardMs });
  }

  #apply(signal: Signal): void {
    const { state, effects } = step(this.#rules, this.#state, signal);
    this.#state = state;
    this.#options.tape?.gave({ kind: 'decided', signal, phase: state.phase, effects });
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
        case 'startWaitSound':
          this.#waitSound.start(this.#options.waitSound(effect.clip));
          break;
        case 'stopWaitSound':
          this.#waitSound.stop();
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
    this.#waitSound.stop();
    this.#speech.close();
    this.#voice.close();
    this.#phone.close();
    this.#streamLog.closed(this.#voice, 'ended');
    this.#faults.close();
    const { deadAirMs, filledMs, droppedMs } = this.#watch.close();
    const { clears } = this.#speech;
    const audio = { deadAirMs, filledMs, droppedMs: Math.round(droppedMs + this.#voiceDroppedMs), clears };
    this.#emit({ kind: 'audioCounted', audio });
    if (next?.kind === 'dial') this.#emit({ kind: 'transferred', to: next.to });
    this.#emit({ kind: 'ended', endReason: reason });
    this.#options.ended(reason, next);
  }

  #look(): void {
    this.#timers.set('watch', WATCH_INTERVAL_MS, () => {
      this.#watch.look();
      if (this.#state.openTools === 0) this.#speech.completeWhenStalled();
      this.#look();
    });
  }

  /** Whatever goes wrong inside one call ends that call, with an apology, and touches no other. */
  #fail(error: unknown): void {
    this.#options.log.error({ err: error, code: 'INTERNAL' }, 'call failed');
    this.#state = { ...this.#state, phase: { at: 'ended', reason: 'failed' } };
    this.#end('failed', { kind: 'fallback' });
  }

  #fault(code: ErrorCode): void {
    if (this.#faults.count(code)) this.#options.log.info({ code }, 'irregularity counted');
  }

  #emit(fact: CallFact): void {
    this.#discretion.emit(fact);
  }
}
