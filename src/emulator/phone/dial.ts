import type { Dialled, DialOutcome } from './contract.js';
import { TwilioFault } from './fault.js';
import { absoluteUrl } from './flow.js';
import { Leg, type StatusEvent, type StatusSubscription } from './leg.js';
import type { Line } from './line.js';
import { waitFor, waitOn } from './timeline.js';
import { numberIn } from './twiml.js';
import type { DialTarget, TwimlDocument, Verb } from './verbs.js';
import { runWhisper } from './whisper.js';

type DialVerb = Extract<Verb, { verb: 'Dial' }>;
type Fields = Readonly<Record<string, string>>;

/** Nouns that are a person's phone, and thus a leg of their own. */
const PERSONS = ['Number', 'Sip', 'Client'];
const FOREVER_SECONDS = 4 * 3600;

/**
 * Dials as the test's `dial` says; resolves with what the action is told, early when the signal aborts. Every dialled person is a
 * leg with status callbacks and whisper of its own. Source: Twilio, TwiML `<Dial>`, `<Number>`.
 */
export async function dial(verb: DialVerb, document: TwimlDocument, line: Line, signal: AbortSignal): Promise<Fields> {
  const dialling = new Dialling(verb, document, line, signal);
  const { status, isBridged, durationMs } = await dialling.run();
  const { call } = line.home;
  call.emit({ kind: 'dial-ended', atMs: call.nowMs, status });
  return {
    DialCallStatus: status,
    DialCallSid: dialling.callSid,
    DialBridged: String(isBridged),
    ...(status === 'completed' && { DialCallDuration: String(Math.round(durationMs / 1000)) }),
  };
}

interface DialEnd {
  status: DialOutcome['status'];
  isBridged: boolean;
  durationMs: number;
}

class Dialling {
  readonly #verb: DialVerb;
  readonly #document: TwimlDocument;
  readonly #line: Line;
  /** Aborts when the call is taken away, or when a REST request ends the dialled leg. */
  readonly #signal: AbortSignal;
  readonly #ended = new AbortController();
  readonly #persons: { target: DialTarget; leg: Leg }[];
  readonly #timeoutMs: number;
  readonly #timeLimitMs: number;
  readonly #callerId: string;

  constructor(verb: DialVerb, document: TwimlDocument, line: Line, signal: AbortSignal) {
    this.#verb = verb;
    this.#document = document;
    this.#line = line;
    this.#signal = AbortSignal.any([signal, this.#ended.signal]);
    const seconds = { name: 'Dial', attributes: verb.attributes };
    this.#timeoutMs = numberIn(seconds, 'timeout', 30) * 1000;
    this.#timeLimitMs = numberIn(seconds, 'timeLimit', FOREVER_SECONDS) * 1000;
    this.#callerId = verb.attributes.callerId ?? line.home.leg.from;
    this.#persons = verb.targets
      .filter(({ kind }) => PERSONS.includes(kind))
      .map((target) => ({ target, leg: this.#newLeg(target) }));
  }

  /** Of the leg that matters most: the first target's, or a name for what has no leg. */
  get callSid(): string {
    const answered = this.#persons.find(({ leg }) => leg.answeredMs !== undefined) ?? this.#persons[0];
    return answered?.leg.callSid ?? this.#line.sid('CA');
  }

  async run(): Promise<DialEnd> {
    const { call, leg, options } = this.#line.home;
    const dialled: Dialled = {
      targets: this.#verb.targets.map(({ kind, to }) => ({ kind, to })),
      atMs: call.nowMs,
      callerId: this.#callerId,
      timeoutMs: this.#timeoutMs,
      answerOnBridge: this.#verb.attributes.answerOnBridge === 'true',
      callSids: this.#persons.map((person) => person.leg.callSid),
    };
    call.record.dialled.push(dialled);
    call.emit({ kind: 'dialled', atMs: dialled.atMs, dialled });
    const isOurs = [leg.from, leg.to].includes(this.#callerId) || options.ownsCallerId?.(this.#callerId) !== false;
    if (!isOurs) {
      this.#line.warn(new TwilioFault(13214, `callerId ${this.#callerId} is none of the account's numbers`));
      return this.#unanswered('failed');
    }
    const outcome: DialOutcome = options.dial?.(dialled) ?? { status: 'completed' };
    const ringMs = outcome.status === 'completed' ? (outcome.ringMs ?? 0) : (outcome.forMs ?? outcome.ringMs ?? 0);
    this.#ring();
    await waitOn(this.#line.home.clock, Math.min(ringMs, this.#timeoutMs), this.#signal);
    if (this.#signal.aborted) return this.#unanswered('canceled');
    if (outcome.status !== 'completed') return this.#unanswered(outcome.status);
    if (ringMs > this.#timeoutMs) return this.#unanswered('no-answer');
    return this.#answered(outcome, ringMs);
  }

  #ring(): void {
    for (const { leg } of this.#persons) {
      this.#line.reports.reportStatus(leg, 'initiated');
      leg.move('ringing');
      this.#line.reports.reportStatus(leg, 'ringing');
    }
  }

  async #answered(outcome: DialOutcome, ringMs: number): Promise<DialEnd> {
    const { clock } = this.#line.home;
    const { forMs = ringMs, until } = outcome;
    const person = this.#persons[outcome.target ?? 0];
    for (const other of this.#persons) if (other !== person) this.#over(other.leg, 'canceled');
    person?.leg.move('in-progress');
    if (person) this.#line.reports.reportStatus(person.leg, 'answered');
    const answeredMs = clock.now();
    const isThrough = person === undefined || (await this.#whisper(person, outcome.presses ?? ''));
    const isBridged = isThrough && !this.#signal.aborted;
    if (isBridged) {
      this.#line.answer();
      const talked = until ? waitFor(until, clock, this.#timeLimitMs, this.#signal) : undefined;
      await (talked ?? waitOn(clock, Math.min(forMs - ringMs, this.#timeLimitMs), this.#signal));
    }
    if (person) this.#over(person.leg, 'completed');
    return { status: 'completed', isBridged, durationMs: clock.now() - answeredMs };
  }

  /** False when the dialled person is not to be put through. */
  async #whisper({ target, leg }: { target: DialTarget; leg: Leg }, presses: string): Promise<boolean> {
    const { url, method } = target.attributes;
    if (url === undefined) return true;
    try {
      const whisper = {
        url: absoluteUrl(url, this.#document.url),
        method: method?.toUpperCase() === 'GET' ? 'GET' : 'POST',
        leg,
        presses,
      } as const;
      return await runWhisper(whisper, this.#line, this.#signal);
    } catch (error) {
      if (!(error instanceof TwilioFault)) throw error;
      this.#line.warn(error);
      return false;
    }
  }

  #unanswered(status: DialOutcome['status']): DialEnd {
    const legStatus = status === 'completed' ? 'canceled' : status;
    for (const { leg } of this.#persons) this.#over(leg, legStatus);
    return { status, isBridged: false, durationMs: 0 };
  }

  #newLeg(target: DialTarget): Leg {
    const { clock, switchboard, leg: parent } = this.#line.home;
    const facts = {
      callSid: this.#line.sid('CA'),
      accountSid: parent.facts.accountSid,
      from: this.#callerId,
      to: target.to,
      direction: 'outbound-dial',
      parentCallSid: parent.callSid,
      extra: {},
    } as const;
    const leg = new Leg(clock, facts, 'queued', this.#subscription(target));
    switchboard.enter(leg, (change) => {
      if (change.to !== 'end' || (change.status === 'canceled' && leg.status === 'in-progress')) return false;
      const wasAnswered = leg.status === 'in-progress';
      this.#over(leg, wasAnswered ? 'completed' : 'canceled');
      if (wasAnswered || this.#persons.every((person) => person.leg.isOver)) this.#ended.abort();
      return true;
    });
    return leg;
  }

  #subscription({ attributes }: DialTarget): StatusSubscription | undefined {
    const { statusCallback, statusCallbackMethod, statusCallbackEvent = 'completed' } = attributes;
    if (statusCallback === undefined) return undefined;
    return {
      url: absoluteUrl(statusCallback, this.#document.url),
      method: statusCallbackMethod?.toUpperCase() === 'GET' ? 'GET' : 'POST',
      events: statusCallbackEvent.split(/\s+/) as StatusEvent[],
    };
  }

  #over(leg: Leg, status: DialOutcome['status']): void {
    if (leg.isOver) return;
    leg.move(status);
    this.#line.reports.reportStatus(leg, 'completed');
    this.#line.home.switchboard.leave(leg);
  }
}
