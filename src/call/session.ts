import type { ErrorCode } from '../errors.js';
import { WaitSound } from '../media/wait-sound.js';
import { AgentSpeech } from './agent-speech.js';
import { AudioCount } from './audio-count.js';
import { CallTimers } from './call-timers.js';
import { CallerKeys } from './caller-keys.js';
import { CallerLine } from './caller-line.js';
import { Discretion } from './discretion.js';
import type { CallFact } from './events.js';
import { FaultCounter } from './fault-counter.js';
import { Intake } from './intake.js';
import { WATCH_INTERVAL_MS } from './line-watch.js';
import { ModelStreams } from './model-streams.js';
import type {
  CallSide,
  CallVoice,
  TelephonyEvent,
  TelephonyLeg,
  TelephonyListener,
  ToolOutcome,
  VoiceEvent,
  VoiceListener,
} from './ports.js';
import type { EndReason } from './record.js';
import { ResponseGapMeter } from './response-gap.js';
import { type CallSessionOptions, rulesOf } from './session-options.js';
import { isCallerWaiting, situationOf } from './situation.js';
import type { AfterStream, CallRules, CallState, HandOverMoment, SessionEnd, Signal } from './state.js';
import { INITIAL_STATE } from './state.js';
import { step } from './step.js';
import { StreamLog } from './stream-log.js';
import { tapedPhone, tapedVoice } from './tape.js';
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
        if (!this.#line.push(audio.mulaw, audio.timestampMs)) this.#fault('TWILIO_MEDIA_FLOOD');
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
  readonly #voice: CallVoice;
  readonly #line: CallerLine;
  readonly #speech: AgentSpeech;
  readonly #audio: AudioCount;
  readonly #gap = new ResponseGapMeter();
  readonly #transcript: Transcript;
  readonly #keys: CallerKeys;
  readonly #tools: ToolDesk;
  readonly #streams: ModelStreams;
  readonly #waitSound: WaitSound;
  readonly #discretion: Discretion;
  readonly #timers: CallTimers;
  #cancelWatch = (): void => undefined;
  readonly #faults = new FaultCounter((fact) => this.#emit(fact));
  readonly #startedAtMs: number;
  /** Since the media stream started, when the input that is worked on came. */
  readonly #tickMs: () => number;
  #state: CallState = INITIAL_STATE;

  constructor(options: CallSessionOptions, openVoice: (listener: VoiceListener, call: CallSide) => CallVoice) {
    this.callSid = options.callSid;
    this.#options = options;
    const { agent, tape, earlier } = options;
    this.#intake = new Intake({
      clock: options.clock,
      tape,
      isOver: () => this.#state.phase.at === 'ended',
      failed: (error) => this.#fail(error),
    });
    const { clock } = this.#intake;
    const now = () => clock.now();
    this.#startedAtMs = now() - (earlier?.elapsedMs ?? 0);
    const callMs = () => now() - this.#startedAtMs;
    this.#tickMs = callMs;
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
      earlier?.turns,
    );
    this.#keys = new CallerKeys({
      clock,
      agent,
      mayDial: options.mayDial,
      entered: (count) => this.#emit({ kind: 'keysEntered', count }),
      secret: (isEntering) => this.#discretion.keyed(isEntering),
      apply: (signal) => this.#apply(signal),
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
      outputRateHz: agent.audio.outputRateHz,
      transcript: this.#transcript,
      gap: this.#gap,
      now,
      callMs,
      started: (turnId, isNew) => {
        if (isNew) this.#line.floor.agentBegins();
        this.#apply({ kind: 'agentStarted', turnId });
      },
      paused: (turnId) => this.#apply({ kind: 'agentPaused', turnId }),
      generated: (turnId) => this.#apply({ kind: 'agentGenerated', turnId, unheardMs: this.#speech.unheardMs }),
      heard: (turnId) => this.#apply({ kind: 'agentHeard', turnId }),
    });
    this.#line = new CallerLine({
      inputRateHz: agent.audio.inputRateHz,
      silentMs: earlier?.silentMs ?? 0,
      now,
      isAnythingHeard: () => this.#speech.unheardMs > 0 || this.#waitSound.isSounding,
      hear: (s16le, durationMs) => this.#voice.hear(s16le, durationMs),
    });
    this.#audio = new AudioCount({
      totals: () => ({ ...this.#line.totals, clears: this.#speech.clears }),
      now,
      emit: (fact) => this.#emit(fact),
    });
    const call: CallSide = {
      history: () => this.#transcript.historyTo(this.#speech.sentMs),
      situation: () => this.#situation,
    };
    this.#streams = new ModelStreams({
      log: new StreamLog({
        count: earlier?.streamCount ?? 0,
        openedMs: earlier?.elapsedMs ?? 0,
        callMs,
        emit: (fact) => this.#emit(fact),
      }),
      open: this.#line.open,
      speech: this.#speech,
      transcript: this.#transcript,
      agent: () => this.#situation.agent,
      now,
      fault: (code) => this.#fault(code),
      apply: (signal) => this.#apply(signal),
    });
    this.#voice = tapedVoice(openVoice(this.model, call), tape);
    this.#rules = rulesOf(options, this.#voice.takesText);
    this.#timers = new CallTimers({
      after,
      silencePromptAfterMs: this.#rules.silencePromptAfterMs,
      // Nobody is silent to whom nobody could listen.
      silentMs: () => Math.min(this.#line.floor.quietMs, this.#streams.servedMs),
      timeUp: (timer) => this.#apply({ kind: 'timeUp', timer }),
    });
    const { modelId, region } = this.#voice;
    tape?.took({ kind: 'opened', modelId, region, rules: this.#rules }, now());
  }

  /** The media stream has started: from now on audio flows and time counts. */
  start(): void {
    this.#intake.take({ kind: 'started' }, () => {
      this.#emit({ kind: 'answered' });
      this.#discretion.resumed(this.#options.earlier?.secretMs ?? 0);
      this.#streams.opened(this.#voice);
      this.#look();
      this.#apply({ kind: 'started' });
    });
  }

  /** The carrier reports that the call is over. */
  callFinished(): void {
    this.#intake.take({ kind: 'callFinished' }, () => this.#apply({ kind: 'callerGone' }));
  }

  /** Ends the call now; the carrier hangs up when it asks what is next. `failed`: its caller gets the fallback. */
  hangUp(reason: EndReason = 'operator-hung-up'): void {
    this.#intake.take({ kind: 'hangUp', reason }, () => this.#apply({ kind: 'hungUp', reason }));
  }

  /** The carrier is being asked to take the call away, and what ends now ends for this reason; undefined: it refused. */
  leaving(reason: EndReason | undefined): void {
    this.#intake.take({ kind: 'leaving', reason }, () => this.#apply({ kind: 'leaving', reason }));
  }

  /** Another instance is to go on with the call at such a moment; undefined: not any more. */
  handOver(moment: HandOverMoment | undefined): void {
    this.#intake.take({ kind: 'handOver', moment }, () => {
      const callerQuietMs = this.#keys.isEntering ? 0 : this.#line.floor.quietMs;
      const quietMs = Math.min(callerQuietMs, this.#speech.quietMs);
      this.#apply({ kind: 'handOver', moment, callerQuietMs, quietMs });
    });
  }

  /** Since the media stream started. */
  get callMs(): number {
    return this.#options.clock.now() - this.#startedAtMs;
  }

  get #situation() {
    return situationOf(this.#state, this.#line, this.#speech.quietMs);
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
    this.#streams.came(event);
    switch (event.kind) {
      case 'callerText':
        this.#callerSaid(event);
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
        this.#speech.brokenOff();
        this.#apply({ kind: 'interrupted', byCaller: this.#line.floor.isOverAgent });
        break;
      case 'toolCalled':
        this.#gap.toolStarted(this.#tickMs());
        this.#apply({ kind: 'toolCalled' });
        this.#tools.run(event, (outcome) => this.#toolAnswered(event.callId, outcome));
        break;
      case 'usage':
        this.#emit({ kind: 'used', usage: event.usage });
        break;
      case 'dropped':
        this.#line.dropped(event.durationMs);
        this.#fault('VOICE_BACKLOG');
        break;
      case 'faulted':
        this.#fault(event.code);
        break;
    }
  }

  #callerSaid({ text, givenMs }: Extract<VoiceEvent, { kind: 'callerText' }>): void {
    const nowMs = this.#tickMs();
    const bounds = this.#line.understood(nowMs, givenMs);
    this.#transcript.callerSaid(text, bounds);
    // The model has heard a whole turn of the caller: what it said before that is complete, however it was marked.
    this.#speech.completeBetweenBlocks();
    this.#tools.callerSpoke();
    this.#apply({ kind: 'callerSpoke', overAgent: this.#line.floor.isOverAgent });
    this.#gap.turnEnded(bounds.endMs, nowMs);
  }

  #toolAnswered(callId: string, outcome: ToolOutcome): void {
    if (outcome.kind === 'failed') this.#fault(outcome.code);
    if (outcome.kind === 'sensitive') this.#discretion.announced(outcome.active, outcome.limitMs);
    this.#voice.answerTool(callId, outcome.output);
    this.#gap.toolEnded(this.#tickMs());
    this.#speech.noteProgress();
    this.#apply({ kind: 'toolAnswered', ...endAskedBy(outcome), unheardMs: this.#speech.unheardMs });
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
          this.#line.floor.agentBegins();
          this.#voice.tell(effect.text);
          break;
        case 'startWaitSound':
          this.#waitSound.start(this.#options.waitSound(effect.clip));
          break;
        case 'stopWaitSound':
          this.#waitSound.stop();
          break;
        case 'setTimer':
          this.#timers.set(effect.timer, effect.ms);
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

  #end(reason: SessionEnd, next: AfterStream | undefined): void {
    const isOver = reason !== 'handed-over';
    this.#timers.cancelAll();
    this.#cancelWatch();
    this.#keys.close();
    this.#discretion.close();
    this.#tools.close();
    this.#waitSound.stop();
    if (isOver) this.#speech.close();
    else this.#speech.leave();
    this.#voice.close();
    if (isOver) this.#phone.close();
    this.#streams.closed(isOver ? 'ended' : reason);
    this.#faults.close();
    this.#line.watch.close();
    this.#audio.close();
    if (next?.kind === 'dial') this.#emit({ kind: 'transferred', to: next.to });
    this.#emit(isOver ? { kind: 'ended', endReason: reason } : { kind: 'handedOver' });
    this.#options.ended(reason, next);
  }

  #look(): void {
    this.#cancelWatch = this.#intake.clock.after(WATCH_INTERVAL_MS, () => {
      this.#line.look();
      this.#audio.look();
      if (this.#state.openTools === 0) this.#speech.completeWhenStalled();
      this.#streams.look(this.#line.floor.isOverAgent);
      if (this.#line.watch.isLate) {
        this.#tools.soundNow();
        if (isCallerWaiting(this.#situation, this.#streams.isServed)) this.#apply({ kind: 'answerLate' });
      }
      if (this.#state.phase.at !== 'ended') this.#look();
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
