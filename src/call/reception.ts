import type { TicketClaims } from '../access/ticket.js';
import type { AgentVersion } from '../directory/agent.js';
import { isOpen } from '../directory/hours.js';
import type { Fallback, PhoneNumber } from '../directory/number.js';
import type { PromptValues } from '../directory/prompt.js';
import { servingVersion } from '../directory/serving.js';
import type { Refusal } from './admission.js';
import { lastKnownMs } from './carried-over.js';
import { earlierStreams } from './earlier-streams.js';
import { Fallbacks } from './fallbacks.js';
import { goingOn, heardTurns } from './going-on.js';
import type { GivenCall } from './keeping.js';
import type { OutboundOrder } from './outbound.js';
import { patientClock } from './patient-clock.js';
import type { TelephonyLeg, TelephonyListener, VoiceListener } from './ports.js';
import { carrierGreeting, liveGreeting, profileOf } from './profile.js';
import type { ReceptionOptions } from './reception-options.js';
import { type CallRecord, type EndReason, ownNumber, type Turn } from './record.js';
import { CallSession } from './session.js';
import { spreadOf } from './stream-age.js';
import { type TakenUp, TakeUps } from './take-ups.js';
import { VoiceLine } from './voice-line.js';

/** A call as the carrier announces it. */
export interface ArrivingCall {
  callSid: string;
  from: string;
  to: string;
  direction: CallRecord['direction'];
}

/** How an arriving call is answered. */
export type Answer =
  | { kind: 'agent'; agent: AgentVersion; sayFirst: string[] }
  | { kind: 'unknown-number' }
  /** Outside of the number's hours. */
  | { kind: 'closed'; instead: Fallback }
  | { kind: 'unavailable'; fallback: Fallback | undefined };

/** The caller must know that the call is recorded; where nobody has found better words, these are said. */
export const RECORDING_NOTICE = 'This call may be recorded.';

/** What another instance needs to go on with a call of which nothing else is known. */
export interface LastWord {
  agentId: string;
  agentVersion: number;
  /** Where its times count from (epoch). */
  startedAtMs: number;
  /** When its line broke of late (epoch). */
  brokeAtMs: readonly number[];
}

/** Who is served, by whom, and what for. */
interface Service {
  call: ArrivingCall;
  agent: AgentVersion;
  number: PhoneNumber | undefined;
  variables: CallRecord['variables'];
  test: boolean;
}

/** Decides who answers a call, opens the model's stream while the caller still rings, and joins the two legs. */
export class Reception {
  readonly #options: ReceptionOptions;
  readonly #fallbacks: Fallbacks;
  /** Calls that come here from other instances, and go to them. */
  readonly takeUps: TakeUps;

  constructor(options: ReceptionOptions) {
    this.#options = options;
    this.#fallbacks = new Fallbacks(options);
    this.takeUps = new TakeUps(options);
  }

  /** The carrier asks who answers. Opens the model's stream in the background: nobody waits for it. */
  async answer(call: ArrivingCall): Promise<Answer> {
    const { directory, registry, admission, clock, limits, log } = this.#options;
    const number = directory.findNumber(call.to);
    const version = number && servingVersion(number, call.from || call.callSid);
    const agent = number && (await this.#agentFor(number.agentId, version));
    this.#rang({ call, agent, variables: {}, test: false });
    if (!number || !agent) {
      this.#notServed(call.callSid, 'rejected');
      return { kind: 'unknown-number' };
    }
    if (number.hours && !isOpen(number.hours, number.timeZone, clock.now())) {
      const instead = await this.#fallbacks.give(call.callSid, number.hours.closed, number);
      this.#notServed(call.callSid, instead && 'dial' in instead ? 'fallback' : 'rejected');
      return instead ? { kind: 'closed', instead } : { kind: 'unavailable', fallback: undefined };
    }
    const refusal = admission.refusal();
    if (refusal) return this.#refused(call.callSid, number, refusal);
    registry.places.hold(call.callSid, number.number);
    try {
      const limit = await limits.brokenBy(number, call.callSid, 'answer');
      if (!limit && !registry.isDraining) return this.#serve({ call, agent, number, variables: {}, test: false });
      if (!limit) return await this.#refused(call.callSid, number, 'draining');
      log.warn({ code: 'NUMBER_LIMIT_REACHED', callSid: call.callSid, limit }, 'call not taken');
    } finally {
      registry.letGo(call.callSid);
    }
    return this.#unavailable(call.callSid, number);
  }

  /** Somebody has answered an outbound call that was ordered here or on another instance. */
  async answerOutbound(call: ArrivingCall, order: OutboundOrder): Promise<Answer> {
    const { directory, registry, admission, recordOf } = this.#options;
    const number = directory.findNumber(order.from);
    const record = recordOf(call.callSid) ?? (await this.takeUps.takeUp(call.callSid)).record;
    const agent = registry.agentOf(call.callSid) ?? (await this.#agentFor(order.agentId, order.agentVersion));
    const outbound: ArrivingCall = { ...call, direction: 'outbound' };
    const { variables } = order;
    if (!record) this.#rang({ call: outbound, agent, variables, test: false });
    if (!agent) return this.#unavailable(call.callSid, number);
    const refusal = admission.refusal();
    if (refusal) return this.#refused(call.callSid, number, refusal);
    return this.#serve({ call: outbound, agent, number, variables, test: false });
  }

  /** A test call is about to be connected: its model stream is opened. */
  answerTest(call: ArrivingCall, agent: AgentVersion): void {
    this.#rang({ call, agent, variables: {}, test: true });
    this.#serve({ call, agent, number: undefined, variables: {}, test: true });
  }

  /**
   * The carrier asks again after a media stream that broke or was given away: the same agent goes on, knowing what was said.
   * Where nobody can say what that was, it goes on with `last`.
   */
  async answerAgain(call: ArrivingCall, last?: LastWord): Promise<Answer> {
    const { directory, registry, recordOf, unknown } = this.#options;
    let record = recordOf(call.callSid) ?? (await this.takeUps.takeUp(call.callSid)).record;
    if (!record && last) {
      const agent = await this.#agentFor(last.agentId, last.agentVersion);
      if (agent) {
        unknown?.(call.callSid, last.startedAtMs);
        this.#rang({ call, agent, variables: {}, test: false });
      }
      record = recordOf(call.callSid);
    }
    const number = directory.findNumber(ownNumber(record ?? call));
    const agent =
      registry.agentOf(call.callSid) ??
      (record?.agentId ? await this.#agentFor(record.agentId, record.agentVersion ?? undefined) : undefined);
    if (!record || !agent) return this.#unavailable(call.callSid, number);
    const { direction, variables, test } = record;
    const service = { call: { ...call, direction }, agent, number, variables, test };
    registry.emit(call.callSid, { kind: 'connectedAgain', why: registry.returnOf(call.callSid) }, lastKnownMs(record));
    // The media stream of an instance that is being stopped opens at another one, most likely.
    if (!registry.isDraining) this.#ring(service, record.turns);
    return { kind: 'agent', agent, sayFirst: [] };
  }

  /** No agent serves the call any more: the fallback of its number, when it has one that may be given now. */
  async fallBack(call: ArrivingCall): Promise<Fallback | undefined> {
    const { directory, registry } = this.#options;
    const number = directory.findNumber(ownNumber(call));
    const fallback = number && (await this.#fallbacks.give(call.callSid, number.fallback, number));
    registry.gaveUp(call.callSid, fallback ? 'fallback' : 'failed');
    return fallback;
  }

  /** Whether a caller may be put through there: not to a number of ours, where a call would begin that ends in a circle. */
  mayPutThrough(to: string, call: Pick<CallRecord, 'direction' | 'from' | 'to'>): boolean {
    return !this.#options.directory.findNumber(to) && this.#options.mayDial(to, ownNumber(call));
  }

  /** That version of an agent, or the latest, wherever it is known. */
  async #agentFor(id: string, version: number | undefined): Promise<AgentVersion | undefined> {
    const { directory, log } = this.#options;
    const known = directory.findAgent(id, version);
    if (known || version === undefined) return known;
    return directory.loadAgent(id, version).catch((error: unknown) => {
      log.error({ err: error, code: 'STORE_UNAVAILABLE' }, 'agent version could not be loaded');
      return undefined;
    });
  }

  /**
   * A call that rang at another instance is made ready for `connect`: its record, which that one may have `given`, and the
   * version that serves it. Never rejects.
   */
  async fetch(
    { callSid, agentId, agentVersion, kind, ...call }: TicketClaims,
    given?: Promise<GivenCall | undefined>,
  ): Promise<TakenUp> {
    const { registry, recall } = this.#options;
    const { caller } = this.#partyOf({ callSid, ...call, direction: kind === 'outbound' ? 'outbound' : 'inbound' });
    const served = this.#agentFor(agentId, agentVersion).then(
      async (agent) => agent && { agent, facts: agent.memory ? await recall(agent, caller) : [] },
    );
    const [found, taken] = await Promise.all([served, this.takeUps.takeUp(callSid, given)]);
    if (found) registry.servedBy(callSid, found.agent, found.facts);
    return taken;
  }

  /** Undefined when no agent has the call. */
  lastWord(callSid: string): LastWord | undefined {
    const { registry, recordOf } = this.#options;
    const record = recordOf(callSid);
    if (!record || record.agentId === null || record.agentVersion === null) return undefined;
    const { agentId, agentVersion, mediaStartedAt, startedAt } = record;
    const startedAtMs = Date.parse(mediaStartedAt ?? startedAt);
    return { agentId, agentVersion, startedAtMs, brokeAtMs: registry.brokeAtMs(callSid) };
  }

  /** Whether there is something on record of the call here. */
  knows(callSid: string): boolean {
    return this.#options.recordOf(callSid) !== undefined;
  }

  /**
   * The media stream has started: joins it with the model's stream. Undefined when the agent is not known here. `isKnown`: whether
   * it could be found out what is on record of the call.
   */
  connect(
    claims: TicketClaims,
    phone: TelephonyLeg,
    isKnown = true,
  ): { session: CallSession; caller: TelephonyListener } | undefined {
    const { directory, registry, recordOf, unknown } = this.#options;
    const { callSid, from, to, kind } = claims;
    const agent = registry.agentOf(callSid) ?? directory.findAgent(claims.agentId, claims.agentVersion);
    if (!agent) return undefined;
    const call: ArrivingCall = { callSid, from, to, direction: kind === 'outbound' ? 'outbound' : 'inbound' };
    if (!recordOf(callSid)) {
      // It rang at another instance, and nothing is on record of it, or cannot be had.
      if (!isKnown) unknown?.(callSid, undefined);
      this.#rang({ call, agent, variables: {}, test: kind === 'test' });
    }
    const record = recordOf(callSid);
    const number = kind === 'test' ? undefined : directory.findNumber(ownNumber(call));
    const test = kind === 'test';
    return this.#join({ call, agent, number, variables: record?.variables ?? {}, test }, record, phone);
  }

  #join(service: Service, record: CallRecord | undefined, phone: TelephonyLeg) {
    const { registry, tools, log, recorder, listening, openTape, waitSound } = this.#options;
    const { call, agent, number, variables, test } = service;
    const clock = patientClock(this.#options.clock);
    const { callSid } = call;
    const turns = record?.turns ?? [];
    const isBack = record !== undefined && (record.streams.length > 0 || this.#isBackUnknown(record));
    const elapsedMs = isBack ? Math.round(clock.now() - Date.parse(record.mediaStartedAt ?? record.startedAt)) : 0;
    const first = registry.claimVoice(callSid) ?? ((listener) => this.#openVoice(service, turns, listener));
    const recording = number?.recording ? recorder.record({ callSid, startMs: elapsedMs }, phone) : undefined;
    const live = listening?.tap({ callSid, startMs: elapsedMs }, recording?.phone ?? phone);
    // A test call has no carrier that could put it through.
    const mayDial = (to: string) => !test && this.mayPutThrough(to, call);
    const welcome = liveGreeting(agent, this.#promptValues(service));
    const why = registry.returnOf(callSid);
    const greeting = isBack ? goingOn(why, record, welcome) : welcome;
    const hasFallback = number !== undefined && this.#fallbacks.allowed(number.fallback, number) !== undefined;
    const party = { ...this.#partyOf(call), variables };
    const earlier = isBack ? earlierStreams(record, { agent, elapsedMs, why }) : undefined;
    const kept = { callSid, direction: call.direction, agent, party, greeting, hasFallback, earlier };
    const session: CallSession = new CallSession(
      {
        callSid,
        agent,
        greeting,
        hasFallback,
        clock,
        log: log.child({ callSid }),
        phone: live?.phone ?? recording?.phone ?? phone,
        party,
        tools,
        mayDial,
        tape: number?.recording ? openTape?.({ ...kept, number: number.number, mayDial }) : undefined,
        waitSound,
        emit: (fact, atMs) => {
          if (fact.kind === 'sensitiveChanged') {
            recording?.blank(fact.active);
            live?.blank(fact.active);
          }
          registry.emit(callSid, fact, atMs);
        },
        ended: (reason, next) => {
          recording?.close();
          live?.close(reason);
          registry.ended(session, next);
          // The other instance finds all that is known of it.
          if (reason === 'handed-over') void this.#options.kept().finally(() => phone.close());
        },
        ...(earlier && { earlier }),
      },
      (listener, side) =>
        new VoiceLine({
          first,
          // What was said since is given to it when it takes over.
          next: (each) => this.#openVoice(service, [], each, { held: true }),
          inputRateHz: agent.audio.inputRateHz,
          sessionLimitMs: this.#options.sessionLimitOf(agent),
          spread: spreadOf(callSid),
          clock,
          log: log.child({ callSid }),
          listener,
          call: side,
        }),
    );
    registry.began(session, { agent, number: number?.number });
    const caller = recording?.listen(session.caller) ?? session.caller;
    return { session, caller: live?.listen(caller) ?? caller };
  }

  /** It goes on, and what was said before is not known. */
  #isBackUnknown({ callSid, reconnections }: CallRecord): boolean {
    return reconnections.length > 0 && this.#options.isUnknown?.(callSid) === true;
  }

  #rang(call: {
    call: ArrivingCall;
    agent: AgentVersion | undefined;
    variables: CallRecord['variables'];
    test: boolean;
  }): void {
    const { callSid, direction, from, to } = call.call;
    const agentId = call.agent?.id ?? null;
    const agentVersion = call.agent?.version ?? null;
    const { variables, test } = call;
    this.#options.registry.emit(
      callSid,
      { kind: 'rang', direction, from, to, agentId, agentVersion, variables, test },
      0,
    );
  }

  #serve(service: Service): Answer {
    const { agent, number } = service;
    this.#ring(service, []);
    const notice = number?.notice ?? (number?.recording ? RECORDING_NOTICE : undefined);
    const greeting = carrierGreeting(agent, this.#promptValues(service));
    return { kind: 'agent', agent, sayFirst: [notice, greeting].filter((text) => text !== undefined) };
  }

  #ring(service: Service, turns: readonly Turn[]): void {
    const { registry, recall } = this.#options;
    const { call, agent, number } = service;
    const prepared = agent.memory && recall(agent, this.#partyOf(call).caller);
    void prepared?.then((facts) => registry.servedBy(call.callSid, agent, facts));
    const openVoice = (listener: VoiceListener) => this.#openVoice(service, turns, listener);
    registry.ring(call.callSid, { agent, number: number?.number }, openVoice, prepared);
  }

  /** There is no room for the call: it overflows, or gets what everybody gets whom no agent serves. */
  #refused(callSid: string, number: PhoneNumber | undefined, reason: Refusal): Promise<Answer> {
    const { log, registry, admission } = this.#options;
    log.warn({ code: 'NO_CAPACITY', callSid, reason }, 'call not taken');
    registry.emit(callSid, { kind: 'faulted', code: 'NO_CAPACITY', count: 1 }, 0);
    admission.refused(reason);
    return this.#unavailable(callSid, number, number?.overflow ?? number?.fallback);
  }

  async #unavailable(
    callSid: string,
    number: PhoneNumber | undefined,
    instead: Fallback | undefined = number?.fallback,
  ): Promise<Answer> {
    const fallback = number && (await this.#fallbacks.give(callSid, instead, number));
    this.#notServed(callSid, fallback ? 'fallback' : 'rejected');
    return { kind: 'unavailable', fallback };
  }

  #notServed(callSid: string, endReason: EndReason): void {
    const { registry } = this.#options;
    if (registry.isRinging(callSid)) registry.gaveUp(callSid, endReason);
    else registry.emit(callSid, { kind: 'ended', endReason }, 0);
  }

  /** The person on the telephone is the caller of the prompts, also when it was the bridge that called. */
  #partyOf({ direction, from, to }: ArrivingCall): { caller: string; called: string } {
    return direction === 'outbound' ? { caller: to, called: from } : { caller: from, called: to };
  }

  #promptValues({ call, number, variables }: Service): PromptValues {
    return {
      ...this.#partyOf(call),
      nowMs: this.#options.clock.now(),
      timeZone: number?.timeZone ?? 'UTC',
      variables,
    };
  }

  #openVoice(service: Service, turns: readonly Turn[], listener: VoiceListener, how?: { held: boolean }) {
    const { agent, call } = service;
    const facts = this.#options.registry.factsOf(call.callSid);
    const history = heardTurns(turns);
    const profile = profileOf(agent, this.#promptValues(service), {
      history,
      tools: this.#options.toolsOf(agent),
      facts,
    });
    return this.#options.model.open(profile, listener, how);
  }
}
