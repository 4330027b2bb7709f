import { messageOf } from '../../errors.js';
import { ignoreUnwatched } from './announcer.js';
import { voiceFields } from './callbacks.js';
import type { CallEnd, CalleeAnswer } from './contract.js';
import { TwilioFault } from './fault.js';
import { KeyQueue } from './keys.js';
import type { Line, LineHome } from './line.js';
import { Reports } from './reports.js';
import { detectionOf, detectLater, type Ring, ringCallee } from './ringing.js';
import { Stretch } from './stretch.js';
import type { CallChange } from './switchboard.js';
import { waitOn } from './timeline.js';
import { parseTwiml, readAnswer } from './twiml.js';
import type { TwimlDocument } from './verbs.js';
import { idempotencyToken, type WebhookAnswer } from './webhook.js';

type Next = Extract<CallChange, { to: 'end' | 'twiml' | 'url' }>;
type Fields = Readonly<Record<string, string>>;

/** What Twilio says when a webhook fails and there is no fallback. */
export const APPLICATION_ERROR = 'We are sorry, an application error has occurred. Goodbye.';

/**
 * Twilio's part in one call: asks the bridge for TwiML, has it carried out, lets REST requests change it, and reports how the
 * call and its streams go.
 */
export class Carrier implements Line {
  /** Resolves when the first TwiML is answered and its stream, if any, has started. */
  readonly begun: Promise<void>;
  /** How the callee met a call that was placed. */
  readonly met: Promise<CalleeAnswer['status'] | 'canceled'>;
  readonly home: LineHome;
  readonly reports: Reports;
  readonly keys: KeyQueue;
  readonly #ring: Ring | undefined;
  readonly #recordings: { url: string; sid: string; startedMs: number }[] = [];
  #stretch: Stretch | undefined;
  #next: Next | undefined;
  #isAnswered = false;
  #unopened: TwilioFault | undefined;
  #cancelTimers: (() => void)[] = [];
  #begin!: () => void;
  #refuse!: (fault: TwilioFault) => void;
  #meet!: (how: CalleeAnswer['status'] | 'canceled') => void;

  constructor(home: LineHome, ring?: Ring) {
    this.home = home;
    this.#ring = ring;
    this.reports = new Reports(home);
    this.keys = new KeyQueue(home.clock);
    home.call.listen((event) => {
      if (event.kind === 'pressed') this.keys.push(event.digit);
    });
    this.begun = new Promise((resolve, reject) => {
      this.#begin = resolve;
      this.#refuse = (fault) => {
        fault.call = home.call;
        reject(fault);
      };
    });
    this.begun.catch(ignoreUnwatched);
    this.met = new Promise((resolve) => {
      this.#meet = resolve;
    });
    home.switchboard.enter(home.leg, (change) => this.#change(change));
  }

  /** The whole call. Never rejects: what fails is told to `begun` and in the call's end. */
  async run(): Promise<void> {
    const { call, leg } = this.home;
    let outcome: { by: CallEnd['by']; lastVerb?: string; fault?: string };
    try {
      const lastVerb = await this.#runStretches();
      outcome = { by: this.#endedBy(), ...(lastVerb !== undefined && { lastVerb }) };
    } catch (error) {
      const fault = error instanceof TwilioFault ? error : new TwilioFault(11200, messageOf(error), { cause: error });
      this.warn(fault);
      this.#refuse(fault);
      if (!call.signal.aborted) {
        call.speak(APPLICATION_ERROR);
        const lastsMs = APPLICATION_ERROR.length * (this.home.options.sayMsPerCharacter ?? 60);
        await waitOn(this.home.clock, lastsMs, call.signal);
      }
      outcome = { by: call.signal.aborted ? 'caller' : 'lost', fault: fault.message };
    }
    this.#stretch = undefined;
    for (const cancel of this.#cancelTimers) cancel();
    if (this.#unopened) this.#refuse(this.#unopened);
    this.begin();
    this.#meet('canceled');
    call.stopTime();
    await call.streamsClosed();
    await this.#reportEnd();
    this.home.switchboard.leave(leg);
    call.finish({ ...outcome, endedMs: call.nowMs });
  }

  answer(): void {
    if (this.#isAnswered || this.home.leg.isOver) return;
    this.#isAnswered = true;
    this.home.leg.move('in-progress');
    this.reports.reportStatus(this.home.leg, 'answered');
  }

  take(document: TwimlDocument): void {
    const { call, leg } = this.home;
    call.record.twiml.push(document);
    call.emit({ kind: 'twiml', atMs: call.nowMs, document });
    if (this.#isAnswered) return;
    const [first] = document.verbs;
    if (first?.verb === 'Reject') leg.move('busy');
    else if (first?.verb !== 'Dial' || first.attributes.answerOnBridge !== 'true') this.answer();
  }

  begin(): void {
    this.#begin();
  }

  unopened(fault: TwilioFault): void {
    this.#unopened = fault;
  }

  warn(fault: TwilioFault): void {
    const { call } = this.home;
    const warning = { code: fault.twilioCode, text: fault.message, atMs: call.nowMs };
    call.record.warnings.push(warning);
    call.emit({ kind: 'warning', ...warning });
  }

  sid(prefix: 'CA' | 'MZ' | 'RE'): string {
    return `${prefix}${this.home.ids.uuid().replaceAll('-', '')}`;
  }

  recordingUrl(sid: string): string {
    return `https://api.twilio.com/2010-04-01/Accounts/${this.home.leg.facts.accountSid}/Recordings/${sid}`;
  }

  startRecording(url: string): void {
    this.#recordings.push({ url, sid: this.sid('RE'), startedMs: this.home.clock.now() });
  }

  /** One stretch after the other, as REST requests cut them. Resolves to the last verb. */
  async #runStretches(): Promise<string | undefined> {
    let load = (stretch: Stretch) => this.#open(stretch);
    for (;;) {
      const stretch = new Stretch(this);
      this.#stretch = stretch;
      const running = stretch.run(load);
      running.catch(ignoreUnwatched);
      await Promise.race([running, stretch.whenCut]).catch((error: unknown) => {
        if (!this.#next) throw error;
      });
      const next = this.#next;
      this.#next = undefined;
      if (!next || next.to === 'end' || this.home.call.signal.aborted) return stretch.lastVerb;
      load = (following) => this.#redirected(next, following);
    }
  }

  /** The first document; undefined when nobody answers. */
  async #open(stretch: Stretch): Promise<TwimlDocument | undefined> {
    const { leg } = this.home;
    let fields: Fields = {};
    if (this.#ring) {
      const answer = await ringCallee(this.#ring, this, stretch.signal);
      if (!answer) return undefined;
      this.#meet(answer.status);
      if (answer.status !== 'answered') {
        leg.move(answer.status);
        return undefined;
      }
      fields = await this.#answered(this.#ring, answer, stretch.signal);
      if (stretch.signal.aborted) return undefined;
    } else {
      this.reports.reportStatus(leg, 'initiated');
      this.reports.reportStatus(leg, 'ringing');
    }
    const document = await this.#firstDocument(fields, stretch);
    if (stretch.isCut) return undefined;
    if (!document.verbs.some(({ verb }) => verb === 'Connect' || verb === 'Redirect')) this.begin();
    return document;
  }

  /** The callee picks up; resolves with what the voice webhook is told besides. */
  async #answered(ring: Ring, answer: CalleeAnswer, signal: AbortSignal): Promise<Fields> {
    const { leg, clock } = this.home;
    this.answer();
    if (ring.timeLimitMs !== undefined) this.#limitTime(ring.timeLimitMs);
    if (ring.detection?.mode === 'async') this.#cancelTimers.push(detectLater(leg, ring.detection, answer, this));
    if (ring.detection?.mode !== 'sync') return {};
    const { detectionMs, answeredBy, fields } = detectionOf(answer);
    await waitOn(clock, detectionMs, signal);
    leg.answeredBy = answeredBy;
    return fields;
  }

  async #firstDocument(more: Fields, stretch: Stretch): Promise<TwimlDocument> {
    const { options, voiceUrl, leg, random } = this.home;
    if (options.twiml !== undefined) return this.#taken(parseTwiml(options.twiml, voiceUrl), stretch);
    const method = options.voiceMethod ?? 'POST';
    const fields = { ...voiceFields(leg.facts, leg.status, random), ...more };
    try {
      let document = this.#documentOf(await this.reports.ask(voiceUrl, method, fields), stretch);
      const headers = { 'I-Twilio-Idempotency-Token': idempotencyToken(Object.entries(fields)) };
      for (let retry = 0; retry < (options.webhookRetries ?? 0); retry++) {
        document = this.#documentOf(await this.reports.ask(voiceUrl, method, fields, headers), stretch);
      }
      return document;
    } catch (error) {
      return stretch.fallBack(error, voiceUrl, more);
    }
  }

  async #redirected(next: Exclude<Next, { to: 'end' }>, stretch: Stretch): Promise<TwimlDocument> {
    const { leg, random, voiceUrl } = this.home;
    if (next.to === 'twiml') return this.#taken(parseTwiml(next.twiml, voiceUrl), stretch);
    const fields = voiceFields(leg.facts, leg.status, random);
    try {
      return this.#documentOf(await this.reports.ask(next.url, next.method, fields), stretch);
    } catch (error) {
      return stretch.fallBack(error, next.url);
    }
  }

  #documentOf(answer: WebhookAnswer, stretch: Stretch): TwimlDocument {
    return this.#taken(readAnswer(answer), stretch);
  }

  /** A document that comes after its stretch was cut goes nowhere. */
  #taken(document: TwimlDocument, stretch: Stretch): TwimlDocument {
    if (!stretch.isCut) this.take(document);
    return document;
  }

  /** What a REST request does to the call; false when it is in no state for it. */
  #change(change: CallChange): boolean {
    const { leg, call } = this.home;
    if (leg.isOver || !this.#stretch || call.signal.aborted) return false;
    const isWaiting = leg.status === 'queued' || leg.status === 'ringing';
    switch (change.to) {
      case 'report':
        leg.subscription = { events: ['completed'], ...leg.subscription, url: change.url, method: change.method };
        return true;
      case 'time-limit':
        this.#limitTime(change.limitMs);
        return true;
      case 'end':
        if (change.status === 'canceled' && !isWaiting) return false;
        leg.move(isWaiting && leg.direction !== 'inbound' ? 'canceled' : change.status);
        break;
      case 'twiml':
      case 'url':
        if (isWaiting) return false;
        break;
      default:
        return change satisfies never;
    }
    this.#next = change;
    this.#stretch.cut();
    return true;
  }

  #limitTime(limitMs: number): void {
    const leftMs = limitMs - this.home.leg.durationMs;
    const end = () => void this.#change({ to: 'end', status: 'completed' });
    this.#cancelTimers.push(this.home.clock.after(leftMs, end));
  }

  #endedBy(): CallEnd['by'] {
    const { call, leg } = this.home;
    if (call.signal.aborted) return 'caller';
    const isUnmet = leg.status === 'no-answer' || leg.status === 'failed' || (leg.status === 'busy' && this.#ring);
    return isUnmet ? 'caller' : 'bridge';
  }

  async #reportEnd(): Promise<void> {
    const { leg, clock } = this.home;
    const isRinging = leg.answeredMs === undefined && (this.#ring !== undefined || this.home.call.twiml.length > 0);
    leg.move(isRinging ? 'no-answer' : 'completed');
    this.reports.reportStatus(leg, 'completed');
    for (const { url, sid, startedMs } of this.#recordings) {
      this.reports.report(url, 'POST', {
        RecordingSid: sid,
        RecordingUrl: this.recordingUrl(sid),
        RecordingStatus: 'completed',
        RecordingDuration: String(Math.round((clock.now() - startedMs) / 1000)),
        RecordingChannels: '2',
        RecordingSource: 'StartCallRecordingTwiML',
      });
    }
    await this.reports.settled();
  }
}
