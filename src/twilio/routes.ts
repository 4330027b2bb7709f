import '@fastify/websocket';
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { TicketKind, TicketOffice } from '../access/ticket.js';
import type { CallStore, InstanceInfo } from '../call/call-store.js';
import { type Carrier, isFinalStatus } from '../call/carrier.js';
import type { OutboundOrder, OutboundOrders } from '../call/outbound.js';
import type { Answer, ArrivingCall, Reception } from '../call/reception.js';
import { type CallRecord, ownNumber } from '../call/record.js';
import type { CallRegistry } from '../call/registry.js';
import { whisperOf } from '../call/whisper.js';
import { within } from '../call/within.js';
import type { Clock } from '../clock.js';
import type { Fallback } from '../directory/number.js';
import type { Logger } from '../log.js';
import { type CallNote, openedNote } from './call-note.js';
import type { CarrierUrls } from './carrier-urls.js';
import { dialTwiml, whisperTwiml } from './dial-twiml.js';
import { type Asked, askedOf, elsewhere } from './elsewhere.js';
import { failedPage } from './failed-page.js';
import { type Fate, keptReports } from './kept-reports.js';
import { mediaDoor, type Upgrade } from './media-door.js';
import type { Seal } from './seal.js';
import type { SignatureCheck } from './signature.js';
import { takenCallRoute } from './taken-call.js';
import * as twiml from './twiml.js';

export interface TwilioRoutesOptions {
  reception: Reception;
  registry: CallRegistry;
  tickets: TicketOffice;
  signatures: SignatureCheck;
  orders: OutboundOrders;
  carrier: Carrier;
  /** What any instance has on record of a call. */
  findCall: (callSid: string) => Promise<CallRecord | undefined>;
  /** Whose call it is. */
  holderOf: CallStore['holderOf'];
  publicUrl: string;
  /** Where Twilio asks when it gets no answer there; left out: there as well. */
  fallbackUrl?: string;
  /** Where the carrier asks about calls, at one of those addresses. */
  urlsAt: (publicUrl: string) => CarrierUrls;
  /** This process; its address is part of the ticket. */
  instance: InstanceInfo;
  /** For what instances tell each other, also by way of the carrier; left out, there are no others. */
  seal?: Seal;
  clock: Clock;
  log: Logger;
}

/** What `<Dial>` reports when somebody was there. Source: Twilio, TwiML `<Dial>`, DialCallStatus. */
const ANSWERED_DIALS: ReadonlySet<string> = new Set(['completed', 'answered']);

/** What a caller hears whom no agent serves: as the last words, and before a person is dialled. */
interface Apology {
  last: string;
  beforeDial: string | undefined;
}

/** A caller who has spoken to nobody yet hears how the person's telephone rings. */
const UNAVAILABLE: Apology = { last: twiml.WORDS.unavailable, beforeDial: undefined };
const LOST: Apology = { last: twiml.WORDS.lost, beforeDial: twiml.WORDS.lostToAPerson };

interface EndedDial {
  readonly wasAnswered: boolean;
  readonly durationMs: number | undefined;
}

type Form = Readonly<Record<string, unknown>>;
type Query = Readonly<Record<string, string | undefined>>;

/** What the carrier asks about a call, and what its next questions go to. */
interface Question {
  readonly call: ArrivingCall;
  readonly form: Form;
  readonly query: Query;
  readonly note: CallNote | undefined;
  readonly urls: CarrierUrls;
}

/** How long is waited for the store's word on whether a call had begun, in ms. */
const LOOK_UP_LIMIT_MS = 500;

/** Everything that Twilio calls. Nothing is opened or written for a request without Twilio's signature. */
export async function twilioRoutes(server: FastifyInstance, options: TwilioRoutesOptions): Promise<void> {
  const { reception, registry, tickets, signatures, orders, carrier, findCall, urlsAt, instance, seal, clock, log } =
    options;
  const { isElsewhere, passOn } = elsewhere(options);
  const publicUrls = [options.publicUrl, options.fallbackUrl ?? options.publicUrl];

  const header = (request: FastifyRequest) => {
    const value = request.headers['x-twilio-signature'];
    return typeof value === 'string' ? value : undefined;
  };

  /** At which of our addresses this was asked. */
  const askedAt = (request: FastifyRequest) =>
    signatures.askedAt(request.raw.url ?? '', formOf(request.body), header(request));

  /** Undefined when it is about no call. */
  const questionOf = (request: FastifyRequest, more: Query = {}): Question | undefined => {
    const form = formOf(request.body);
    const call = arrivingCall(form);
    const query = { ...queryOf(request), ...more };
    // What comes by another way than usual goes on that way: the usual one may be closed.
    const urls = urlsAt(askedAt(request) ?? options.publicUrl);
    return call && { call, form, query, note: noteOf(query.call, call.callSid), urls };
  };

  const refuse = (request: FastifyRequest, reply: FastifyReply) => {
    log.warn({ code: 'TWILIO_SIGNATURE_INVALID', route: request.routeOptions.url }, 'request refused');
    return reply.code(403).type('text/plain').send('signature missing or wrong');
  };

  const noteOf = (sealed: string | undefined, callSid: string) => seal && openedNote(seal, sealed, callSid);

  const fallbackTwiml = ({ call, urls }: Question, fallback: Fallback | undefined, words: Apology): string => {
    if (!fallback) return twiml.sayAndHangUp(words.last);
    if ('say' in fallback) return twiml.sayAndHangUp(fallback.say);
    return dialTwiml({
      to: fallback.dial,
      callerId: ownNumber(call),
      actionUrl: urls.after(call.callSid, 'fallback'),
      whisperUrl: undefined,
      sayFirst: fallback.sayFirst ?? words.beforeDial,
    });
  };

  const answerTwiml = (question: Question, answer: Answer, kind: TicketKind): string => {
    switch (answer.kind) {
      case 'unknown-number':
        return twiml.sayAndHangUp(twiml.WORDS.unknownNumber);
      case 'closed':
        return fallbackTwiml(question, answer.instead, UNAVAILABLE);
      case 'unavailable':
        return fallbackTwiml(question, answer.fallback, UNAVAILABLE);
      case 'agent': {
        const { urls } = question;
        const { callSid, from, to } = question.call;
        const { id: agentId, version: agentVersion } = answer.agent;
        return twiml.connectStream({
          url: urls.media,
          actionUrl: urls.after(callSid),
          unopenedUrl: urls.unopened(callSid),
          statusCallbackUrl: urls.streamStatus,
          ticket: tickets.issue({ callSid, from, to, agentId, agentVersion, instance: instance.url, kind }),
          sayFirst: answer.sayFirst,
        });
      }
    }
  };

  const voiceTwiml = async (question: Question): Promise<string> => {
    const { call, query } = question;
    const orderId = query.outbound;
    if (orderId === undefined) return answerTwiml(question, await reception.answer(call), 'inbound');
    const order = await orders.find(orderId);
    if (!order) return twiml.sayAndHangUp(twiml.WORDS.unavailable);
    return answerTwiml(question, await reception.answerOutbound(call, order), 'outbound');
  };

  const nextTwiml = async (question: Question, next: ReturnType<CallRegistry['nextFor']>): Promise<string> => {
    const { call, note, urls } = question;
    switch (next.kind) {
      case 'hang-up':
        return twiml.hangUp();
      case 'say-and-hang-up':
        return twiml.sayAndHangUp(next.text);
      case 'dial':
        registry.dialBegan(call.callSid, ownNumber(call));
        return dialTwiml({
          to: next.to,
          callerId: ownNumber(call),
          actionUrl: urls.after(call.callSid, 'transfer'),
          whisperUrl: next.warm ? urls.whisper(call.callSid) : undefined,
        });
      case 'fallback':
        return fallbackTwiml(question, await reception.fallBack(call), LOST);
      case 'connect-again': {
        const answer = await reception.answerAgain(call, note);
        if (answer.kind === 'unavailable') return fallbackTwiml(question, answer.fallback, LOST);
        return answerTwiml(question, answer, call.direction);
      }
    }
  };

  /** What the call goes on with whose media stream, or whose dial, is over. */
  const afterTwiml = async (question: Question, dial: EndedDial | undefined, reply: FastifyReply): Promise<string> => {
    const { call, form, query, note } = question;
    const { callSid } = call;
    const isFinal = isFinalStatus(String(form.CallStatus));
    if (dial) registry.dialEnded(callSid, dial.wasAnswered, dial.durationMs);
    if (isFinal || dial?.wasAnswered) {
      // Who has spoken to a person is not called back: the call is complete with this answer.
      registry.reported(callSid, isFinal ? String(form.CallStatus) : 'completed', Number.NaN, true);
      return twiml.hangUp();
    }
    // No agent could serve the caller, and no person does.
    if (query.dialled === 'fallback') return twiml.sayAndHangUp(twiml.WORDS.unavailable);
    const brokeAtMs = reception.knows(callSid) ? [] : note?.brokeAtMs;
    const isUnopened = query.stream === 'unopened';
    const next = dial ? registry.nextAfterDial(callSid) : registry.nextFor(callSid, brokeAtMs, isUnopened);
    const document = await nextTwiml(question, next);
    // An instance that is being stopped waits until the carrier has got this.
    if (next.kind !== 'connect-again') reply.raw.once('close', () => registry.onTheirWay.arrived(callSid));
    return document;
  };

  /** Whether a media stream of the call has been: then it goes on, and is not answered anew. */
  const hasBegun = async (callSid: string): Promise<boolean> => {
    if (registry.session(callSid)) return true;
    const record = await within(clock, LOOK_UP_LIMIT_MS, findCall(callSid)).catch(() => undefined);
    return typeof record?.mediaStartedAt === 'string';
  };

  /** A machine has answered an outbound call. */
  const machineAnswered = async (callSid: string, order: OutboundOrder) => {
    const { onMachine } = order;
    if (onMachine === 'continue') return;
    registry.leaving(callSid, 'agent-hung-up');
    try {
      if (onMachine === 'hang-up') await carrier.hangUp(callSid);
      else await carrier.sayAndHangUp(callSid, onMachine.say);
    } catch (error) {
      registry.leaving(callSid, undefined);
      log.warn({ callSid, err: error }, 'call with a machine goes on');
    }
  };

  /** The carrier reports how far a call is. */
  const takeReport = async (report: Asked): Promise<Fate> => {
    const { CallSid: callSid, CallStatus, SequenceNumber } = formOf(report.form);
    if (typeof callSid !== 'string') return 'taken';
    const status = String(CallStatus);
    const isFinal = isFinalStatus(status);
    const where = await passOn(report, callSid, { whenGone: isFinal ? 'take-up' : 'leave' });
    if (where === 'here') registry.reported(callSid, status, Number(SequenceNumber ?? Number.NaN), isFinal);
    return where === 'nobody' || where === 'unknown' ? where : 'taken';
  };
  const reports = keptReports({ take: takeReport, clock, log });
  server.addHook('onClose', async () => reports.close());

  await server.register(async (signed) => {
    // Without a signature nothing is read, not even a broken body.
    signed.addHook('onRequest', async (request, reply) => {
      if (header(request) === undefined) await refuse(request, reply);
    });
    signed.addHook('preHandler', async (request, reply) => {
      if (askedAt(request) === undefined) await refuse(request, reply);
    });

    // Whatever breaks here, the caller hears words and not Twilio's application error.
    signed.setErrorHandler((error: FastifyError, request, reply) => {
      // A body that cannot be read cannot have been signed.
      if (error.statusCode !== undefined && error.statusCode < 500) return refuse(request, reply);
      log.error({ err: error, code: 'INTERNAL', route: request.routeOptions.url }, 'webhook failed');
      return reply.code(200).type('text/xml').send(twiml.sayAndHangUp(twiml.WORDS.lost));
    });

    signed.post('/twilio/voice', async (request, reply) => {
      const question = questionOf(request);
      if (!question) return notOfACall(reply);
      const { callSid } = question.call;
      return reply.type('text/xml').send(await registry.answerOnce(callSid, () => voiceTwiml(question)));
    });

    signed.post('/twilio/after', async (request, reply) => {
      const question = questionOf(request);
      if (!question) return notOfACall(reply);
      const { call, note } = question;
      if (await isElsewhere(request, reply, call.callSid, { note })) return reply;
      return reply.type('text/xml').send(await afterTwiml(question, dialOf(question.form), reply));
    });

    // Asked when one of the others could not be had, or not carried out: about a new call, or one that goes on.
    signed.post('/twilio/fallback', async (request, reply) => {
      const failed = failedPage(formOf(request.body), publicUrls);
      const question = questionOf(request, failed.query);
      if (!question) return notOfACall(reply);
      const { callSid } = question.call;
      const goesOn = failed.name === 'after' || (await hasBegun(callSid));
      const given = { note: question.note, whenGone: goesOn ? 'take-up' : 'leave' } as const;
      if (await isElsewhere(request, reply, callSid, given)) return reply;
      const { errorCode, name: page } = failed;
      log.warn({ callSid, code: 'TWILIO_PAGE_FAILED', errorCode, page, goesOn }, 'the carrier asks its fallback');
      // What was answered here cannot be carried out either.
      if (page === 'fallback') return reply.type('text/xml').send(twiml.sayAndHangUp(twiml.WORDS.lost));
      const isDialled = question.query.dialled !== undefined || registry.places.isDialling(callSid);
      const dial = dialOf(question.form) ?? (isDialled ? UNTOLD_DIAL : undefined);
      const document = await (goesOn
        ? afterTwiml(question, dial, reply)
        : registry.answerOnce(callSid, () => voiceTwiml(question)));
      registry.emit(callSid, { kind: 'faulted', code: 'TWILIO_PAGE_FAILED', count: 1 });
      return reply.type('text/xml').send(document);
    });

    // What a person hears before a caller is put through.
    signed.post('/twilio/whisper', async (request, reply) => {
      const { call: callSid = '', note: sealed } = queryOf(request);
      const given = { whenGone: 'leave', note: noteOf(sealed, callSid) } as const;
      if (registry.whisperFor(callSid) === undefined && (await isElsewhere(request, reply, callSid, given)))
        return reply;
      const known = registry.whisperFor(callSid);
      // Without words the caller is put through all the same.
      const record = known === undefined ? await findCall(callSid).catch(() => undefined) : undefined;
      return reply.type('text/xml').send(whisperTwiml(known ?? (record ? whisperOf(record) : '')));
    });

    signed.post('/twilio/status', async (request, reply) => {
      const report = askedOf(request);
      if ((await takeReport(report)) === 'unknown') reports.keep(report);
      return reply.code(204).send();
    });

    signed.post('/twilio/amd', async (request, reply) => {
      const { CallSid: callSid, AnsweredBy } = formOf(request.body);
      const order = await orders.find(queryOf(request).outbound ?? '');
      if (typeof callSid === 'string' && typeof AnsweredBy === 'string' && order) {
        if (await isElsewhere(request, reply, callSid)) return reply;
        registry.emit(callSid, { kind: 'answererDetected', answeredBy: AnsweredBy });
        if (/^(machine|fax)/.test(AnsweredBy)) await machineAnswered(callSid, order);
      }
      return reply.code(204).send();
    });

    signed.post('/twilio/stream-status', async (request, reply) => {
      const form = formOf(request.body);
      if (form.StreamEvent === 'stream-error') {
        const { CallSid: callSid, StreamError: streamError } = form;
        if (typeof callSid === 'string') {
          if (await isElsewhere(request, reply, callSid, { whenGone: 'leave' })) return reply;
          registry.streamBroke(callSid);
        }
        log.warn({ callSid, streamError }, 'twilio reports a stream error');
      }
      return reply.code(204).send();
    });
  });

  if (seal) takenCallRoute(server, { reception, tickets, seal, log });
  const door = mediaDoor(options);
  server.get(
    '/twilio/media',
    {
      websocket: true,
      preValidation: async (request, reply) => {
        if (!door.admits(upgradeOf(request))) await refuse(request, reply);
      },
    },
    (socket, request) => door.serve(socket, upgradeOf(request)),
  );
}

function upgradeOf({ raw, headers }: FastifyRequest): Upgrade {
  return { path: raw.url ?? '', headers };
}

function queryOf(request: FastifyRequest): Query {
  return request.query as Query;
}

function notOfACall(reply: FastifyReply) {
  return reply.code(400).type('text/plain').send('CallSid, From or To is missing');
}

/** A dial of whose end nobody was told: the caller is still there, and no person is. */
const UNTOLD_DIAL: EndedDial = { wasAnswered: false, durationMs: undefined };

/** How a `<Dial>` went; undefined when none is over. Source: Twilio, TwiML `<Dial>`, DialCallStatus and DialCallDuration. */
function dialOf({ DialCallStatus, DialCallDuration }: Form): EndedDial | undefined {
  if (typeof DialCallStatus !== 'string') return undefined;
  const isCounted = typeof DialCallDuration === 'string' && /^\d{1,6}$/.test(DialCallDuration);
  return {
    wasAnswered: ANSWERED_DIALS.has(DialCallStatus),
    durationMs: isCounted ? Number(DialCallDuration) * 1000 : undefined,
  };
}

/** Withheld callers come with an empty From, which is kept: only CallSid and To must say something. */
function arrivingCall(form: Form): ArrivingCall | undefined {
  const { CallSid, From, To, Direction } = form;
  if (typeof CallSid !== 'string' || !/^CA[0-9a-zA-Z]{1,64}$/.test(CallSid)) return undefined;
  if (typeof From !== 'string' || typeof To !== 'string' || To === '') return undefined;
  const direction = String(Direction).startsWith('outbound') ? 'outbound' : 'inbound';
  return { callSid: CallSid, from: From, to: To, direction };
}

function formOf(body: unknown): Form {
  return typeof body === 'object' && body !== null ? (body as Form) : {};
}
