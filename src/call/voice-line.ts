import type { Clock } from '../clock.js';
import type { Logger } from '../log.js';
import { KeptAudio } from '../media/kept-audio.js';
import { continuation, resultAsText } from './continuation.js';
import { NOT_TAKEN } from './filtered.js';
import { Outstanding } from './outstanding.js';
import { CATCH_UP_MS, STOOD_STILL_MS } from './patient-clock.js';
import type { CallSide, CallVoice, Offence, VoiceEvent, VoiceLeg, VoiceListener, VoiceLoss } from './ports.js';
import { Progress } from './progress.js';
import {
  FIRST_STREAM,
  type RenewalEffect,
  type RenewalSignal,
  type RenewalState,
  renew,
  type Urgency,
} from './renewal.js';
import { momentOf } from './situation.js';
import { StreamAge } from './stream-age.js';
import { Timers } from './timers.js';

export interface VoiceLineOptions {
  /** Takes the stream that was opened at the ring, or opens one. */
  first: (listener: VoiceListener) => VoiceLeg;
  /** Opens a held stream, wherever one is most likely to be had. */
  next: (listener: VoiceListener) => VoiceLeg;
  inputRateHz: number;
  /** The longest life of a stream, in ms. */
  sessionLimitMs: number;
  /** Which of many calls replaces its streams earlier than others, from 0 to 1. */
  spread: number;
  clock: Clock;
  log: Logger;
  listener: VoiceListener;
  call: CallSide;
}

/** While a stream waits to take over, how often is looked for a quiet moment, in ms. */
const MOMENT_INTERVAL_MS = 100;
/** How long a stream may take to be opened, in ms. */
export const OPENING_LIMIT_MS = 4000;
const NOT_OPENED = `no answer in ${OPENING_LIMIT_MS} ms`;
/** An opened stream on which nothing comes is given up by the service; this is well before, in ms. */
const READY_LIMIT_MS = 30_000;
/** Audio given to a new stream at once, in ms, and how much faster than it comes the rest follows. */
const BURST_MS = 2000;
const CATCH_UP = 5;
const SLICE_MS = 100;
/** Caller audio between two looks at what is kept and owed, in ms. */
const LOOK_MS = 500;

/** The model's side of a call, as one voice: streams are renewed, lost and replaced behind it. */
export class VoiceLine implements CallVoice {
  readonly modelId: string;
  readonly takesText: boolean;
  region: string;
  readonly #options: VoiceLineOptions;
  readonly #kept: KeptAudio;
  readonly #timers: Timers<'first' | 'pause' | 'opening' | 'stale' | 'moment' | 'late' | 'ready'>;
  readonly #age: StreamAge;
  #state: RenewalState = FIRST_STREAM;
  #serving: VoiceLeg | undefined;
  #next: VoiceLeg | undefined;
  /** How much of the caller's audio the serving stream was given, in ms. */
  #givenMs = 0;
  #lookedMs = 0;
  /** When audio of the caller came last, by the clock. */
  #heardAtMs: number;
  /** Whom open tools were asked for. */
  readonly #tools = new Map<string, { leg: VoiceLeg; name: string; turn: number }>();
  readonly #outstanding = new Outstanding();
  readonly #progress: Progress;
  /** Whether the serving stream has made anything of what it was given. */
  #hasMade = false;
  #lossReason = '';
  /** Of the next stream. */
  #credentialsExpireAtMs: number | undefined;
  #isClosed = false;

  constructor(options: VoiceLineOptions) {
    this.#options = options;
    const { clock, inputRateHz, sessionLimitMs, spread } = options;
    this.#kept = new KeptAudio(inputRateHz);
    this.#timers = new Timers((ms, action) => clock.after(ms, action));
    this.#age = new StreamAge({
      clock,
      sessionLimitMs,
      spread,
      reached: (urgency) => this.#aged(urgency),
    });
    this.#progress = new Progress(() => clock.now());
    this.#heardAtMs = clock.now();
    const leg = options.first(this.#listenerOf(() => leg));
    this.#serving = leg;
    this.modelId = leg.modelId;
    this.takesText = leg.takesText;
    this.region = leg.region;
    this.#age.begin(leg.openedAtMs);
    // It may have been opened when the telephone rang.
    this.#timers.set('first', Math.max(0, leg.openedAtMs + OPENING_LIMIT_MS - clock.now()), () => {
      this.#lost('unreachable', NOT_OPENED);
      leg.abort();
    });
  }

  hear(s16le: Uint8Array, durationMs: number): void {
    const isLevel = this.#givenMs === this.#kept.endMs;
    this.#heardAtMs = this.#options.clock.now();
    this.#kept.add(s16le);
    const { endMs } = this.#kept;
    if (this.#serving && isLevel) {
      this.#givenMs = endMs;
      this.#serving.hear(s16le, durationMs);
    } else if (this.#serving) {
      // What was said meanwhile is heard first, and in order.
      this.#give(durationMs * CATCH_UP);
    }
    if (endMs - this.#lookedMs >= LOOK_MS) this.#look(endMs);
  }

  tell(text: string): void {
    this.#outstanding.text(text, this.#serving !== undefined);
    this.#serving?.tell(text);
  }

  answerTool(callId: string, output: Readonly<Record<string, unknown>>): void {
    const asked = this.#tools.get(callId);
    this.#tools.delete(callId);
    if (!asked) return;
    const text = resultAsText(asked.name, output);
    if (asked.leg === this.#serving) {
      this.#outstanding.result(text, asked.turn, 'result');
      this.#serving.answerTool(callId, output);
    } else {
      this.#outstanding.result(text, asked.turn, this.#serving ? 'text' : 'nothing');
      this.#serving?.tell(text);
    }
  }

  close(): void {
    this.#isClosed = true;
    this.#dispatch({ kind: 'closed' });
    this.#release();
    this.#serving?.close();
    this.#serving = undefined;
  }

  /** While there is time, the agent comes to the end of its words, and what a stream may have understood is known before it ends. */
  #isWorthWaiting(urgency: Urgency): boolean {
    if (urgency !== 'overdue' || this.#age.isLast) return false;
    const { agent, isInDoubt } = this.#options.call.situation();
    return isInDoubt || (agent === 'speaking' && this.#state.next === 'ready');
  }

  #aged(urgency: Exclude<Urgency, 'none'>): void {
    if (this.#isWorthWaiting(urgency))
      this.#timers.set('late', MOMENT_INTERVAL_MS, () => this.#whenRead('late', () => this.#aged(urgency)));
    else this.#dispatch({ kind: 'aged', urgency });
  }

  #dispatch(signal: RenewalSignal): void {
    const { state, effects } = renew(this.#state, signal);
    this.#state = state;
    for (const effect of effects) this.#run(effect);
  }

  #run(effect: RenewalEffect): void {
    const { log } = this.#options;
    switch (effect.do) {
      case 'open':
        this.#open();
        break;
      case 'swap':
        this.#swap();
        break;
      case 'closeServing':
        this.#serving?.close();
        this.#gone('renewed');
        break;
      case 'dropNext':
        this.#dropNext();
        break;
      case 'pause':
        this.#timers.set('pause', effect.ms, () => this.#dispatch({ kind: 'pauseOver' }));
        break;
      case 'giveUp':
        log.error(
          { code: 'VOICE_STREAM_LOST', loss: effect.loss, reason: this.#lossReason },
          'no model stream can be had',
        );
        this.#release();
        this.#options.listener.event({ kind: 'closed', asked: false, reason: this.#lossReason, loss: effect.loss });
        break;
    }
  }

  #open(): void {
    this.#timers.cancel('pause');
    try {
      const leg: VoiceLeg = this.#options.next(this.#listenerOf(() => leg));
      this.#next = leg;
    } catch (error) {
      this.#options.log.error({ err: error, code: 'VOICE_STREAM_REFUSED' }, 'model stream could not be opened');
      // Not within the decision that asked for it.
      this.#timers.set('opening', 0, () => this.#nextLost('unreachable', 'the stream could not be opened'));
      return;
    }
    this.#timers.set('opening', OPENING_LIMIT_MS, () => {
      this.#dropNext(true);
      this.#nextLost('unreachable', NOT_OPENED);
    });
  }

  #nextReady(): void {
    if (this.#isWorthWaiting(this.#state.urgency)) {
      this.#timers.set('ready', MOMENT_INTERVAL_MS, () => this.#whenRead('ready', () => this.#nextReady()));
      return;
    }
    this.#timers.set('stale', READY_LIMIT_MS, () => this.#dispatch({ kind: 'nextStale' }));
    this.#dispatch({ kind: 'nextReady' });
    this.#lookForMoment();
  }

  #lookForMoment(): void {
    if (this.#state.next !== 'ready') return;
    this.#dispatch({ kind: 'moment', moment: momentOf(this.#options.call.situation()) });
    if (this.#state.next !== 'ready') return;
    this.#timers.set('moment', MOMENT_INTERVAL_MS, () => this.#whenRead('moment', () => this.#lookForMoment()));
  }

  /** Does it when nothing that the serving stream has said waits to be read: after a standstill that takes a moment. */
  #whenRead(timer: 'ready' | 'moment' | 'late', action: () => void): void {
    if (this.#options.clock.now() - this.#heardAtMs < STOOD_STILL_MS) action();
    else this.#timers.set(timer, CATCH_UP_MS, action);
  }

  #nextLost(loss: VoiceLoss, reason: string): void {
    for (const timer of ['opening', 'ready', 'stale'] as const) this.#timers.cancel(timer);
    this.#next = undefined;
    this.#lossReason = reason;
    this.#options.log.warn({ loss, reason }, 'the next model stream was lost');
    this.#dispatch({ kind: 'nextLost', loss });
  }

  /** The next stream takes the call over. */
  #swap(): void {
    const leg = this.#next!;
    const old = this.#serving;
    const { call, listener } = this.#options;
    this.#next = undefined;
    for (const timer of ['first', 'opening', 'stale', 'moment', 'pause', 'late'] as const) this.#timers.cancel(timer);
    const situation = call.situation();
    if (situation.agent === 'speaking') this.#outstanding.agentCut();
    const isCallerHeardAgain = situation.openSpeechFromMs !== undefined;
    const { isAnswerOwed } = situation;
    const { history, tell } = continuation(call.history(), {
      texts: this.#outstanding.forNext({ isAnswerOwed, isCallerHeardAgain }),
      isAnswerOwed,
      isToolOpen: situation.openTools > 0,
      isCallerHeardAgain,
      isResultOwed: this.#outstanding.hasResultOfTurn,
      isAgentCut: this.#outstanding.isAgentCut,
    });
    this.#serving = leg;
    this.#hasMade = false;
    this.region = leg.region;
    this.#progress.began();
    this.#age.begin(leg.openedAtMs, this.#credentialsExpireAtMs);
    leg.begin(history);
    this.#givenMs = Math.max(this.#kept.startMs, situation.consumedMs);
    this.#give(BURST_MS);
    if (tell !== undefined) leg.tell(tell);
    // The call may have something to say to it at once.
    listener.event({ kind: 'replaced', modelId: leg.modelId, region: leg.region, planned: old !== undefined });
    old?.close();
  }

  /** Caller audio that the serving stream was not given yet, in order. */
  #give(durationMs: number): void {
    const toMs = Math.min(this.#kept.endMs, this.#givenMs + durationMs);
    while (this.#givenMs < toMs) {
      const sliceToMs = Math.min(toMs, this.#givenMs + SLICE_MS);
      const slice = this.#kept.slice(this.#givenMs, sliceToMs);
      const lengthMs = sliceToMs - this.#givenMs;
      this.#givenMs = sliceToMs;
      this.#serving!.hear(slice, lengthMs);
    }
  }

  /** Once in a while: what need not be kept any more, and whether the stream still does what it is for. */
  #look(endMs: number): void {
    this.#lookedMs = endMs;
    const situation = this.#options.call.situation();
    const givenMs = this.#serving ? this.#givenMs : endMs;
    this.#kept.dropBefore(Math.min(situation.consumedMs, givenMs));
    if (this.#serving && this.#progress.isStalled(situation, this.#outstanding.isOwed)) {
      const stalled = this.#serving;
      this.#lost('stalled', 'Stalled: audio goes in, nothing comes out');
      stalled.abort();
    }
  }

  #listenerOf(legOf: () => VoiceLeg): VoiceListener {
    return {
      audio: (blockId, s16le) => {
        if (legOf() !== this.#serving) return;
        this.#progress.came('audio');
        this.#options.listener.audio(blockId, s16le);
      },
      event: (event) => this.#take(legOf(), event),
    };
  }

  #take(leg: VoiceLeg, event: VoiceEvent): void {
    if (this.#isClosed || this.#state.isOver) return;
    if (leg === this.#serving) this.#servingSays(leg, event);
    else if (leg === this.#next) this.#nextSays(event);
    // Of a stream that was replaced only what it cost still counts.
    else if (event.kind === 'usage') this.#options.listener.event(event);
  }

  #servingSays(leg: VoiceLeg, event: VoiceEvent): void {
    if (event.kind === 'closed') {
      this.#lost(event.loss ?? 'ended', event.reason);
      return;
    }
    this.#progress.came(event.kind);
    if (event.kind === 'ready') {
      this.#timers.cancel('first');
      this.#age.begin(leg.openedAtMs, event.credentialsExpireAtMs);
    }
    if (event.kind === 'callerText') this.#outstanding.callerSpoke();
    if (event.kind === 'toolCalled') {
      this.#tools.set(event.callId, { leg, name: event.name, turn: this.#outstanding.turn });
    }
    if (event.kind === 'callerText' || event.kind === 'audioStarted' || event.kind === 'toolCalled') {
      this.#outstanding.progress(event.kind === 'audioStarted');
      this.#hasMade = true;
    }
    // A model that understands, and never comes to speak, serves nobody.
    if (event.kind === 'audioStarted') this.#dispatch({ kind: 'progress' });
    const isCatchingUp = event.kind === 'callerText' && this.#givenMs < this.#kept.endMs;
    this.#options.listener.event(isCatchingUp ? { ...event, givenMs: this.#givenMs } : event);
  }

  #nextSays(event: VoiceEvent): void {
    if (event.kind === 'ready') {
      this.#credentialsExpireAtMs = event.credentialsExpireAtMs;
      this.#timers.cancel('opening');
      this.#whenRead('ready', () => this.#nextReady());
    } else if (event.kind === 'closed') this.#nextLost(event.loss ?? 'ended', event.reason);
  }

  #lost(loss: VoiceLoss, reason: string): void {
    this.#options.log.warn({ code: 'VOICE_STREAM_LOST', loss, reason }, 'model stream lost');
    this.#lossReason = reason;
    this.#gone(reason, { loss, ...(loss === 'filtered' && { offence: this.#wasFiltered() }) });
    this.#dispatch({ kind: 'lost', loss });
  }

  /** Given again, the words would only cost one stream after the other: the caller is asked for others. */
  #wasFiltered(): Offence {
    const isOpen = this.#options.call.situation().openSpeechFromMs !== undefined;
    this.#outstanding.filtered(NOT_TAKEN, !isOpen);
    if (isOpen) return 'open';
    return this.#hasMade ? 'last' : 'all';
  }

  /** No stream serves the call. */
  #gone(reason: string, lost?: { loss: VoiceLoss; offence?: Offence }): void {
    if (this.#options.call.situation().agent === 'speaking') this.#outstanding.agentCut();
    this.#serving = undefined;
    this.#timers.cancel('first');
    this.#timers.cancel('late');
    this.#age.end();
    this.#options.listener.event({ kind: 'gone', reason, ...lost });
  }

  #dropNext(isStuck = false): void {
    const leg = this.#next;
    this.#next = undefined;
    this.#timers.cancel('ready');
    if (isStuck) leg?.abort();
    else leg?.close();
  }

  #release(): void {
    this.#timers.cancelAll();
    this.#age.end();
    this.#dropNext();
  }
}
