import { Downsampler24to8 } from '../audio/downsampler.js';
import { FRAME_MS } from '../audio/framing.js';
import { S16leReader } from '../audio/passthrough.js';
import type { Clock } from '../clock.js';
import type { AgentVersion } from '../directory/agent.js';
import type { ErrorCode } from '../errors.js';
import type { Logger } from '../log.js';
import { Downlink } from '../media/downlink.js';
import { PlayoutLedger } from '../media/ledger.js';
import { Uplink } from '../media/uplink.js';
import { DeadAir } from './dead-air.js';
import type { CallFact } from './events.js';
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
import {
  type AfterStream,
  type CallRules,
  type CallState,
  INITIAL_STATE,
  type Signal,
  step,
  type Timer,
} from './step.js';
import { type GapTimes, Transcript } from './transcript.js';

/** How often a call looks after what no message announces: missing audio, dead air. In ms. */
const WATCH_INTERVAL_MS = 200;
/** How long no media message may come before silence stands in for the caller, in ms. */
const QUIET_LINE_MS = 500;
/** How much speech over the agent's own voice makes a caller's utterance an interruption, in ms. */
const OVER_AGENT_SPEECH_MS = 100;

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
  /** Turns of an earlier media stream of the same call. */
  before?: readonly Turn[];
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
    audio: (blockId, s16le) => this.#guarded(() => this.#relay(blockId, s16le)),
    event: (event) => this.#guarded(() => this.#modelEvent(event)),
  };
  readonly #options: CallSessionOptions;
  readonly #clock: Clock;
  readonly #rules: CallRules;
  readonly #voice: VoiceLeg;
  readonly #ledger = new PlayoutLedger();
  readonly #uplink: Uplink;
  readonly #downlink: Downlink;
  readonly #transcript: Transcript;
  readonly #keys: KeyCollector;
  readonly #deadAir: DeadAir;
  readonly #timers = new Map<Timer, () => void>();
  readonly #abort = new AbortController();
  readonly #faults = new Map<ErrorCode, number>();
  readonly #startedAtMs: number;
  #state: CallState = INITIAL_STATE;
  #stopWatching: () => void = () => undefined;
  /** The block of agent audio that is being relayed; audio of any other block is late. */
  #liveBlockId: string | undefined;
  #turnFromMs = 0;
  #turnGenerated = false;
  #beginningHeard = false;
  #speechMsAtTurn = 0;
  #gap: GapTimes | undefined;
  #toolsBusySinceMs: number | undefined;
  #clears = 0;
  #voiceDroppedMs = 0;
  #streamOpenedMs = 0;
  #streamClosed = false;

  constructor(options: CallSessionOptions, openVoice: (listener: VoiceListener) => VoiceLeg) {
    this.callSid = options.callSid;
    this.#options = options;
    this.#clock = options.clock;
    this.#startedAtMs = options.clock.now();
    const now = () => this.#clock.now();
    const { agent } = options;
    this.#deadAir = new DeadAir(this.#startedAtMs);
    this.#transcript = new Transcript(
      (index, turn) => this.#emit({ kind: 'turnChanged', index, turn }),
      options.before,
    );
    this.#keys = new KeyCollector(options.clock, agent.dtmf, (digits) => {
      this.#emit({ kind: 'keysEntered', count: digits.length });
      this.#apply({ kind: 'keysEntered', digits });
    });
    this.#downlink = new Downlink({
      converter: agent.audio.outputRateHz === 8000 ? new S16leReader() : new Downsampler24to8(),
      ledger: this.#ledger,
      now,
      play: (mulaw) => options.phone.play(mulaw),
      mark: (name) => options.phone.mark(name),
    });
    this.#voice = openVoice(this.model);
    this.#uplink = new Uplink({
      inputRateHz: agent.audio.inputRateHz,
      now,
      hear: (s16le, durationMs) => this.#voice.hear(s16le, durationMs),
    });
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
    this.#emit({ kind: 'answered' });
    this.#reportStream(null);
    this.#watch();
    this.#apply({ kind: 'started' });
  }

  /** The carrier reports that the call is over. */
  callFinished(): void {
    if (this.#isLive) this.#apply({ kind: 'callerGone' });
  }

  hangUp(): void {
    if (this.#isLive) this.#apply({ kind: 'operatorHungUp' });
  }

  // --- the caller's side ---

  #hear(mulaw: Uint8Array, timestampMs: number | undefined): void {
    if (!this.#uplink.push(mulaw, timestampMs)) this.#fault('TWILIO_MEDIA_FLOOD');
  }

  #callerEvent(event: TelephonyEvent): void {
    switch (event.kind) {
      case 'keyPressed':
        this.#keys.press(event.digit);
        break;
      case 'markReturned':
        this.#markReturned(event.name);
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

  #markReturned(name: string): void {
    const nowMs = this.#clock.now();
    const positionMs = this.#ledger.returned(name, nowMs);
    if (positionMs === undefined || this.#transcript.openTurnId === undefined) return;
    if (!this.#beginningHeard && positionMs > this.#turnFromMs) {
      this.#beginningHeard = true;
      this.#transcript.beginningHeard(this.#callMs - (positionMs - this.#turnFromMs), this.#gap);
      this.#gap = undefined;
    }
    this.#finishHeardTurn(positionMs);
  }

  #finishHeardTurn(heardToMs: number): void {
    const turnId = this.#transcript.openTurnId;
    if (turnId === undefined || !this.#turnGenerated || heardToMs < this.#ledger.sentMs) return;
    this.#transcript.agentTurnEnded(heardToMs, this.#callMs, false);
    this.#apply({ kind: 'agentHeard', turnId });
  }

  // --- the model's side ---

  #relay(blockId: string, s16le: Uint8Array): void {
    if (blockId !== this.#liveBlockId) {
      this.#fault('VOICE_AUDIO_LATE');
      return;
    }
    this.#downlink.push(s16le);
    if (this.#gap && this.#gap.sentMs === 0) this.#gap.sentMs = this.#callMs;
  }

  #modelEvent(event: VoiceEvent): void {
    switch (event.kind) {
      case 'ready':
        break;
      case 'callerText':
        this.#callerSaid(event.text);
        break;
      case 'agentText':
        if (event.stage === 'spoken') this.#transcript.agentWillSay(event.text);
        else this.#transcript.agentConfirmed(event.text);
        break;
      case 'audioStarted':
        this.#blockStarted(event.blockId);
        break;
      case 'audioEnded':
        this.#blockEnded(event.blockId, event.turnEnded);
        break;
      case 'interrupted':
        this.#apply({ kind: 'interrupted' });
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
    const bounds = this.#uplink.takeUtterance();
    const nowMs = this.#callMs;
    const behindMs = nowMs - this.#uplink.audioMs;
    const endMs = bounds ? bounds.endMs + behindMs : nowMs;
    this.#transcript.callerSaid(text, { startMs: bounds ? bounds.startMs + behindMs : nowMs, endMs });
    // The model has heard a whole turn of the caller: what it said before that is complete, however it was marked.
    if (this.#liveBlockId === undefined) this.#turnSpoken();
    const overAgent = this.#uplink.speech.speechMs - this.#speechMsAtTurn >= OVER_AGENT_SPEECH_MS;
    this.#apply({ kind: 'callerSpoke', overAgent });
    this.#gap = { lastSpeechMs: endMs, turnEndMs: nowMs, toolsMs: 0, firstAudioMs: 0, sentMs: 0 };
  }

  #blockStarted(blockId: string): void {
    this.#liveBlockId = blockId;
    const { turnId, isNew } = this.#transcript.blockStarted(blockId, this.#ledger.sentMs, this.#callMs);
    if (!isNew) return;
    this.#turnFromMs = this.#ledger.sentMs;
    this.#turnGenerated = false;
    this.#beginningHeard = false;
    this.#speechMsAtTurn = this.#uplink.speech.speechMs;
    if (this.#gap) this.#gap.firstAudioMs = this.#callMs;
    this.#apply({ kind: 'agentStarted', turnId });
  }

  #blockEnded(blockId: string, turnEnded: boolean): void {
    if (blockId === this.#liveBlockId) {
      this.#downlink.flush();
      this.#transcript.blockEnded(blockId, this.#ledger.sentMs);
      this.#liveBlockId = undefined;
      if (turnEnded) this.#turnSpoken();
    } else if (turnEnded && this.#liveBlockId === undefined && this.#transcript.isOpen(blockId)) {
      this.#turnSpoken();
    }
  }

  /** The model has produced all of the open turn. */
  #turnSpoken(): void {
    const turnId = this.#transcript.openTurnId;
    if (turnId === undefined || this.#turnGenerated) return;
    this.#turnGenerated = true;
    const nowMs = this.#clock.now();
    this.#apply({ kind: 'agentGenerated', turnId, unheardMs: this.#ledger.unheardMs(nowMs) });
    if (!this.#ledger.awaitsMarks) this.#finishHeardTurn(this.#ledger.sentMs);
  }

  #voiceClosed(asked: boolean, reason: string): void {
    if (asked) return;
    this.#options.log.warn({ code: 'VOICE_STREAM_LOST', reason }, 'model stream lost');
    this.#fault('VOICE_STREAM_LOST');
    this.#reportStream(reason);
    if (this.#liveBlockId !== undefined) this.#blockEnded(this.#liveBlockId, true);
    else this.#turnSpoken();
    this.#apply({ kind: 'voiceLost', unheardMs: this.#ledger.unheardMs(this.#clock.now()) });
  }

  #toolCalled(call: ToolCall): void {
    const startMs = this.#callMs;
    const tool = this.#options.agent.tools.find((each) => each.name.toLowerCase() === call.name.toLowerCase());
    const record = {
      id: call.callId,
      name: call.name,
      kind: tool?.kind ?? 'unknown',
      input: call.input ?? {},
      output: {},
      startMs: Math.round(startMs),
      durationMs: 0,
    };
    this.#emit({ kind: 'toolChanged', toolCall: { ...record, outcome: 'running' } });
    this.#toolsBusySinceMs ??= startMs;
    this.#apply({ kind: 'toolCalled' });
    const context = { callSid: this.callSid, agent: this.#options.agent, signal: this.#abort.signal };
    void this.#options.tools.run(call, context).then((outcome) => {
      const durationMs = Math.round(this.#callMs - startMs);
      const isOver = !this.#isLive;
      const verdict = isOver ? 'aborted' : outcome.kind === 'failed' ? 'failed' : 'answered';
      this.#emit({
        kind: 'toolChanged',
        toolCall: { ...record, output: outcome.output, durationMs, outcome: verdict },
      });
      this.#guarded(() => this.#toolAnswered(call, outcome));
    });
  }

  #toolAnswered(call: ToolCall, outcome: ToolOutcome): void {
    if (outcome.kind === 'failed') this.#fault(outcome.code);
    this.#voice.answerTool(call.callId, outcome.output);
    const unheardMs = this.#ledger.unheardMs(this.#clock.now());
    this.#apply({ kind: 'toolAnswered', hangUp: outcome.kind === 'hang-up', unheardMs });
    if (this.#state.openTools === 0 && this.#toolsBusySinceMs !== undefined) {
      if (this.#gap) this.#gap.toolsMs += this.#callMs - Math.max(this.#toolsBusySinceMs, this.#gap.turnEndMs);
      this.#toolsBusySinceMs = undefined;
    }
  }

  // --- decisions and what they do ---

  #apply(signal: Signal): void {
    const { state, effects } = step(this.#rules, this.#state, signal);
    this.#state = state;
    for (const effect of effects) {
      switch (effect.do) {
        case 'clearPlayout':
          this.#clearPlayout();
          break;
        case 'tell':
          this.#voice.tell(effect.text);
          break;
        case 'setTimer':
          this.#setTimer(effect.timer, effect.ms);
          break;
        case 'cancelTimer':
          this.#timers.get(effect.timer)?.();
          this.#timers.delete(effect.timer);
          break;
        case 'end':
          this.#end(effect.reason, effect.next);
          break;
      }
    }
  }

  #clearPlayout(): void {
    const nowMs = this.#clock.now();
    const isWaiting = this.#ledger.awaitsMarks || this.#liveBlockId !== undefined;
    const unheardMs = this.#ledger.unheardMs(nowMs);
    if (this.#ledger.awaitsMarks) {
      this.#options.phone.clear();
      this.#clears++;
    }
    const heardToMs = this.#ledger.cleared(nowMs);
    this.#downlink.reset();
    this.#liveBlockId = undefined;
    this.#emit({ kind: 'interrupted', unheardMs: Math.round(unheardMs) });
    this.#transcript.agentTurnEnded(heardToMs, this.#callMs, isWaiting);
  }

  #setTimer(timer: Timer, ms: number): void {
    this.#timers.get(timer)?.();
    this.#timers.set(
      timer,
      this.#after(ms, () => {
        this.#timers.delete(timer);
        const quietMs = timer === 'silence' ? this.#callerQuietMs : Number.POSITIVE_INFINITY;
        // Someone who is talking, or just was, is not silent, whatever the model has made of it so far.
        if (quietMs < this.#rules.silencePromptAfterMs - FRAME_MS) this.#setTimer(timer, ms - quietMs);
        else this.#apply({ kind: 'timeUp', timer });
      }),
    );
  }

  get #callerQuietMs(): number {
    const { speaking, lastSpeechEndMs } = this.#uplink.speech;
    if (speaking) return 0;
    return lastSpeechEndMs === undefined ? Number.POSITIVE_INFINITY : this.#uplink.audioMs - lastSpeechEndMs;
  }

  #end(reason: EndReason, next: AfterStream | undefined): void {
    this.#stopWatching();
    for (const cancel of this.#timers.values()) cancel();
    this.#timers.clear();
    this.#keys.close();
    this.#abort.abort();
    const nowMs = this.#clock.now();
    this.#deadAir.close(nowMs);
    this.#transcript.agentTurnEnded(this.#ledger.heardMs(nowMs), this.#callMs, this.#ledger.unheardMs(nowMs) > 0);
    this.#voice.close();
    this.#options.phone.close();
    this.#reportStream('ended');
    for (const [code, count] of this.#faults) if (count > 1) this.#emit({ kind: 'faulted', code, count: count - 1 });
    this.#emit({
      kind: 'audioCounted',
      audio: {
        deadAirMs: Math.round(this.#deadAir.totalMs),
        filledMs: Math.round(this.#uplink.filledMs),
        droppedMs: Math.round(this.#uplink.droppedMs + this.#voiceDroppedMs),
        clears: this.#clears,
      },
    });
    this.#emit({ kind: 'ended', endReason: reason });
    this.#options.ended(reason, next);
  }

  #watch(): void {
    this.#stopWatching = this.#after(WATCH_INTERVAL_MS, () => {
      this.#uplink.fillQuiet(QUIET_LINE_MS);
      const nowMs = this.#clock.now();
      const isAudible = this.#uplink.speech.speaking || this.#ledger.unheardMs(nowMs) > 0;
      if (isAudible) this.#deadAir.sound(nowMs);
      this.#watch();
    });
  }

  /** Whatever goes wrong inside one call ends that call, with an apology, and touches no other. */
  #guarded(action: () => void): void {
    if (!this.#isLive) return;
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

  /** Counts an irregularity; only its first occurrence in a call is told at once. */
  #fault(code: ErrorCode): void {
    const count = (this.#faults.get(code) ?? 0) + 1;
    this.#faults.set(code, count);
    if (count > 1) return;
    this.#options.log.info({ code }, 'irregularity counted');
    this.#emit({ kind: 'faulted', code, count: 1 });
  }

  #reportStream(closed: string | null): void {
    if (this.#streamClosed) return;
    this.#streamClosed = closed !== null;
    const { modelId, region } = this.#voice;
    const closedMs = closed === null ? null : Math.round(this.#callMs);
    this.#emit({
      kind: 'streamChanged',
      index: 0,
      stream: { modelId, region, openedMs: this.#streamOpenedMs, closedMs, closed },
    });
  }

  #emit(fact: CallFact): void {
    this.#options.emit(fact, this.#callMs);
  }

  get #isLive(): boolean {
    return this.#state.phase.at !== 'ended';
  }

  get #callMs(): number {
    return this.#clock.now() - this.#startedAtMs;
  }
}
