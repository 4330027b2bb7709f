import type { Clock } from '../clock.js';
import type { AgentVersion } from '../directory/agent.js';
import type { Logger } from '../log.js';
import { carriedOver } from './carried-over.js';
import { comesBack, type Entry, isActive, newEntry, recentOf } from './entry.js';
import type { CallFact, CallListener } from './events.js';
import { OnTheirWay } from './on-their-way.js';
import { CallPlaces } from './places.js';
import type { VoiceLeg, VoiceListener } from './ports.js';
import type { CallRecord, EndReason, Return } from './record.js';
import type { CallSession } from './session.js';
import type { AfterStream } from './state.js';
import { tellAll } from './tell-all.js';
import { openSoon, waitingVoice } from './waiting-voice.js';

/** How long an ended call is remembered for the question what happens next, in ms. */
const AFTERLIFE_MS = 300_000;

/** The calls of this process: ringing, live, and just ended. */
export class CallRegistry {
  /** What takes up room beside the calls that ring or are live. */
  readonly places: CallPlaces;
  readonly onTheirWay: OnTheirWay;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #tell: CallListener;
  readonly #entries = new Map<string, Entry>();
  readonly #idle: (() => void)[] = [];
  #liveCount = 0;
  #draining = false;

  constructor(options: { clock: Clock; log: Logger; listeners: readonly CallListener[] }) {
    this.#clock = options.clock;
    this.#log = options.log;
    this.#tell = tellAll(options.listeners, options.log);
    this.places = new CallPlaces(options.clock);
    this.onTheirWay = new OnTheirWay(options.clock, () => this.#tellIdle());
  }

  get isDraining(): boolean {
    return this.#draining;
  }

  /** Calls with a media stream. */
  get liveCount(): number {
    return this.#liveCount;
  }

  get sessions(): CallSession[] {
    return [...this.#entries.values()].flatMap(({ session }) => session ?? []);
  }

  /** Calls that are live or about to be, also those about which it is being decided. */
  get activeCount(): number {
    let waiting = this.places.heldCount;
    for (const entry of this.#entries.values()) if (entry.voice) waiting++;
    return this.#liveCount + waiting;
  }

  /** The calls that are ringing, live, or about to be put through over a number of ours. */
  activeOver(number: string): string[] {
    const entries = [...this.#entries.values()];
    return entries.filter((entry) => entry.number === number && isActive(entry)).map(({ callSid }) => callSid);
  }

  /** What a call is served with that is about to be connected: a version, and what is remembered of the caller. */
  servedBy(callSid: string, agent: AgentVersion, facts: readonly string[]): void {
    const entry = this.#entry(callSid);
    entry.agent ??= agent;
    entry.facts = facts;
    if (!entry.session) this.#forgetLater(entry);
  }

  factsOf(callSid: string): readonly string[] {
    return this.#entries.get(callSid)?.facts ?? [];
  }

  /** A call that held a place is not taken, or has another one. */
  letGo(callSid: string): void {
    this.places.release(callSid);
    this.#tellIdle();
  }

  /** Goes on with a call of another instance, over this number of ours, from what is on record of it. */
  takeUp(record: CallRecord, number: string | undefined): void {
    const { callSid } = record;
    const { dialSinceMs, ...carried } = carriedOver(record);
    const entry = this.#entry(callSid);
    if (entry.session) return;
    this.#dropVoice(entry);
    this.places.dialEnded(callSid);
    Object.assign(entry, newEntry(callSid), carried, { number, answer: entry.answer });
    if (dialSinceMs !== undefined && number !== undefined) this.places.dialBegan(callSid, number, dialSinceMs);
    this.#forgetLater(entry);
    const { direction, from, to, agentId, agentVersion, state } = record;
    this.emit(callSid, { kind: 'takenUp', direction, from, to, agentId, agentVersion, state });
  }

  /** Another instance goes on with the call: nothing of it stays here but a media stream that has not ended. */
  lost(callSid: string): void {
    const entry = this.#entries.get(callSid);
    if (!entry || entry.session) return;
    this.#dropVoice(entry);
    this.places.dialEnded(callSid);
    entry.cancelForget();
    this.#entries.delete(callSid);
    this.onTheirWay.arrived(callSid);
    this.emit(callSid, { kind: 'handedOver' });
  }

  session(callSid: string): CallSession | undefined {
    return this.#entries.get(callSid)?.session;
  }

  isRinging(callSid: string): boolean {
    return this.#entries.get(callSid)?.isRinging ?? false;
  }

  agentOf(callSid: string): AgentVersion | undefined {
    return this.#entries.get(callSid)?.agent;
  }

  /** The answer to a call that rings: made once, however often the carrier asks. */
  answerOnce(callSid: string, make: () => Promise<string>): Promise<string> {
    const entry = this.#entry(callSid);
    if (!entry.answer) {
      const answer = make();
      entry.answer = answer;
      answer.catch(() => {
        entry.answer = undefined;
      });
    }
    if (!entry.session) this.#forgetLater(entry);
    return entry.answer;
  }

  /** What the person hears to whom the call is put through. */
  whisperFor(callSid: string): string | undefined {
    return this.#entries.get(callSid)?.whisper;
  }

  rememberWhisper(callSid: string, whisper: string): void {
    this.#entry(callSid).whisper = whisper;
  }

  /** Tells every listener one fact of a call. */
  emit(callSid: string, fact: CallFact, atMs: number = this.session(callSid)?.callMs ?? 0): void {
    this.#tell({ callSid, atMs, ...fact }, this.#clock.now());
  }

  /** An outbound call was ordered and has not been answered. */
  expect(callSid: string, agent: AgentVersion, number: string): void {
    this.places.release(callSid);
    const entry = this.#entry(callSid);
    if (entry.session || entry.isFinished) return;
    entry.isRinging = true;
    entry.agent = agent;
    entry.number = number;
    this.#forgetLater(entry);
  }

  /** Remembers a call that rings, and opens its model stream in the background, as soon as it is prepared. */
  ring(
    callSid: string,
    served: { agent: AgentVersion; number: string | undefined },
    openVoice: (listener: VoiceListener) => VoiceLeg,
    prepared?: Promise<unknown>,
  ): void {
    const entry = this.#entry(callSid);
    this.#dropVoice(entry);
    this.places.release(callSid);
    entry.agent = served.agent;
    entry.number = served.number;
    entry.next = undefined;
    entry.isFinished = false;
    entry.isRinging = true;
    const voice = waitingVoice(openVoice);
    openSoon(voice, {
      clock: this.#clock,
      prepared,
      isWanted: () => entry.voice === voice,
      refused: (error) => {
        this.#log.error({ callSid, err: error, code: 'VOICE_STREAM_REFUSED' }, 'model stream could not be opened');
      },
      unclaimed: () => {
        this.#log.warn({ callSid }, 'model stream was not claimed in time');
        this.#dropVoice(entry);
        this.#forgetLater(entry);
      },
    });
    entry.voice = voice;
  }

  /** Takes the stream opened at the ring, with what it has said since; undefined when there is none (any more). */
  claimVoice(callSid: string): ((listener: VoiceListener) => VoiceLeg) | undefined {
    const entry = this.#entries.get(callSid);
    const voice = entry?.voice;
    if (!entry || !voice) return undefined;
    voice.cancelTimers();
    entry.voice = undefined;
    return (listener) => voice.claim(listener);
  }

  /** The media stream of a call has started. */
  began(session: CallSession, served: { agent: AgentVersion; number: string | undefined }): void {
    const entry = this.#entry(session.callSid);
    entry.session = session;
    entry.agent = served.agent;
    entry.number = served.number;
    entry.next = undefined;
    entry.isRinging = false;
    entry.isHandedOver = false;
    entry.isStreamBroken = false;
    this.#liveCount++;
    this.onTheirWay.arrived(session.callSid);
  }

  /** The session has released everything; `connect-again`: for another instance, until which the call rings here. */
  ended(session: CallSession, next: AfterStream | undefined): void {
    const entry = this.#entry(session.callSid);
    if (entry.session !== session) return;
    entry.session = undefined;
    entry.next = next?.kind === 'connect-again' ? undefined : next;
    this.#liveCount--;
    this.#forgetLater(entry);
    if (next?.kind === 'connect-again') {
      Object.assign(entry, { isRinging: true, isHandedOver: true, lastedMs: session.callMs });
      this.onTheirWay.left(session.callSid);
    } else if (this.#draining && next && next.kind !== 'hang-up') this.onTheirWay.left(session.callSid);
    this.#tellIdle();
  }

  /** The carrier reports the end of the call: the third of three independent endings. */
  finished(callSid: string, ringingEnd: EndReason = 'caller-hung-up'): void {
    const entry = this.#entries.get(callSid);
    this.dialEnded(callSid, true);
    if (!entry || entry.isFinished) return;
    entry.isFinished = true;
    this.#dropVoice(entry);
    this.onTheirWay.arrived(callSid);
    if (entry.session) entry.session.callFinished();
    else if (entry.isRinging) this.#endRinging(entry, entry.isStreamBroken ? 'failed' : ringingEnd);
    if (!entry.session) this.#forgetLater(entry);
  }

  /**
   * The carrier reports how far the call is. Reports come twice and out of order: those that number themselves count only
   * when they are newer, and nothing follows a final one.
   */
  reported(callSid: string, status: string, sequence: number, isFinal: boolean): void {
    const entry = this.#entries.get(callSid);
    if (!entry || entry.isFinished || sequence <= entry.reportedSequence) return;
    if (!Number.isNaN(sequence)) entry.reportedSequence = sequence;
    this.emit(callSid, { kind: 'carrierReported', status });
    if (isFinal) this.finished(callSid, status === 'completed' || status === 'canceled' ? 'caller-hung-up' : 'failed');
  }

  /** The carrier is being asked to take the call away: what ends now ends for this reason; undefined: it refused. */
  leaving(callSid: string, reason: EndReason | undefined): void {
    const entry = this.#entries.get(callSid);
    if (!entry) return;
    entry.leavingAs = reason;
    entry.session?.leaving(reason);
  }

  /** The carrier dials a person in place of the agent: the call goes on counting for its number. */
  dialBegan(callSid: string, number: string): void {
    this.places.dialBegan(callSid, number);
    const entry = this.#entry(callSid);
    entry.next = undefined;
    this.#forgetLater(entry);
  }

  /** The person has gone, or never came. `durationMs` as the carrier counts; left out: since the dial began. */
  dialEnded(callSid: string, wasAnswered: boolean, durationMs?: number): void {
    const lastedMs = this.places.dialEnded(callSid);
    if (lastedMs === undefined) return;
    const countedMs = wasAnswered ? Math.round(durationMs ?? lastedMs) : 0;
    this.emit(callSid, { kind: 'dialEnded', wasAnswered, durationMs: countedMs });
  }

  /** The carrier could not open the media stream of a call. */
  streamBroke(callSid: string): void {
    const entry = this.#entries.get(callSid);
    if (entry && !entry.session) entry.isStreamBroken = true;
  }

  /** No media stream has come and none is waited for: the call ends here, whatever the carrier does with it. */
  gaveUp(callSid: string, endReason: EndReason): void {
    const entry = this.#entries.get(callSid);
    if (!entry?.isRinging) return;
    this.#dropVoice(entry);
    this.#endRinging(entry, endReason);
  }

  /** Whether it is known here that the carrier has ended the call. */
  hasFinished(callSid: string): boolean {
    return this.#entries.get(callSid)?.isFinished ?? false;
  }

  /** Whether the carrier still holds the call, as far as is known here. */
  isWithCarrier(callSid: string): boolean {
    const entry = this.#entries.get(callSid);
    return entry !== undefined && !entry.isFinished;
  }

  /**
   * What the carrier does after a media stream: the decision taken before it was closed; without one the call is
   * connected again, or served by its fallback when that has happened too often; `brokeAtMs`: when at other instances (epoch);
   * `isUnopened`: there was no stream.
   */
  nextFor(callSid: string, brokeAtMs: readonly number[] = [], isUnopened = false): AfterStream {
    const entry = this.#entry(callSid);
    entry.reconnectionTimesMs.push(...brokeAtMs);
    // The carrier asks only when the stream is over for it, whatever its socket says here.
    entry.session?.callFinished();
    this.#forgetLater(entry);
    if (entry.next) return entry.next;
    return { kind: comesBack(entry, this.#clock.now(), isUnopened) ? 'connect-again' : 'fallback' };
  }

  /** Nobody answered whom the call was put through to: back to the agent, once. */
  nextAfterDial(callSid: string): AfterStream {
    const entry = this.#entry(callSid);
    this.#forgetLater(entry);
    if (entry.returned === 'nobody-answered') return { kind: 'fallback' };
    entry.returned = 'nobody-answered';
    return { kind: 'connect-again' };
  }

  /** When the line of the call broke of late (epoch). */
  brokeAtMs(callSid: string): readonly number[] {
    return recentOf(this.#entries.get(callSid)?.reconnectionTimesMs ?? [], this.#clock.now());
  }

  /** Why the call was last sent back to its agent. */
  returnOf(callSid: string): Return {
    return this.#entries.get(callSid)?.returned ?? 'line-interrupted';
  }

  /** Takes no more calls; resolves when the live ones have ended, or go on elsewhere. */
  drain(): Promise<void> {
    this.#draining = true;
    return new Promise((resolve) => {
      this.#idle.push(resolve);
      this.#tellIdle();
    });
  }

  /** Ends every call at once and forgets all. */
  close(): void {
    this.#draining = true;
    for (const entry of this.#entries.values()) {
      entry.session?.hangUp();
      this.#dropVoice(entry);
      if (entry.isRinging && !entry.isHandedOver) this.#endRinging(entry, 'failed');
      entry.cancelForget();
    }
    this.onTheirWay.close();
    this.#entries.clear();
  }

  #entry(callSid: string): Entry {
    const entry = this.#entries.get(callSid) ?? newEntry(callSid);
    this.#entries.set(callSid, entry);
    entry.cancelForget();
    entry.cancelForget = () => undefined;
    return entry;
  }

  #dropVoice(entry: Entry): void {
    entry.voice?.cancelTimers();
    entry.voice?.drop();
    entry.voice = undefined;
    this.#tellIdle();
  }

  #forgetLater(entry: Entry): void {
    entry.cancelForget();
    entry.cancelForget = this.#clock.after(AFTERLIFE_MS, () => {
      if (this.places.isDialling(entry.callSid)) return this.#forgetLater(entry);
      if (entry.isRinging) this.#endRinging(entry, 'failed');
      this.#entries.delete(entry.callSid);
    });
  }

  #endRinging(entry: Entry, endReason: EndReason): void {
    entry.isRinging = false;
    entry.isHandedOver = false;
    this.onTheirWay.arrived(entry.callSid);
    this.emit(entry.callSid, { kind: 'ended', endReason: entry.leavingAs ?? endReason }, entry.lastedMs);
  }

  #tellIdle(): void {
    if (!this.#draining || this.activeCount > 0 || this.onTheirWay.count > 0) return;
    for (const resolve of this.#idle.splice(0)) resolve();
  }
}
